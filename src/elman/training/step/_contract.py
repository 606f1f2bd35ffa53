"""What the parts of a step say to each other, and to the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Part(Protocol):
    """Something with memory, which a checkpoint keeps and a resume restores.

    Its state is made of dicts, lists, tuples, tensors, strings, numbers, booleans
    and None; `pack` in ``_state.py`` names what else is refused.
    """

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take up such a state; the following steps then have the same bits."""
        ...


class DivergedError(Exception):
    """The loss or the gradient is not finite; the weights were not changed.

    Attributes
    ----------
    loss, gradient_norm : float
    """

    def __init__(self, loss: float, gradient_norm: float) -> None:
        super().__init__(f"loss {loss}, gradient norm {gradient_norm}")
        self.loss = loss
        self.gradient_norm = gradient_norm


@dataclass(frozen=True)
class StepResult:
    """What a step reports.

    Attributes
    ----------
    loss : float
        The batch's mean loss, before the update.
    gradient_norm : float
        Euclidean, before clipping.
    learning_rate : float
        The rate this step used.
    weight : float
        How much the loss counts in the epoch's mean.
    """

    loss: float
    gradient_norm: float
    learning_rate: float
    weight: float

"""What a run leaves behind, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from elman.training.budget._settling import still_falling

from ._divergence import Divergence

Stopped = Literal[
    "epochs", "steps", "settled", "time", "patience", "interrupted", "diverged"
]
BUDGETS = ("epochs", "steps", "time")
"""Ends of a run that its settings brought about, whatever the loss did."""


@dataclass(frozen=True)
class TrainingResult:
    """What a run leaves behind besides the module's best weights.

    Attributes
    ----------
    history : list of dict
        One row a validation: epoch, step, loss, validation_loss, gradient_norm,
        learning_rate, seconds. Row 0 is the module before any step.
    best_epoch : int
        The epoch whose weights the module now holds; 0 is the start.
    stopped : str
        Why the run ended: "epochs", "steps" and "time" are the budget's ends,
        "settled" and "patience" those of progress, "interrupted" and "diverged"
        accidents.
    seconds : float
        Wall-clock time of the training, that from before a resume included.
    divergence : Divergence or None
        The step whose loss or gradient was not finite, if that is why.
    """

    history: list[dict[str, Any]]
    best_epoch: int
    stopped: Stopped
    seconds: float
    divergence: Divergence | None = None

    @property
    def still_falling(self) -> bool:
        """Whether the budget ended the run before its loss had settled.

        That is so if the validation loss, or the training loss where there is none,
        fell by more than 2 % over the last third of the run.
        """
        return self.stopped in BUDGETS and still_falling(self.history)

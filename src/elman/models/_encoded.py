"""What every encoder takes and gives."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from elman._errors import InputError


class Encoded(NamedTuple):
    """A batch of sequences after an encoder.

    Attributes
    ----------
    steps : Tensor
        (B, T, W): one vector a step, zero beyond each length.
    last : Tensor
        (B, W): the encoder's summary of each sequence at its end. Of a
        recurrent encoder, each direction's last state side by side; of any
        other, the vector of the last step.
    mask : Tensor
        Bool (B, T): true where a step belongs to its sequence.
    state : Any
        What a recurrent encoder can go on from; None of any other.
    """

    steps: Tensor
    last: Tensor
    mask: Tensor
    state: Any = None


class Encoder(Protocol):
    """Sequences to one vector a step: the form that networks are built on.

    What stands beyond a length has no influence on anything returned, and the
    rows of a batch have none on each other.

    Attributes
    ----------
    width : int
        W, the size of the vectors it returns.
    """

    width: int

    def __call__(
        self, values: Tensor, lengths: Tensor | None = None, state: Any = None
    ) -> Encoded:
        """Return (B, T, W), (B, W) and the mask for values (B, T, C)."""
        ...

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        ...


def mask_of(values: Tensor, lengths: Tensor | None) -> Tensor:
    """Return bool (B, T): true up to each row's length, everywhere without lengths.

    Parameters
    ----------
    values : Tensor
        (B, T, ...).
    lengths : Tensor or None
        int64 (B,).
    """
    rows, steps = values.shape[:2]
    if lengths is None:
        return torch.ones(rows, steps, dtype=torch.bool, device=values.device)
    time = torch.arange(steps, device=values.device)
    return time < lengths.to(values.device)[:, None]


def without_padding(values: Tensor, mask: Tensor) -> Tensor:
    """Return values with zeros where the mask is false, whatever stood there."""
    return values.masked_fill(~mask.unsqueeze(-1), 0.0)


def last_of(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Return each row's vector at its last step, (B, W)."""
    if lengths is None:
        return steps[:, -1]
    at = (lengths.to(steps.device) - 1).clamp(min=0)
    return steps[torch.arange(len(steps), device=steps.device), at]


def refuse_state(state: Any, name: str) -> None:
    """Raise if a state is given to an encoder that carries none.

    Raises
    ------
    InputError
        There is a state.
    """
    if state is not None:
        raise InputError(
            f"state: a {name} encoder carries no state from one part of a sequence to "
            "the next; leave it out, or use a recurrent cell such as gru"
        )

"""Ways from one vector a step to one vector a sequence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elman._errors import InputError, did_you_mean

from ._encoded import Encoded


class Last(nn.Module):
    """The encoder's summary at the end of each sequence."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, W)."""
        return encoded.last


class Mean(nn.Module):
    """The mean over the steps of each sequence."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, W)."""
        # Steps are zero on padding, so the sum may run over it.
        count = encoded.mask.sum(1, keepdim=True).to(encoded.steps)
        return encoded.steps.sum(1) / count


class Maximum(nn.Module):
    """The largest value over the steps of each sequence, unit by unit."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, W)."""
        beyond = ~encoded.mask.unsqueeze(-1)
        return encoded.steps.masked_fill(beyond, -1e30).amax(1)


class Attention(nn.Module):
    r"""The mean weighted by a softmax over steps of a learned score.

    .. math:: \sum_t a_t h_t, \qquad a = \mathrm{softmax}_t(w^\top h_t + b)
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.score = nn.Linear(width, 1)

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, W)."""
        beyond = ~encoded.mask.unsqueeze(-1)
        weight = self.score(encoded.steps).masked_fill(beyond, -torch.inf).softmax(1)
        return (weight * encoded.steps).sum(1)


class LastAndMean(nn.Module):
    """The last and the mean side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = 2 * width
        self.last, self.mean = Last(width), Mean(width)

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, 2 W)."""
        return torch.cat([self.last(encoded), self.mean(encoded)], -1)


class MeanAndMaximum(nn.Module):
    """The mean and the largest values side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = 2 * width
        self.mean, self.maximum = Mean(width), Maximum(width)

    def forward(self, encoded: Encoded) -> Tensor:
        """Return (B, 2 W)."""
        return torch.cat([self.mean(encoded), self.maximum(encoded)], -1)


_NAMED: dict[str, type[nn.Module]] = {
    "last": Last,
    "mean": Mean,
    "max": Maximum,
    "attention": Attention,
}

POOLINGS = ("auto", *_NAMED)
"""The names of the ways."""


def check_pooling(name: object) -> str:
    """Return the name of a known pooling.

    Raises
    ------
    InputError
        If there is none of that name; the nearest is suggested.
    """
    if name not in POOLINGS:
        hint = did_you_mean(str(name), POOLINGS)
        raise InputError(
            f"pooling must be one of {', '.join(POOLINGS)}, got {name!r}{hint}"
        )
    return str(name)


def pooling_of(name: str, width: int, *, recurrent: bool = True) -> nn.Module:
    """Build a pooling by name.

    Parameters
    ----------
    name : str
        Of `POOLINGS`. ``auto`` is last and mean side by side for a recurrent
        encoder, whose last state has seen every step; for another it is mean and
        maximum.
    width : int
        Of the encoder's vectors.
    recurrent : bool
    """
    if check_pooling(name) == "auto":
        return LastAndMean(width) if recurrent else MeanAndMaximum(width)
    return _NAMED[name](width)

"""The parameters of every layer and direction of a recurrent layer, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from elman._errors import InputError

GATES = {"RNN": ("h",), "GRU": ("r", "z", "n"), "LSTM": ("i", "f", "g", "o")}


class Place(NamedTuple):
    """One layer in one direction.

    Attributes
    ----------
    w_ih, w_hh : Tensor
        (G·H, I) and (G·H, H), gates stacked.
    b_ih, b_hh : Tensor, (G·H,), optional
    """

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor | None
    b_hh: Tensor | None


def cell_of(layer: nn.RNNBase) -> str:
    """Return "RNN", "GRU" or "LSTM", or raise an InputError."""
    if not isinstance(layer, nn.RNNBase):
        raise InputError(
            f"layer: expected an elman or torch.nn RNN, GRU or LSTM, got "
            f"{type(layer).__name__}; pass the recurrent layer itself, not the model"
        )
    return layer.mode.split("_")[0]


def places(layer: nn.RNNBase) -> Iterator[Place]:
    """Yield the parameters of each layer and direction, first layer first."""
    for names in layer._all_weights:
        found = {name.rsplit("_l", 1)[0]: getattr(layer, name) for name in names}
        yield Place(
            found["weight_ih"],
            found["weight_hh"],
            found.get("bias_ih"),
            found.get("bias_hh"),
        )

"""The parameters of every layer and direction of a recurrent layer, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from elman import cells
from elman._errors import InputError
from elman.layers import peculiarity


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
    own = peculiarity(layer)
    if own:
        raise InputError(
            f"layer: {own}, so its weights may mean something else; initialise an RNN, "
            "GRU or LSTM of elman or torch.nn of the same sizes, and load its "
            "state_dict() into this one if they mean the same"
        )
    return layer.mode.split("_")[0]


def gates_of(cell: str) -> tuple[str, ...]:
    """Return the gates of "RNN", "GRU" or "LSTM", in the order of the weights."""
    return cells.gate_names(cell.lower())


def roles_of(layer: nn.RNNBase) -> cells.Roles:
    """Return what the gates of a layer do; a form of a cell changes none of it."""
    name = cell_of(layer).lower()
    return cells.roles(cells.stock(name, cells.a_variant(name)).traced)


def check_parameters(layer: nn.RNNBase, what: str, *stems: str) -> None:
    """Raise an InputError where a weight to be set is computed from other parameters.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    what : str
        Who wants to set it.
    stems : str
        "weight_hh", "bias_ih", …
    """
    for names in layer._all_weights:
        for name in names:
            stem = name.rsplit("_l", 1)[0]
            own = layer._parameters.get(name)
            if stem in stems and not isinstance(own, nn.Parameter):
                raise InputError(
                    f"{what}: {name} is computed from other parameters (a "
                    "parametrisation, weight norm, weight drop), so that setting it "
                    "has no effect; initialise first, then add that"
                )


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

"""Initialisations of the bias that decides how long a gated cell remembers."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._places import Place, cell_of, check_parameters, gates_of, places, roles_of

Layer = TypeVar("Layer", bound=nn.RNNBase)


@torch.no_grad()
def forget_bias_(layer: Layer, value: float = 1.0) -> Layer:
    """Set the bias of the gate that keeps the state, in place.

    LSTM: ``b_f = value``; GRU: ``b_z = value``, as its z multiplies h_{t−1}. The
    two biases torch has are added, so the value goes into ``bias_ih`` and zero
    into ``bias_hh``. At σ(1) = 0.73 a state lives 2.2 times as long as at σ(0).

    Parameters
    ----------
    layer : GRU or LSTM of elman or torch.nn
        Every layer and direction is set; everything else stays.
    value : float
        The bias.

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If the layer has no such gate, or no biases.

    References
    ----------
    Gers, Schmidhuber and Cummins 2000; Jozefowicz, Zaremba and Sutskever, "An
    empirical exploration of recurrent network architectures", ICML 2015.
    """
    cell = _gated(layer, "forget_bias_")
    keep = roles_of(layer).keep
    for place in places(layer):
        _set(place, cell, keep, value)
    return layer


@torch.no_grad()
def chrono_(
    layer: Layer, t_max: float, *, generator: torch.Generator | None = None
) -> Layer:
    """Spread the units' memories over 2 to t_max steps, in place.

    LSTM: ``b_f ~ ln U[1, t_max − 1]``, ``b_i = −b_f``; GRU: ``b_z`` likewise, as its
    z multiplies h_{t−1}. A gate at σ(ln u) keeps a state for about u + 1 steps.

    Parameters
    ----------
    layer : GRU or LSTM of elman or torch.nn
        Every layer and direction is set; everything else stays.
    t_max : float
        The longest dependence expected, in steps; more than 2.
    generator : torch.Generator, optional
        Source of randomness; torch's own if absent.

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If the layer has no such gate or no biases, or t_max is not above 2.

    References
    ----------
    Tallec and Ollivier, "Can recurrent neural networks warp time?", ICLR 2018.
    """
    cell = _gated(layer, "chrono_")
    if not (isinstance(t_max, int | float) and 2 < t_max < math.inf):
        raise InputError(
            f"chrono_: t_max is the longest dependence in steps and must be above 2, "
            f"got {t_max!r}"
        )
    roles = roles_of(layer)
    for place in places(layer):
        drawn = torch.empty_like(place.w_hh[: layer.hidden_size, 0])
        keep = drawn.uniform_(1, t_max - 1, generator=generator).log_()
        _set(place, cell, roles.keep, keep)
        if roles.write:
            _set(place, cell, roles.write, -keep)
    return layer


def _gated(layer: nn.RNNBase, what: str) -> str:
    cell = cell_of(layer)
    if not roles_of(layer).keep:
        raise InputError(
            f"{what}: an RNN has no gate that keeps its state; use orthogonal_ or "
            f"identity_, or a GRU or LSTM"
        )
    if not layer.bias:
        raise InputError(
            f"{what}: the layer was built with bias=False; build it with bias=True"
        )
    check_parameters(layer, what, "bias_ih", "bias_hh")
    return cell


def _set(place: Place, cell: str, gate: str, value: float | Tensor) -> None:
    assert place.b_ih is not None  # noqa: S101  _gated made sure
    assert place.b_hh is not None  # noqa: S101
    names = gates_of(cell)
    k = names.index(gate)
    place.b_ih.chunk(len(names))[k][:] = value
    place.b_hh.chunk(len(names))[k].zero_()

"""Initialisations of the bias that decides how long a gated cell remembers."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from elman import cells
from elman._errors import InputError, with_article
from elman.layers import CellLayer

from ._places import BIASES, Place, cell_of, check_parameters, places

Layer = TypeVar("Layer", bound=nn.RNNBase | CellLayer)


@torch.no_grad()
def forget_bias_(layer: Layer, value: float = 1.0) -> Layer:
    """Set the bias of the gate that keeps the state, in place.

    LSTM: ``b_f = value``; GRU: ``b_z = value``, as its z multiplies h_{t−1}; of any
    other cell the gate that its equations multiply an old state by. The two biases
    torch has are added, so the value goes into ``bias_ih`` and zero
    into ``bias_hh``. At σ(1) = 0.73 a state lives 2.2 times as long as at σ(0).

    Parameters
    ----------
    layer : GRU, LSTM or another gated layer of elman or torch.nn
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
    roles = _gated(layer, "forget_bias_")
    for place in places(layer):
        _set(place, "forget_bias_", roles.keep, -value if roles.inverted else value)
    return layer


@torch.no_grad()
def chrono_(
    layer: Layer, t_max: float, *, generator: torch.Generator | None = None
) -> Layer:
    """Spread the units' memories over 2 to t_max steps, in place.

    LSTM: ``b_f ~ ln U[1, t_max − 1]``, ``b_i = −b_f``; GRU: ``b_z`` likewise, as its
    z multiplies h_{t−1}; of any other cell the gate that its equations multiply an old
    state by. A gate at σ(ln u) keeps a state for about u + 1 steps.

    Parameters
    ----------
    layer : GRU, LSTM or another gated layer of elman or torch.nn
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
    roles = _gated(layer, "chrono_")
    if not (isinstance(t_max, int | float) and 2 < t_max < math.inf):
        raise InputError(
            f"chrono_: t_max is the longest dependence in steps and must be above 2, "
            f"got {t_max!r}"
        )
    for place in places(layer):
        drawn = torch.empty_like(place.parameters["weight_ih"][: layer.hidden_size, 0])
        keep = drawn.uniform_(1, t_max - 1, generator=generator).log_()
        _set(place, "chrono_", roles.keep, -keep if roles.inverted else keep)
        if roles.write in roles.saturating:
            _set(place, "chrono_", roles.write, -keep)
    return layer


def _gated(layer: Any, what: str) -> cells.Roles:
    equations = cell_of(layer)
    roles = cells.roles(equations.traced)
    if not roles.keep:
        raise InputError(
            f"{what}: {with_article(layer._get_name())} has no gate that keeps its "
            "state; use orthogonal_ or identity_, or a GRU or LSTM"
        )
    if not layer.bias and isinstance(layer, nn.RNNBase):
        raise InputError(
            f"{what}: the layer was built with bias=False; build it with bias=True"
        )
    shifts = (f"{gate}_shift" for gate in (roles.keep, roles.write))
    check_parameters(layer, what, *BIASES, *shifts)
    return roles


def _set(place: Place, what: str, gate: str, value: float | Tensor) -> None:
    if not place.set_bias(gate, value):
        raise InputError(
            f"{what}: gate {gate} of {type(place.equations).__name__} has no bias of "
            "its own"
        )

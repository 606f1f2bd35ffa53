"""Recurrent weights at the edge between forgetting and chaos."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from elman._errors import InputError
from elman._modes import beside
from elman.layers import CellLayer

from ._exponent import InDoubles, leading_exponent
from ._places import check_parameters, check_recurrent, places
from ._recurrent import orthogonal_

Layer = TypeVar("Layer", bound=nn.RNNBase | CellLayer)

WIDEST = 64.0
"""Gains from 1/64 to 64 are tried: far beyond any that trains."""

ROWS, STEPS = 16, 400
"""What is looked at of a larger batch: the exponent is a mean over both."""


@beside
@torch.no_grad()
def critical_(
    layer: Layer,
    x: Tensor | PackedSequence,
    *,
    redraw: bool = True,
    tolerance: float = 0.002,
    generator: torch.Generator | None = None,
) -> Layer:
    """Scale the recurrent weights until the state neither forgets nor explodes.

    Finds by bisection the gain g at which, with ``W_hh ← g W_hh``, the leading
    Lyapunov exponent λ₁ along the states that x drives the layer through is zero,
    and stays on the side that forgets: −tolerance ≤ λ₁ ≤ 0. Differences of the
    state then last about 1/|λ₁| steps. Each layer of a stack and each direction
    gets a gain of its own, first layers first.

    Parameters
    ----------
    layer : a recurrent layer of elman or torch.nn
        Changed in place.
    x : Tensor or PackedSequence
        Inputs as the layer will see them, in its own form. Of many, 16 rows and
        400 steps are used; the padding of a packed batch counts as zeros.
    redraw : bool
        Start from orthogonal matrices and zero biases (`orthogonal_`); else from
        the weights as they are.
    tolerance : float
        Per step; 0.002 is a memory of 500 steps.
    generator : torch.Generator, optional
        Source of randomness; torch's own if absent.

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If no gain from 1/64 to 64 is critical on these inputs, if x does not fit
        or has fewer than 5 steps, or if it is no recurrent layer.

    References
    ----------
    Sompolinsky, Crisanti and Sommers, "Chaos in random neural networks", 1988;
    Engelken, Wolf and Abbott, "Lyapunov spectra of chaotic recurrent neural
    networks", 2020; Gilboa et al., "Dynamical isometry and a mean field theory of
    LSTMs and GRUs", 2019.

    Examples
    --------
    >>> import torch
    >>> from elman import RNN, init
    >>> layer = init.critical_(RNN(3, 32), torch.randn(100, 8, 3))
    """
    check_recurrent(layer, "critical_")
    check_parameters(layer, "critical_", "weight_hh")
    if not tolerance > 0:
        raise InputError(f"critical_: tolerance must be above 0, got {tolerance!r}")
    inputs = _steps_first(layer, x)
    if redraw:
        orthogonal_(layer, generator=generator)
    sides = 2 if layer.bidirectional else 1
    found = list(places(layer))
    for index in range(layer.num_layers):
        outputs = []
        for side in range(sides):
            gain = _gain(InDoubles(layer, index, side == 1), inputs, tolerance)
            found[index * sides + side].parameters["weight_hh"].mul_(gain)
            outputs.append(InDoubles(layer, index, side == 1).output(inputs))
        inputs = torch.cat(outputs, -1)
    return layer


def _gain(place: InDoubles, x: Tensor, tolerance: float) -> float:
    """Bracket the sign change of λ₁ by factors of √2, then halve the bracket."""

    def exponent(log_gain: float) -> float:
        value = leading_exponent(place, x, math.exp(log_gain))
        return math.inf if math.isnan(value) else value  # it overflowed

    low = high = 0.0
    step = math.log(2) / 2
    value = exponent(0.0)
    if value > 0:
        while value > 0 and low > -math.log(WIDEST):
            high, low = low, low - step
            value = exponent(low)
    else:
        while value <= 0 and high < math.log(WIDEST):
            low, high = high, high + step
            below, value = value, exponent(high)
        value, found = below, value
        if found <= 0:
            value = math.inf
    if value > 0:
        raise InputError(
            "critical_: no recurrent gain from 1/64 to 64 brings the leading exponent "
            "to zero on these inputs; scale the inputs to about 1, or use "
            "orthogonal_ or chrono_"
        )
    for _ in range(40):
        if -tolerance <= value <= 0:
            break
        middle = (low + high) / 2
        at = exponent(middle)
        if at > 0:
            high = middle
        else:
            low, value = middle, at
    return math.exp(low)


def _steps_first(layer: nn.RNNBase | CellLayer, x: Any) -> Tensor:
    if isinstance(x, PackedSequence):
        x = pad_packed_sequence(x)[0]
    elif isinstance(x, Tensor) and x.dim() == 3 and layer.batch_first:
        x = x.transpose(0, 1)
    elif isinstance(x, Tensor) and x.dim() == 2:
        x = x.unsqueeze(1)
    if not isinstance(x, Tensor) or x.dim() != 3 or x.shape[-1] != layer.input_size:
        got = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        raise InputError(
            f"critical_: x must be the layer's inputs, {layer.input_size} wide, got "
            f"{got}"
        )
    if len(x) < 5 or x.shape[1] == 0:
        raise InputError(
            f"critical_: x has {x.shape[1]} rows of {len(x)} steps; give at least one "
            "row of 5 steps"
        )
    rows = torch.linspace(0, x.shape[1] - 1, min(ROWS, x.shape[1])).long()
    some = x[:STEPS, rows].detach().double()
    if not bool(torch.isfinite(some).all()):
        raise InputError("critical_: x holds a value that is not finite; fill it first")
    return some

"""Gradient flossing: weights moved until the leading exponents are near zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman.diagnosis.open._cells import Cell, is_layer
from elman.diagnosis.open._probe import opened
from elman.diagnosis.open._unroll import Track
from elman.init import check_parameters
from elman.layers import CellLayer, equations_of, is_recurrent, peculiarity

Layer = TypeVar("Layer", bound=nn.RNNBase | CellLayer)

ROWS, STEPS = 4, 80
"""What is looked at of a larger batch: the exponents are means over both."""

BETWEEN = 4
"""Steps between two orthogonalisations: directions stay apart in double precision."""

SMALLEST = 1e-20
"""A growth is counted as no less, so that a dead direction pulls at nothing."""


def floss_(
    layer: Layer,
    x: Any,
    *,
    count: int = 16,
    steps: int = 100,
    learning_rate: float = 0.01,
    tolerance: float = 0.01,
) -> Layer:
    """Move the recurrent weights until the leading Lyapunov exponents are near zero.

    Adam minimises the mean of λ_i² over the ``count`` leading exponents along the
    states that x drives the layer through, with (Q_t, R_t) = qr(J_t Q_{t−1}) and
    λ_i = mean over t of ln |R_t,ii|. The Jacobians J_t are written in closed form,
    so that the gradient is one of first order. Unlike `elman.init.critical_`, which
    has one number to turn for the first exponent, it brings many directions to
    carry the gradient, which keeps the condition number of a long product low. Each
    layer and direction in turn, first layers first. It is for layers that forget: in
    a chaotic one the gradient of λ_i explodes too, so begin with `critical_` there.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
        Changed in place: W_hh and the biases.
    x : Tensor or PackedSequence
        Inputs as the layer will see them, in its own form. Of many, 4 rows and 80
        steps are used.
    count : int
        Exponents, at most the width of the state.
    steps : int
        Steps of Adam at most.
    learning_rate : float
    tolerance : float
        Root mean square of the exponents, per step, at which to stop.

    Returns
    -------
    layer
        The layer given, with the best weights found.

    Raises
    ------
    InputError
        If it is no recurrent layer, x has fewer than 5 steps, or an argument is out
        of range.

    References
    ----------
    Engelken, "Gradient flossing: improving gradient descent through dynamic control
    of Jacobians", 2023.

    Examples
    --------
    >>> import torch
    >>> from elman.diagnosis import floss_
    >>> layer = floss_(torch.nn.GRU(3, 8), torch.randn(40, 2, 3), count=4, steps=5)
    """
    if not is_layer(layer):
        own = peculiarity(layer) if is_recurrent(layer) else ""
        raise InputError(
            f"floss_: {'layer ' + own if own else 'got ' + type(layer).__name__}; give "
            "an RNN, GRU or LSTM layer"
        )
    made = sorted(equations_of(layer).transforms)
    if made:
        raise InputError(
            f"floss_: {', '.join(made)} of this layer is computed from other numbers, "
            "which keep its exponents where they are; leave it as it is"
        )
    check_parameters(layer, "floss_", "weight_hh", "bias_ih", "bias_hh", "bias")
    whole_number("count", count)
    whole_number("steps", steps)
    number("learning_rate", learning_rate)
    number("tolerance", tolerance)
    sides = 2 if layer.bidirectional else 1
    for index in range(layer.num_layers):
        for reverse in (False, True)[:sides]:
            # Anew each time: what the layers below do has changed.
            with torch.no_grad(), torch.random.fork_rng(devices=[]), opened(layer) as t:
                layer.eval()  # of what is held back at random, the mean
                layer.__dict__.pop("_carried", None)  # comes back with the rest
                layer(x)
            track = next(
                one for one in t if (one.layer, one.reverse) == (index, reverse)
            )
            weights = _flossed(track, count, steps, learning_rate, tolerance)
            _put(layer, f"_l{index}" + "_reverse" * reverse, weights)
    return layer


def exponents(
    cell: Cell, inputs: Sequence[Tensor], start: Sequence[Tensor], count: int
) -> Tensor:
    """Return the leading exponents along a path, differentiable in the weights.

    Parameters
    ----------
    cell : Cell
    inputs : sequence of Tensor (B, I)
    start : sequence of Tensor (B, ·)
    count : int

    Returns
    -------
    Tensor (count,)
        Per step, the mean over rows and over all but the first fifth of the steps.
    """
    state = tuple(start)
    rows, width = len(inputs[0]), sum(s.shape[-1] for s in state)
    generator = torch.Generator().manual_seed(0)
    Q = torch.randn(width, count, generator=generator, dtype=torch.float64)
    Q = torch.linalg.qr(Q.to(state[0])).Q.expand(rows, width, count)
    turn = len(inputs) // 5 // BETWEEN * BETWEEN
    total = Q.new_zeros(count)
    for t, x in enumerate(inputs):
        a = cell.project(x)
        Q = cell.push(a, state, Q)
        state, _ = cell.step(a, state)
        if (t + 1) % BETWEEN == 0 or t + 1 == len(inputs):
            Q, R = torch.linalg.qr(Q)
            if t >= turn:
                sizes = R.diagonal(dim1=-2, dim2=-1).abs()
                total = total + sizes.clamp(min=SMALLEST).log().mean(0)
    return total / (len(inputs) - turn)


def _flossed(
    track: Track, count: int, steps: int, learning_rate: float, tolerance: float
) -> dict[str, Tensor]:
    inputs, start = _path(track)
    cell = replace(track.cell.double(), factors=())
    moved = {
        name: weight.clone().requires_grad_()
        for name, weight in cell.weights.items()
        if name not in ("weight_ih", "weight_hr")
    }
    count = min(count, sum(s.shape[-1] for s in start))
    optimiser = torch.optim.Adam(moved.values(), learning_rate)
    lowest, best = float("inf"), {k: v.detach().clone() for k, v in moved.items()}
    for left in range(steps, -1, -1):
        with torch.enable_grad():
            found = exponents(_with(cell, moved), inputs, start, count)
            cost = found.square().mean()
        value = float(cost.detach())
        if not value < float("inf"):
            break
        if value < lowest:
            lowest, best = value, {k: v.detach().clone() for k, v in moved.items()}
        if left == 0 or value <= tolerance**2:
            break
        # The slopes of a ReLU do not depend on the biases.
        gradients = torch.autograd.grad(
            cost, list(moved.values()), allow_unused=True, materialize_grads=True
        )
        if not all(bool(torch.isfinite(g).all()) for g in gradients):
            break
        for weight, gradient in zip(moved.values(), gradients, strict=True):
            weight.grad = gradient
        nn.utils.clip_grad_norm_(moved.values(), 1.0)
        optimiser.step()
    return best


def _with(cell: Cell, weights: dict[str, Tensor]) -> Cell:
    return replace(cell, weights={**cell.weights, **weights})


def _path(track: Track) -> tuple[list[Tensor], list[Tensor]]:
    """Return the inputs and the start of the longest rows, all of one length."""
    rows = torch.argsort(track.lengths, descending=True, stable=True)[:ROWS]
    whole = min(int(track.lengths[rows].min()), len(track.x))
    if whole < 5:
        raise InputError(
            f"floss_: the rows of x have {whole} steps; give at least {ROWS} rows, or "
            "one alone, of 5 steps or more"
        )
    # In reverse, a shorter row waits until its last step: its steps come last.
    seen = track.x[-whole:] if track.reverse else track.x[:whole]
    return (
        [x[rows].detach().double() for x in seen[:STEPS]],
        [s[rows].detach().double() for s in track.start],
    )


@torch.no_grad()
def _put(
    layer: nn.RNNBase | CellLayer, suffix: str, weights: dict[str, Tensor]
) -> None:
    for name, weight in weights.items():
        getattr(layer, name + suffix).copy_(weight)

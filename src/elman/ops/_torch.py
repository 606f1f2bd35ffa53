"""The torch path: torch's own fused operators, for the cells torch has.

They know packed batches but no zero-length rows, and packing costs two to four
times the dense run on CPU. Here a ragged batch runs dense instead, each reversed
row turned around within its own length first, and every row's last state is
read where the row ends. The LSTM's c_n is not among the outputs: a flag in one
more input feature holds i = 0 and f = 1 exactly on padding, so c passes through.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._call import Call, Result, Weights
from ._ordinary import foreign
from ._paths import Request, register_path
from ._step_gradients import wanted
from ._twice import twice_differentiable

STOCK = frozenset(
    {
        ("rnn", "tanh"),
        ("rnn", "relu"),
        ("gru", "reset_after"),
        ("lstm", "plain"),
        ("lstm", "projected"),
    }
)
"""The cells and variants torch has an operator for."""

# σ(±10⁴) is exactly 1 or 0 in every floating type, and within float16's range.
_SATURATED = 1e4


def run(call: Call) -> Result:
    """Run one layer in one direction on torch's operator."""
    steps = wanted()
    if steps is None and foreign((call.x, call.lengths, *call.state, *call.weights)):
        return _run(call)  # whoever sees torch's operations sees torch.nn's
    # Its fused kernels, on CUDA and below float64 on CPU, have one derivative only.
    fused = call.x.device.type == "cuda" or call.x.dtype != torch.float64
    if fused or steps is not None:
        return twice_differentiable(_run, call, steps)
    return _run(call)


def _run(call: Call) -> Result:
    if call.lengths is None:
        return _dense(call)
    return _ragged(call, call.lengths)


def _dense(call: Call) -> Result:
    x = call.x.flip(0) if call.reverse else call.x
    y, state = _operator(call, x, call.weights)
    return Result(y.flip(0) if call.reverse else y, state, {})


def _ragged(call: Call, lengths: Tensor) -> Result:
    steps = call.x.shape[0]
    lengths = lengths.to(call.x.device, non_blocking=True)
    time = torch.arange(steps, device=call.x.device)[:, None]
    mask = (time < lengths).unsqueeze(-1)
    turned = torch.where(time < lengths, lengths - 1 - time, time).unsqueeze(-1)

    x = torch.where(mask, call.x, 0.0)
    if call.reverse:
        x = x.gather(0, turned.expand_as(x))
    weights = call.weights
    if call.cell == "lstm":
        x, weights = _flagged(x, mask, weights)
    y, state = _operator(call, x, weights)

    last = (lengths - 1).clamp(min=0)[None, :, None].expand(1, *y.shape[1:])
    started = (lengths > 0).unsqueeze(-1)
    h_n = torch.where(started, y.gather(0, last).squeeze(0), call.state[0])
    y = torch.where(mask, y, 0.0)
    if call.reverse:
        y = y.gather(0, turned.expand_as(y))
    return Result(y, (h_n, *state[1:]), {})


def _flagged(x: Tensor, mask: Tensor, w: Weights) -> tuple[Tensor, Weights]:
    """Append a feature that is 1 on padding and there closes i and opens f."""
    hidden = w.w_ih.shape[0] // 4
    column = w.w_ih.new_zeros(4, hidden)
    column[0], column[1] = -_SATURATED, _SATURATED
    x = torch.cat([x, (~mask).to(x.dtype)], -1)
    return x, w._replace(w_ih=torch.cat([w.w_ih, column.view(-1, 1)], 1))


def _operator(
    call: Call, x: Tensor, weights: Weights
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Call torch's operator: one layer, forward in time, batch second."""
    flat = weights.tensors()
    # cuDNN keeps what its backward needs only in training mode; without dropout
    # that changes nothing else.
    train = torch.is_grad_enabled()
    options = (weights.b_ih is not None, 1, 0.0, train, False, False)
    state = [s.unsqueeze(0) for s in call.state]
    if call.cell == "lstm":
        y, *state = torch._VF.lstm(x, state, flat, *options)
    else:
        name = "gru" if call.cell == "gru" else f"rnn_{call.variant}"
        y, *state = getattr(torch._VF, name)(x, state[0], flat, *options)
    return y, tuple(s.squeeze(0) for s in state)


def _serves(request: Request) -> bool:
    if request.equations or (request.cell, request.variant) not in STOCK:
        return False
    if request.trace or request.empty or request.transformed or request.compiling:
        return False
    if request.noise:
        return False
    # Beyond its length a ReLU network may grow to infinity, and 0 · ∞ would reach
    # the weights' gradients; every other cell stays bounded there.
    if request.ragged and request.variant == "relu":
        return False
    if request.foreign:
        return True
    if request.device == "cpu":
        # torch has no CPU kernel for a projection and warns so; its reduced-precision
        # ones need instructions that not every processor has.
        exact = request.dtype in (torch.float32, torch.float64)
        return exact and request.variant != "projected"
    return request.device == "cuda"


register_path("torch", _serves, run)

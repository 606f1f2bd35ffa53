"""One step of each cell and its adjoint, in few and large torch operations.

Gates are kept as the core keeps them (core/include/elman/core.h): side by side in one
(B, S·H), LSTM i f g o, GRU n r z W_hn h + b_hn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

RNN, GRU, LSTM = 0, 1, 3
"""The core's numbers of the cells that this is for."""

# With the place to write to: (gradient, the activation's value, out).
_sigmoid_adjoint: Any = torch.ops.aten.sigmoid_backward.grad_input
_tanh_adjoint: Any = torch.ops.aten.tanh_backward.grad_input


class Kept(NamedTuple):
    """A step's results, and its gates, (B, S·H), for the adjoint."""

    h: Tensor
    c: Tensor | None
    gates: Tensor | None


Adjoint = tuple[Tensor, Tensor, Tensor | None, Tensor | None]
"""Gradients of W_ih x + b_ih and of W_hh h + b_hh, what of h's and c's own gradient
does not go through the products."""


class OneStep(NamedTuple):
    """A cell: forward and adjoint, the latter from the gradients of h and c."""

    forward: Callable[..., Kept]
    backward: Callable[..., Adjoint]


def _product(x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    return x @ w.t() if b is None else torch.addmm(b, x, w.t())


def _both(x: Tensor, h: Tensor, *weights: Tensor | None) -> Tensor:
    w_ih, w_hh, b_ih, b_hh = weights
    total = _product(x, w_ih, b_ih).addmm_(h, w_hh.t())  # type: ignore[arg-type, union-attr]
    return total if b_hh is None else total.add_(b_hh)


def _rnn(relu: int, x: Tensor, h: Tensor, _: None, *weights: Tensor | None) -> Kept:
    a = _both(x, h, *weights)
    return Kept(a.relu_() if relu else a.tanh_(), None, None)


def _rnn_adjoint(
    relu: int, grads: tuple[Tensor], h: Tensor, _: None, kept: Kept
) -> Adjoint:
    if relu:
        g = torch.where(kept.h > 0, grads[0], 0)
    else:
        g = torch.ops.aten.tanh_backward(grads[0], kept.h)
    return g, g, None, None


def _gru(_: int, x: Tensor, h: Tensor, __: None, *weights: Tensor | None) -> Kept:
    w_ih, w_hh, b_ih, b_hh = weights
    width = h.shape[1]
    a, b = _product(x, w_ih, b_ih), _product(h, w_hh, b_hh)  # type: ignore[arg-type]
    gates = h.new_empty(h.shape[0], 4 * width)
    n, r, z, m = gates.split(width, 1)
    torch.sigmoid(
        a[:, : 2 * width].add_(b[:, : 2 * width]), out=gates[:, width : 3 * width]
    )
    m.copy_(b[:, 2 * width :])
    torch.tanh(a[:, 2 * width :].addcmul_(r, m), out=n)
    return Kept(torch.lerp(n, h, z), None, gates)


def _gru_adjoint(
    _: int, grads: tuple[Tensor], h: Tensor, __: None, kept: Kept
) -> Adjoint:
    (dh,), width = grads, h.shape[1]
    n, r, z, m = kept.gates.split(width, 1)  # type: ignore[union-attr]
    gx, gh = h.new_empty(2, h.shape[0], 3 * width)
    gr, gz, gn = gx.split(width, 1)
    passed = dh * z
    _sigmoid_adjoint((h - n).mul_(dh), z, grad_input=gz)
    _tanh_adjoint(dh - passed, n, grad_input=gn)
    _sigmoid_adjoint(gn * m, r, grad_input=gr)
    gh[:, : 2 * width] = gx[:, : 2 * width]
    torch.mul(gn, r, out=gh[:, 2 * width :])
    return gx, gh, passed, None


def _lstm(_: int, x: Tensor, h: Tensor, c: Tensor, *weights: Tensor | None) -> Kept:
    width = h.shape[1]
    gates = _both(x, h, *weights)
    i, f, g, o = gates.split(width, 1)
    gates[:, : 2 * width].sigmoid_()
    g.tanh_()
    o.sigmoid_()
    new = torch.addcmul(f * c, i, g)
    return Kept(o * new.tanh(), new, gates)


def _lstm_adjoint(
    _: int, grads: tuple[Tensor | None, Tensor | None], h: Tensor, c: Tensor, kept: Kept
) -> Adjoint:
    (dh, dc), width = grads, h.shape[1]
    i, f, g, o = kept.gates.split(width, 1)  # type: ignore[union-attr]
    given = torch.empty_like(kept.gates)  # type: ignore[arg-type]
    gi, gf, gg, go = given.split(width, 1)
    if dh is None:
        go.zero_()
    else:
        tanh = kept.c.tanh()  # type: ignore[union-attr]
        _sigmoid_adjoint(dh * tanh, o, grad_input=go)
        through = torch.ops.aten.tanh_backward(dh * o, tanh)
        dc = through if dc is None else through.add_(dc)
    if dc is None:  # neither state has a gradient
        dc = torch.zeros_like(c)
    _sigmoid_adjoint(dc * g, i, grad_input=gi)
    _sigmoid_adjoint(dc * c, f, grad_input=gf)
    _tanh_adjoint(dc * i, g, grad_input=gg)
    return given, given, None, dc * f


CELLS = {
    RNN: OneStep(_rnn, _rnn_adjoint),
    GRU: OneStep(_gru, _gru_adjoint),
    LSTM: OneStep(_lstm, _lstm_adjoint),
}

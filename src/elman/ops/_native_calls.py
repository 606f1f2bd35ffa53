"""One call into the compiled core: allocate, pass addresses, return tensors.

Nothing here knows autograd. Arguments have been checked by ``_native_checks``.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from elman._core import _native

CELLS = {
    ("rnn", "tanh"): (0, 0),
    ("rnn", "relu"): (0, 1),
    ("rnn", "sigmoid"): (0, 2),
    ("rnn", "identity"): (0, 3),
    ("rnn", "softplus"): (0, 4),
    ("gru", "reset_after"): (1, 0),
    ("gru", "reset_before"): (2, 0),
    ("lstm", "plain"): (3, 0),
    ("lstm", "projected"): (3, 0),
}
"""Cells and variants by the core's numbers for them (core/include/elman/core.h)."""

LSTM = 3
SLOTS = (0, 4, 4, 4)
"""Gate vectors the core saves for each unit and step, by cell."""


class Saved(NamedTuple):
    """What forward returns; the last three are empty in inference and where unused.

    Attributes
    ----------
    y : Tensor, (T, B, P)
    h_n : Tensor, (B, P)
    c_n : Tensor, (B, H)
    gates : Tensor, (T, B, S, H)
    cells : Tensor, (T, B, H)
    raw : Tensor, (T, B, H)
    """

    y: Tensor
    h_n: Tensor
    c_n: Tensor
    gates: Tensor
    cells: Tensor
    raw: Tensor

    @property
    def reserve(self) -> Reserve:
        """What backward reads of them."""
        return Reserve(self.y, *self[3:])


class Reserve(NamedTuple):
    """What backward reads of forward's results, shapes as in `Saved`.

    The last states are not among them, and may be changed in place.
    """

    y: Tensor
    gates: Tensor
    cells: Tensor
    raw: Tensor


class Arguments(NamedTuple):
    """What forward and backward both take; shapes as in `Call`. No state: zeros."""

    x: Tensor
    h_0: Tensor | None
    c_0: Tensor | None
    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor | None
    b_hh: Tensor | None
    w_hr: Tensor | None
    lengths: Tensor | None
    cell: int
    activation: int
    reverse: bool


def _stored(x: Tensor) -> Tensor:
    """Return x with its numbers in memory as they are.

    Some are still to be negated, as an imaginary part of a conjugate; zeros may have no
    memory, as gradients of nothing.
    """
    return x.new_zeros(x.shape) if x._is_zerotensor() else x.resolve_neg()


def _row(x: Tensor) -> Tensor:
    """Return x with its last axis contiguous, copied only if it must be."""
    x = _stored(x)
    return x if x.stride(-1) == 1 or x.shape[-1] <= 1 else x.contiguous()


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def like_time(x: Tensor, width: int) -> Tensor:
    """Return an empty (T, B, width) that lies in memory as x does."""
    steps, rows = x.shape[:2]
    if x.stride(0) < x.stride(1):
        return x.new_empty(rows, steps, width).transpose(0, 1)
    return x.new_empty(steps, rows, width)


def _whole(tensor: Tensor | None) -> Tensor | None:
    return tensor if tensor is None else _stored(tensor).contiguous()


def _contiguous(a: Arguments) -> Arguments:
    return Arguments(
        _row(a.x),
        _whole(a.h_0),
        _whole(a.c_0),
        _stored(a.w_ih).contiguous(),
        _stored(a.w_hh).contiguous(),
        _whole(a.b_ih),
        _whole(a.b_hh),
        _whole(a.w_hr),
        _whole(a.lengths),
        a.cell,
        a.activation,
        a.reverse,
    )


def _head(a: Arguments) -> tuple[int, ...]:
    steps, rows, inputs = a.x.shape
    return (
        a.cell,
        a.activation,
        steps,
        rows,
        inputs,
        a.w_hh.shape[0] // (1, 3, 3, 4)[a.cell],
        a.w_hh.shape[1],
        int(a.reverse),
        _address(a.lengths),
        torch.get_num_threads(),
        a.w_ih.data_ptr(),
        a.w_hh.data_ptr(),
        _address(a.b_ih),
        _address(a.b_hh),
        _address(a.w_hr),
    )


def forward(a: Arguments, save: bool) -> Saved:
    """Run a layer in one direction.

    Parameters
    ----------
    save : bool
        Keep what backward needs.
    """
    a = _contiguous(a)
    head = _head(a)
    steps, rows, hidden, outputs = head[2], head[3], head[5], head[6]
    lstm = a.cell == LSTM
    new = a.x.new_empty
    # (T, B, P) in memory whatever x is, as torch's: dropout between layers draws
    # its mask in memory order.
    y, h_n = new(steps, rows, outputs), new(rows, outputs)
    slots = SLOTS[a.cell] if save else 0
    c_n = new(rows, hidden) if lstm else new(0)
    gates = new(steps, rows, slots, hidden) if slots else new(0)
    cells = new(steps, rows, hidden) if save and lstm else new(0)
    raw = new(steps, rows, hidden) if save and a.w_hr is not None else new(0)
    run = _native.forward32 if a.x.dtype == torch.float32 else _native.forward64
    run(
        (
            *head,
            int(not save),  # few rows and steps read weights where they lie
            a.x.data_ptr(),
            a.x.stride(0),
            a.x.stride(1),
            _address(a.h_0),
            _address(a.c_0),
            y.data_ptr(),
            y.stride(0),
            y.stride(1),
            h_n.data_ptr(),
            c_n.data_ptr() if lstm else 0,
            gates.data_ptr() if slots else 0,
            cells.data_ptr() if save and lstm else 0,
            raw.data_ptr() if save and a.w_hr is not None else 0,
        )
    )
    return Saved(y, h_n, c_n, gates, cells, raw)


class Gradients(NamedTuple):
    """Gradients of `Arguments`' first eight, None where not wanted, and norms."""

    x: Tensor | None
    h_0: Tensor | None
    c_0: Tensor | None
    w_ih: Tensor | None
    w_hh: Tensor | None
    b_ih: Tensor | None
    b_hh: Tensor | None
    w_hr: Tensor | None
    norms: Tensor | None = None


def backward(
    a: Arguments,
    reserve: Reserve,
    dy: Tensor | None,
    dh_n: Tensor | None,
    dc_n: Tensor | None,
    wanted: tuple[bool, ...],
    norms: bool = False,
) -> Gradients:
    """Run the same layer backwards.

    Parameters
    ----------
    wanted : tuple of bool
        Which of `Arguments`' first eight need a gradient.
    norms : bool
        Return ‖∂L/∂h_t‖ of every step and row too.
    """
    a = _contiguous(a)
    head = _head(a)
    dy = None if dy is None else _row(dy)
    dh_n, dc_n = _whole(dh_n), _whole(dc_n)
    wants = dict(zip(Arguments._fields, wanted, strict=False))

    def empty(name: str) -> Tensor | None:
        source: Tensor | None = getattr(a, name)
        if source is None or not wants[name]:
            return None
        return torch.empty_like(source, memory_format=torch.contiguous_format)

    dx = like_time(a.x, a.x.shape[2]) if wants["x"] else None
    found = Gradients(
        dx,
        empty("h_0"),
        empty("c_0"),
        empty("w_ih"),
        empty("w_hh"),
        empty("b_ih"),
        empty("b_hh"),
        empty("w_hr"),
        a.x.new_empty(a.x.shape[:2]) if norms else None,
    )
    run = _native.backward32 if a.x.dtype == torch.float32 else _native.backward64
    y = reserve.y
    run(
        (
            *head,
            a.x.data_ptr(),
            a.x.stride(0),
            a.x.stride(1),
            _address(a.h_0),
            _address(a.c_0),
            y.data_ptr(),
            y.stride(0),
            y.stride(1),
            reserve.gates.data_ptr(),
            reserve.cells.data_ptr(),
            reserve.raw.data_ptr(),
            _address(dy),
            0 if dy is None else dy.stride(0),
            0 if dy is None else dy.stride(1),
            _address(dh_n),
            _address(dc_n),
            _address(dx),
            0 if dx is None else dx.stride(0),
            0 if dx is None else dx.stride(1),
            _address(found.w_ih),
            _address(found.w_hh),
            _address(found.b_ih),
            _address(found.b_hh),
            _address(found.w_hr),
            _address(found.h_0),
            _address(found.c_0),
            _address(found.norms),
        )
    )
    return found

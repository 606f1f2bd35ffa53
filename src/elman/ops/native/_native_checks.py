"""The border of the compiled core: nothing wrong may reach an address."""

from __future__ import annotations

import torch
from torch import Tensor

from elman import cells
from elman._errors import InputError
from elman.ops._call import Call


def tensors_of(call: Call) -> tuple[Tensor | None, ...]:
    """Return a call's tensors as the core takes them, or say what is wrong with them.

    Returns
    -------
    tuple of Tensor or None
        x, h_0, c_0, five weights, lengths.

    Raises
    ------
    InputError
        If a shape, dtype, device, layout or length does not fit.
    """
    _check(call)
    if call.lengths is not None and call.lengths.dtype != torch.int64:
        raise InputError(f"lengths: expected int64, got {call.lengths.dtype}")
    h_0, c_0 = (*call.state, None)[:2]
    return call.x, h_0, c_0, *call.weights, call.lengths


def _check(call: Call) -> None:
    x, w = call.x, call.weights
    states = len(cells.state_names(call.cell))
    if x.dim() != 3:
        raise InputError(f"x: expected 3 axes (T, B, I), got shape {tuple(x.shape)}")
    if w.w_hh.dim() != 2 or w.w_ih.dim() != 2:
        raise InputError("w_ih, w_hh: expected 2 axes each")
    if len(call.state) != states:
        raise InputError(
            f"state: {call.cell} has {states}, got {len(call.state)} tensors"
        )
    if (w.b_ih is None) != (w.b_hh is None):
        raise InputError("b_ih, b_hh: give both biases or neither")
    if w.w_hr is not None and call.cell != "lstm":
        raise InputError("w_hr: only an LSTM projects")
    rows, inputs = x.shape[1:]
    gates = len(cells.gate_names(call.cell))
    outputs = w.w_hh.shape[1]
    hidden = (
        w.w_hh.shape[0] // gates
        if w.w_hr is None
        else w.w_hr.dim() and (w.w_hr.shape[-1])
    )
    stacked = gates * hidden
    expected: list[tuple[str, Tensor | None, tuple[int, ...]]] = [
        ("h_0", call.state[0], (rows, outputs)),
        ("w_ih", w.w_ih, (stacked, inputs)),
        ("w_hh", w.w_hh, (stacked, hidden if w.w_hr is None else outputs)),
        ("b_ih", w.b_ih, (stacked,)),
        ("b_hh", w.b_hh, (stacked,)),
        ("w_hr", w.w_hr, (outputs, hidden)),
    ]
    if states == 2:
        expected.append(("c_0", call.state[1], (rows, hidden)))
    if call.lengths is not None and call.lengths.shape != (rows,):
        raise InputError(
            f"lengths: expected shape ({rows},), got {tuple(call.lengths.shape)}"
        )
    for name, tensor, shape in expected:
        if tensor is None:
            continue
        if tensor.shape != shape:
            raise InputError(
                f"{name}: expected shape {shape}, got {tuple(tensor.shape)}"
            )
        if tensor.dtype != x.dtype or tensor.device != x.device:
            raise InputError(
                f"{name}: expected {x.dtype} on {x.device} as x, "
                f"got {tensor.dtype} on {tensor.device}"
            )
        if tensor.layout != torch.strided:
            raise InputError(f"{name}: expected a dense tensor, got {tensor.layout}")
    if x.layout != torch.strided:
        raise InputError(f"x: expected a dense tensor, got {x.layout}")
    if hidden == 0:
        raise InputError("w_hh: hidden size must be at least 1")

"""The core as ``torch.library`` operators, for compilers.

`elman::forward` and `elman::backward` are what `torch.compile` sees: opaque,
with shape rules and an autograd rule. Eager calls go past them, straight to the
core, and save their overhead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from . import _native_calls as native
from ._native_calls import Arguments, Saved

_INPUTS = (
    "Tensor x, Tensor h_0, Tensor? c_0, Tensor w_ih, Tensor w_hh, Tensor? b_ih, "
    "Tensor? b_hh, Tensor? w_hr, Tensor? lengths, int cell, int activation, "
    "bool reverse"
)

library = torch.library.Library("elman", "DEF")
library.define(
    f"forward({_INPUTS}, bool save) -> "
    "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)",
    tags=[torch.Tag.pt2_compliant_tag],
)
library.define(
    f"backward({_INPUTS}, Tensor y, Tensor h_n, Tensor c_n, Tensor gates, "
    "Tensor cells, Tensor raw, Tensor? dy, Tensor? dh_n, Tensor? dc_n, "
    "bool[] wanted) -> "
    "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)",
    tags=[torch.Tag.pt2_compliant_tag],
)


def _arguments(values: tuple[Any, ...]) -> Arguments:
    return Arguments(*values[:12])


def _forward(*values: Any) -> Saved:
    a, save = _arguments(values), values[12]
    saved = native.forward(a, save)
    if save and a.lengths is not None:
        # Nothing reads what is saved past a row's length, and the core leaves it
        # unwritten; an operator's outputs must not depend on old memory.
        running = torch.arange(a.x.shape[0])[:, None] < a.lengths
        for kept in saved[3:]:
            if kept.dim() > 1:
                kept.masked_fill_(
                    ~running.view(*running.shape, *[1] * (kept.dim() - 2)), 0
                )
    return saved


def _backward(*values: Any) -> tuple[Tensor, ...]:
    a, reserve = _arguments(values), Saved(*values[12:18]).reserve
    dy, dh_n, dc_n, wanted = values[18:22]
    found = native.backward(a, reserve, dy, dh_n, dc_n, tuple(wanted))
    return tuple(a.x.new_empty(0) if g is None else g for g in found[:8])


def _forward_fake(*values: Any) -> Saved:
    a, save = _arguments(values), values[12]
    steps, rows = a.x.shape[:2]
    outputs = a.w_hh.shape[1]
    hidden = a.w_hh.shape[0] // (1, 3, 3, 4)[a.cell]
    new, lstm = a.x.new_empty, a.cell == native.LSTM
    slots = native.SLOTS[a.cell] if save else 0
    return Saved(
        new(steps, rows, outputs),
        new(rows, outputs),
        new(rows, hidden) if lstm else new(0),
        new(steps, rows, slots, hidden) if slots else new(0),
        new(steps, rows, hidden) if save and lstm else new(0),
        new(steps, rows, hidden) if save and a.w_hr is not None else new(0),
    )


def _backward_fake(*values: Any) -> tuple[Tensor, ...]:
    a, wanted = _arguments(values), values[21]
    new = a.x.new_empty

    def empty(source: Tensor | None, want: bool) -> Tensor:
        return new(source.shape) if want and source is not None else new(0)

    dx = native.like_time(a.x, a.x.shape[2]) if wanted[0] else new(0)
    rest = (empty(s, w) for s, w in zip(a[1:8], wanted[1:], strict=True))
    return dx, *rest


for _name, _real, _fake in (
    ("forward", _forward, _forward_fake),
    ("backward", _backward, _backward_fake),
):
    library.impl(_name, _real, "CPU")
    torch.library.register_fake(f"elman::{_name}", _fake, lib=library)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.options = inputs[9:12]
    ctx.save_for_backward(*inputs[:9], *output)
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*output[3:])


def _autograd(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
    kept = ctx.saved_tensors
    wanted = list(ctx.needs_input_grad[:8])
    found = torch.ops.elman.backward(
        *kept[:9], *ctx.options, *kept[9:], *grads[:3], wanted
    )
    given = (
        g if want and source is not None else None
        for g, want, source in zip(found, wanted, kept[:8], strict=True)
    )
    return (*given, None, None, None, None, None)


torch.library.register_autograd(
    "elman::forward", _autograd, setup_context=_keep, lib=library
)

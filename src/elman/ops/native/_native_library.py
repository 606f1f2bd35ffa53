"""The core as ``torch.library`` operators, for compilers.

`elman::forward` is what `torch.compile` sees: a layer's results, differentiable.
Tracing takes it apart into `elman::run` and `elman::run_backward`, opaque and with
shape rules. Those know no autograd and return nothing that nobody reads, since every
tensor that a compiled graph keeps and every layer between it and the core is paid
for at each call. Eager calls go past all this, straight to the core.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from elman.ops._call import Call, Weights

from ._border import (
    CELLS,
    LSTM,
    saved_vectors,
    sequence_backward,
    sequence_forward,
)
from ._native_checks import tensors_of
from ._sequence import Numbers

_TENSORS = (
    "Tensor x, Tensor? h_0, Tensor? c_0, Tensor w_ih, Tensor w_hh, Tensor? b_ih, "
    "Tensor? b_hh, Tensor? w_hr, Tensor? lengths"
)
_INPUTS = f"{_TENSORS}, int cell, int activation, bool reverse"


class Arguments(NamedTuple):
    """The inputs of `elman::run`; shapes as in `Call`. No state: zeros."""

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


library = torch.library.Library("elman", "DEF")
for _schema in (
    # y (T, B, P), h_n (1, B, P) and, of an LSTM, c_n (1, B, H)
    f"forward({_TENSORS}, str cell, str variant, bool reverse) -> Tensor[]",
    # the same, then what backward reads: of gates, cells and raw those there are
    f"run({_INPUTS}, bool save) -> Tensor[]",
    # the gradients wanted, in the order of the inputs
    f"run_backward({_INPUTS}, Tensor y, Tensor[] kept, Tensor? dy, Tensor? dh_n, "
    "Tensor? dc_n, bool[] wanted) -> Tensor[]",
):
    library.define(_schema, tags=[torch.Tag.pt2_compliant_tag])


def _results(a: Arguments) -> int:
    return 3 if a.cell == LSTM else 2


def _numbers(a: Arguments) -> Numbers:
    return a.cell, a.activation, a.reverse, False, False, None


def _like_time(x: Tensor, width: int) -> Tensor:
    """Return an empty (T, B, width) that lies in memory as x does."""
    steps, rows = x.shape[:2]
    if x.stride(0) < x.stride(1):
        return x.new_empty(rows, steps, width).transpose(0, 1)
    return x.new_empty(steps, rows, width)


def _run(*values: Any) -> list[Tensor]:
    a, save = Arguments(*values[:12]), values[12]
    found = sequence_forward(*_numbers(a), *a[:9], save)
    for state in found[1 : _results(a)]:
        if state.dim() == 2:  # as those given; in place, as no result should be a view
            state.unsqueeze_(0)
    return [t for t in found if t is not None]


def _run_fake(*values: Any) -> list[Tensor]:
    a, save = Arguments(*values[:12]), values[12]
    steps, rows = a.x.shape[:2]
    outputs = a.w_hh.shape[1]
    hidden = a.w_hh.shape[0] // (1, 3, 3, 4)[a.cell]
    new, lstm = a.x.new_empty, a.cell == LSTM
    found = [new(steps, rows, outputs), new(1, rows, outputs)]
    if lstm:
        found.append(new(1, rows, hidden))
    saved = saved_vectors(a.cell, a.activation) if save else 0
    if saved:
        found.append(new(steps, rows, saved, hidden))
    if save and lstm:
        found.append(new(steps, rows, hidden))
    if save and a.w_hr is not None:
        found.append(new(steps, rows, hidden))
    return found


def _run_backward(*values: Any) -> list[Tensor]:
    a, (y, kept, dy, dh_n, dc_n, wanted) = Arguments(*values[:12]), values[12:]
    # Of gates, cells and h before its projection those there are, in this order.
    saved, given = [], iter(kept)
    vectors = saved_vectors(a.cell, a.activation)
    for there in (vectors > 0, a.cell == LSTM, a.w_hr is not None):
        saved.append(next(given) if there else None)
    found = sequence_backward(
        *(*_numbers(a), *a[:9], y, *saved),
        *(dy, dh_n, dc_n, tuple(wanted), False, True),
    )
    return [g for g in found if g is not None]


def _run_backward_fake(*values: Any) -> list[Tensor]:
    a, wanted = Arguments(*values[:12]), values[17]
    dx = [_like_time(a.x, a.x.shape[2])] if wanted[0] else []
    return dx + [
        a.x.new_empty(source.shape)
        for source, want in zip(a[1:8], wanted[1:], strict=True)
        if want and source is not None
    ]


for _name, _real, _fake in (
    ("run", _run, _run_fake),
    ("run_backward", _run_backward, _run_backward_fake),
):
    library.impl(_name, _real, "CPU")
    torch.library.register_fake(f"elman::{_name}", _fake, lib=library)

_core_run = torch.ops.elman.run.default
_core_run_backward = torch.ops.elman.run_backward.default


class _Traced(Function):
    """Autograd's rule for `elman::run`, there while a graph is traced only."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> tuple[Tensor, ...]:  # type: ignore[override]
        found = _core_run(*inputs, True)
        results = _results(Arguments(*inputs))
        ctx.options = inputs[9:]
        # A copy on paper: the graph may change y in place, and compilers drop copies
        # of what nobody changes.
        y = found[0].clone()
        ctx.save_for_backward(*inputs[:9], y, *found[results:])
        ctx.set_materialize_grads(False)
        return tuple(found[:results])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        kept = ctx.saved_tensors
        wanted = list(ctx.needs_input_grad[:8])
        dy, dh_n, *dc_n = grads
        found = iter(
            _core_run_backward(
                *kept[:9],
                *ctx.options,
                kept[9],
                list(kept[10:]),
                dy,
                dh_n,
                dc_n[0] if dc_n else None,
                wanted,
            )
        )
        given = (next(found) if want else None for want in wanted)
        return (*given, None, None, None, None)


def _forward(
    x: Tensor,
    h_0: Tensor | None,
    c_0: Tensor | None,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    w_hr: Tensor | None,
    lengths: Tensor | None,
    cell: str,
    variant: str,
    reverse: bool,
) -> list[Tensor]:
    state = (h_0, c_0) if cell == "lstm" else (h_0,)
    weights = Weights(w_ih, w_hh, b_ih, b_hh, w_hr)
    tensors = tensors_of(Call(cell, variant, x, state, weights, lengths, reverse))  # type: ignore[arg-type]
    inputs = *tensors, *CELLS[cell, variant], reverse
    if torch.is_grad_enabled() and any(
        t is not None and t.requires_grad for t in tensors[:8]
    ):
        return list(_Traced.apply(*inputs))
    return _core_run(*inputs, False)  # type: ignore[no-any-return]


library.impl("forward", _forward, "CompositeImplicitAutograd")
forward = torch.ops.elman.forward.default

"""The core as ``torch.library`` operators, for compilers.

`elman::forward` is what `torch.compile` sees: a layer's results, differentiable.
Tracing takes it apart into `elman::run` and `elman::run_backward`, opaque and with
shape rules. Those know no autograd and return nothing that nobody reads, since every
tensor that a compiled graph keeps and every layer between it and the core is paid
for at each call. Eager calls go past all this, straight to the core.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman._core import _native

from . import _native_calls as native
from ._call import Call, Weights
from ._native_calls import Arguments, Reserve
from ._native_checks import arguments_of

_TENSORS = (
    "Tensor x, Tensor? h_0, Tensor? c_0, Tensor w_ih, Tensor w_hh, Tensor? b_ih, "
    "Tensor? b_hh, Tensor? w_hr, Tensor? lengths"
)
_INPUTS = f"{_TENSORS}, int cell, int activation, bool reverse"
_NOTHING = torch.empty(0)

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
    return 3 if a.cell == native.LSTM else 2


def _plain(a: Arguments) -> tuple[Any, ...]:
    """Return a call's inputs as `plain_forward` of the core takes them."""
    return a.cell, a.activation, a.reverse, False, *a[:7], a.lengths


def _run(*values: Any) -> list[Tensor]:
    a, save = Arguments(*values[:12]), values[12]
    if a.w_hr is None:
        plain = _native.plain_forward(*_plain(a), save)
        if plain is not None:
            return [t for t in plain if t is not None]
    saved = native.forward(a, save)
    y, *last = saved[: _results(a)]
    for state in last:
        state.unsqueeze_(0)  # in place: what an operator returns should be no view
    kept = [k for k in saved[3:] if k.dim() > 1] if save else []
    return [y, *last, *kept]


def _run_fake(*values: Any) -> list[Tensor]:
    a, save = Arguments(*values[:12]), values[12]
    steps, rows = a.x.shape[:2]
    outputs = a.w_hh.shape[1]
    hidden = a.w_hh.shape[0] // (1, 3, 3, 4)[a.cell]
    new, lstm = a.x.new_empty, a.cell == native.LSTM
    found = [new(steps, rows, outputs), new(1, rows, outputs)]
    if lstm:
        found.append(new(1, rows, hidden))
    if save and native.SLOTS[a.cell]:
        found.append(new(steps, rows, native.SLOTS[a.cell], hidden))
    if save and lstm:
        found.append(new(steps, rows, hidden))
    if save and a.w_hr is not None:
        found.append(new(steps, rows, hidden))
    return found


def _run_backward(*values: Any) -> list[Tensor]:
    a, (y, kept, dy, dh_n, dc_n, wanted) = Arguments(*values[:12]), values[12:]
    if a.w_hr is None:
        saved = (*kept, None, None)[:2]
        of = (dy, dh_n, dc_n, tuple(wanted[:7]))
        plain = _native.plain_backward(*_plain(a), y, *saved, *of)
        if plain is not None:
            return [g for g in plain if g is not None]
    kept = (*kept, _NOTHING, _NOTHING, _NOTHING)[:3]
    found = native.backward(a, Reserve(y, *kept), dy, dh_n, dc_n, tuple(wanted))
    return [g for g in found[:8] if g is not None]


def _run_backward_fake(*values: Any) -> list[Tensor]:
    a, wanted = Arguments(*values[:12]), values[17]
    dx = [native.like_time(a.x, a.x.shape[2])] if wanted[0] else []
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
    inputs = arguments_of(Call(cell, variant, x, state, weights, lengths, reverse))  # type: ignore[arg-type]
    if torch.is_grad_enabled() and any(
        t is not None and t.requires_grad for t in inputs[:8]
    ):
        return list(_Traced.apply(*inputs))
    return _core_run(*inputs, False)  # type: ignore[no-any-return]


library.impl("forward", _forward, "CompositeImplicitAutograd")
forward = torch.ops.elman.forward.default

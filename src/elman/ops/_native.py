"""The native path: the fused core, for one layer in one direction on the CPU.

A second derivative, and a gradient through a trace, recompute the call on the
composite path, where derivatives exist to any order.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from elman._errors import InputError

from . import _native_calls as native
from . import _native_library as library
from ._call import Call, Result, Weights
from ._composite import run as run_composite
from ._native_calls import Arguments, Reserve, Saved
from ._native_checks import arguments_of
from ._ordinary import foreign
from ._paths import Request, register_path
from ._step_gradients import StepGradients, into, wanted

_NAMES = {numbers: names for names, numbers in native.CELLS.items()}
_GATE_PLACES: dict[tuple[str, str], tuple[tuple[str, int], ...]] = {
    ("gru", "reset_after"): (("r", 1), ("z", 2), ("n", 0)),
    ("gru", "reset_before"): (("r", 0), ("z", 1), ("n", 2)),
    ("lstm", "plain"): (("i", 0), ("f", 1), ("g", 2), ("o", 3)),
    ("lstm", "projected"): (("i", 0), ("f", 1), ("g", 2), ("o", 3)),
}


def run(call: Call) -> Result:
    """Run one layer in one direction on the core."""
    if torch.compiler.is_compiling():
        h_0, c_0 = (*call.state, None)[:2]
        rest = call.lengths, call.cell, call.variant, call.reverse
        y, *last = library.forward(call.x, h_0, c_0, *call.weights, *rest)
        return Result(y, tuple(state.squeeze(0) for state in last), {})
    a = arguments_of(call)
    try:
        differentiate = torch.is_grad_enabled() and any(
            t is not None and t.requires_grad for t in a[:8]
        )
        if differentiate:
            saved = Saved(*_Sequence.apply(wanted(), call.trace, *a))
        else:
            saved = native.forward(a, save=call.trace)
    except ValueError as error:
        raise InputError(str(error)) from error
    state = (saved.h_n, saved.c_n) if call.cell == "lstm" else (saved.h_n,)
    return Result(saved.y, state, _trace(call, saved) if call.trace else {})


def _trace(call: Call, saved: Saved) -> dict[str, Tensor]:
    tracks = {"h": saved.y}
    if call.cell == "lstm":
        tracks["c"] = saved.cells
    for name, place in _GATE_PLACES.get((call.cell, call.variant), ()):
        tracks[name] = saved.gates[:, :, place]
    if call.lengths is None:
        return tracks
    steps = torch.arange(call.x.shape[0])[:, None]
    running = (steps < call.lengths).unsqueeze(-1)
    return {k: torch.where(running, v, 0.0) for k, v in tracks.items()}


class _Sequence(Function):
    """Forward keeps what the core's backward reads; see `Saved`.

    The outputs are among it, and are the caller's to change in place, as torch's are:
    ``F.relu(y, inplace=True)``. A copy of them would cost up to a tenth of a step, so
    they are watched instead, and where they have changed forward runs again.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, steps: StepGradients | None, trace: bool, *arguments: Any
    ) -> Saved:
        a = Arguments(*arguments)
        saved = native.forward(a, save=True)
        ctx.options, ctx.steps = a[9:], steps
        # Whoever packs saved tensors (checkpoints, offloading) gets a copy of y.
        watched = torch._C._autograd._top_saved_tensors_default_hooks(False) is None
        ctx.y = saved.y.detach() if watched else None  # detached: no cycle
        ctx.version = saved.y._version
        y = None if watched else saved.y.clone()
        ctx.save_for_backward(*a[:9], y, *saved.reserve[1:])
        ctx.set_materialize_grads(False)
        if not trace:
            ctx.mark_non_differentiable(saved.gates, saved.cells)
        ctx.mark_non_differentiable(saved.raw)
        return saved

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: Any,
        dy: Tensor | None,
        dh_n: Tensor | None,
        dc_n: Tensor | None,
        dgates: Tensor | None,
        dcells: Tensor | None,
        draw: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        kept = ctx.saved_tensors
        a = Arguments(*kept[:9], *ctx.options)
        needed = ctx.needs_input_grad[2:10]
        steps: StepGradients | None = ctx.steps
        if (
            torch.is_grad_enabled()
            or dgates is not None
            or dcells is not None
            or foreign((dy, dh_n, dc_n, *kept))
        ):
            with into(steps):
                found = again(a, (dy, dh_n, dc_n, dgates, dcells), needed)
        else:
            reserve = reserve_of(ctx, a, kept[9:])
            gradients = native.backward(
                a, reserve, dy, dh_n, dc_n, needed, norms=steps is not None
            )
            found = gradients[:8]
            if steps is not None and gradients.norms is not None:
                steps.fill(gradients.norms)
        if not torch._C._autograd._get_current_graph_task_keep_graph():
            ctx.y = None
        return None, None, *found, None, None, None, None


def reserve_of(ctx: Any, a: Arguments, kept: tuple[Any, ...]) -> Reserve:
    """Return what backward reads, with the outputs as forward left them."""
    if ctx.y is None:
        return Reserve(*kept)
    if ctx.y._version != ctx.version:
        return native.forward(a, save=True).reserve
    return Reserve(ctx.y, *kept[1:])


def again(
    a: Arguments, grads: tuple[Tensor | None, ...], wanted: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """Return the gradients by the composite path, themselves differentiable.

    Given are those of y, h_n, c_n and the saved gates and cells; wanted, for which of
    the first eight arguments.
    """
    create = torch.is_grad_enabled()
    # What a forward pass computed inside autocast was widened first.
    with torch.enable_grad(), torch.autocast("cpu", enabled=False):
        # Aliases: one input may be a function of another, and its share of the
        # gradient is the outer graph's to add.
        t = [None if v is None else v.view_as(v) for v in a[:8]]
        if not create:
            t = [v if v is None else v.detach().requires_grad_() for v in t]
        cell, variant = _NAMES[a.cell, a.activation]
        state = (t[1], t[2]) if cell == "lstm" else (t[1],)
        if cell == "lstm" and a.w_hr is not None:
            variant = "projected"
        traced = len(grads) > 3 and any(g is not None for g in grads[3:])
        call = Call(
            cell,
            variant,
            t[0],  # type: ignore[arg-type]
            state,  # type: ignore[arg-type]
            Weights(*t[3:8]),  # type: ignore[arg-type]
            a.lengths,
            a.reverse,
            trace=traced,
        )
        result = run_composite(call)
        outputs = [result.y, *result.state]
        given = list(grads[: len(outputs)])
        if traced:
            dgates, dcells = grads[3:]
            if dgates is not None:
                for name, place in _GATE_PLACES[cell, variant]:
                    outputs.append(result.trace[name])
                    given.append(dgates[:, :, place])
            if dcells is not None:
                outputs.append(result.trace["c"])
                given.append(dcells)
    pairs = [
        (o, g)
        for o, g in zip(outputs, given, strict=True)
        if g is not None and o.requires_grad
    ]
    places = [k for k in range(8) if wanted[k]]
    if not pairs:
        return (None,) * 8
    found = torch.autograd.grad(
        [o for o, _ in pairs],
        [t[k] for k in places],  # type: ignore[arg-type, misc]
        [g for _, g in pairs],
        create_graph=create,
        allow_unused=True,
    )
    by_place = dict(zip(places, found, strict=True))
    return tuple(by_place.get(k) for k in range(8))


def _serves(request: Request) -> bool:
    return (
        (request.cell, request.variant) in native.CELLS
        and request.device == "cpu"
        and request.dtype in (torch.float32, torch.float64)
        and not request.noise
        and not request.transformed
        and not request.exporting
        and not request.foreign
        and not (request.compiling and request.trace)
    )


register_path("native", _serves, run)

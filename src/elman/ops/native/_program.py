"""A cell given as equations on the core: its program, with one autograd rule.

A second derivative, and a gradient through a trace, recompute the call on the
composite path, where derivatives exist to any order.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.autograd import Function

from elman._errors import InputError
from elman.cells import Cell, Lowered, stock
from elman.ops._again import gradients_again
from elman.ops._call import Call, Noise, Result
from elman.ops._composite import run as run_composite
from elman.ops._lengths import cleared, running
from elman.ops._ordinary import HOOKS, foreign
from elman.ops._step_gradients import into, wanted

from ._border import BUILT
from ._compile import at_first_use
from ._program_run import PAIR, Plan, Ran, backward, forward

_GRAPHS: WeakKeyDictionary[Lowered, Any] = WeakKeyDictionary()
"""Programs as the core has parsed them."""
atexit.register(_GRAPHS.clear)  # before the core is unloaded

_NOTHING = torch.empty(0)

PROGRAMS = BUILT
"""Whether there is a core to run programs."""


def run(call: Call, paired: bool = False) -> Result:
    """Run one layer in one direction of a cell given as equations on the core.

    Parameters
    ----------
    call : Call
    paired : bool
        Its parameters are those of `as_equations`.
    """
    equations: Any = call.equations
    parameters = {k: v for k, v in call.parameters.items() if v is not None}
    tensors = call.x, *call.state, *parameters.values()
    bare = call._replace(x=_NOTHING, state=(), weights={})  # type: ignore[arg-type]
    hidden = call.state[0].shape[1]
    lowered, masks = noisy(equations, call.noise, call.x, hidden, call.trace)
    y, *rest = _run(
        (bare, lowered, tuple(parameters), masks, wanted(), paired), tensors
    )
    count = lowered.program.states
    last = tuple(rest[:count])
    trace = _trace(lowered, call.lengths, y, rest[count:]) if call.trace else {}
    return Result(y, last, trace)


def run_program(
    equations: Cell,
    reverse: bool,
    x: Tensor,
    state: Sequence[Tensor | None],
    parameters: dict[str, Tensor],
    hidden: int,
    noise: Noise | None = None,
) -> tuple[Tensor, ...]:
    """Run one layer in one direction over full rows: the fast path.

    Parameters
    ----------
    equations : Cell
    reverse : bool
        Run from the last step.
    x : Tensor, (T, B, I)
        Like all the others ordinary, see `_ordinary`.
    state : sequence of Tensor or None, (B, H)
        None: zeros.
    parameters : dict of str to Tensor
    hidden : int
        H.
    noise : Noise, optional

    Returns
    -------
    tuple of Tensor
        y, (T, B, H), and the last states, (1, B, H).
    """
    lowered, masks = noisy(equations, noise, x, hidden, False)
    name = type(equations).__name__
    call = Call(name, "", _NOTHING, (), {}, None, reverse, False, noise, equations)  # type: ignore[arg-type]
    return _run(
        (call, lowered, tuple(parameters), masks, None, False, True),
        (x, *state, *parameters.values()),
    )


def _run(planned: tuple[Any, ...], tensors: Sequence[Tensor | None]) -> Any:
    """Run a program: a `Plan` but for the parsed one, and x, states and parameters."""
    call, lowered, names, masks, steps, paired, *stacked = planned
    paired = paired and names[-1] in PAIR  # a layer may have no biases
    x: Any = tensors[0]
    try:
        graph = parsed(lowered)
        if not call.trace:
            at_first_use(lowered, graph, x.dtype)
        plan = Plan(call, lowered, graph, names, masks, steps, paired, *stacked)
        if torch.is_grad_enabled() and any(
            t is not None and t.requires_grad for t in tensors
        ):
            return _Program.apply(plan, *tensors)
        return forward(plan, tensors, save=call.trace, again=True).outputs(call.trace)
    except ValueError as error:
        raise InputError(str(error)) from error


def as_equations(call: Call) -> Call:
    """Return a call of one of torch's cells as one of the same cell's equations.

    Their program knows recurrent dropout and zoneout; a projection it does not. The two
    biases stay apart.
    """
    weights = call.weights
    parameters = {"weight_ih": weights.w_ih, "weight_hh": weights.w_hh}
    if weights.b_ih is not None and weights.b_hh is not None:
        parameters |= dict(zip(PAIR, (weights.b_ih, weights.b_hh), strict=True))
    found = stock(call.cell, call.variant)
    noise = call.noise
    if noise is not None and isinstance(noise.recurrent, Tensor):
        noise = noise._replace(recurrent=(noise.recurrent,))
    return call._replace(weights=parameters, noise=noise, equations=found)  # type: ignore[arg-type]


def parsed(lowered: Lowered) -> Any:
    """Return a program as the core has parsed it, once.

    Parameters
    ----------
    lowered : Lowered
    """
    found = _GRAPHS.get(lowered)
    if found is None:
        from elman._core import _native

        found = _native.Graph(*lowered.program.encode())
        _GRAPHS[lowered] = found
    return found


def noisy(
    equations: Cell, noise: Noise | None, x: Tensor, hidden: int, trace: bool
) -> tuple[Lowered, list[Tensor]]:
    """Return the program of equations with noise, and the masks it reads.

    Parameters
    ----------
    equations : Cell
    noise : Noise, optional
    x : Tensor, (T, B, I)
    hidden : int
        H.
    trace : bool
        Save what a trace returns.
    """
    if noise is None:
        return equations.lowered(trace=trace), []
    states = equations.states
    options: dict[str, Any] = {}
    masks: dict[str, Tensor] = {}
    if noise.recurrent is not None:
        options["dropout"] = True
        shape = (*x.shape[:2], hidden)
        dropped = equations.traced.dropped
        for k, factor in zip(dropped, noise.recurrent, strict=True):
            factor = factor.to(x.dtype).contiguous()
            masks[f"dropout.{states[k]}"] = factor.expand(shape)
    if any(stay is not None for stay in noise.stays):
        rates: list[float | None] = []
        for name, stay in zip(states, noise.stays, strict=True):
            if isinstance(stay, Tensor):
                masks[f"zoneout.{name}"] = stay.to(torch.bool).contiguous()
                rates.append(None)
            else:
                rates.append(0.0 if stay is None else float(stay))
        options["zoneout"] = tuple(rates)
    lowered = equations.lowered(trace=trace, **options)
    return lowered, [masks[name] for name in lowered.masks]


class _Program(Function):
    """Forward keeps what the core's backward reads.

    The output is among it, and is the caller's to change in place; it is watched, and
    where it has changed forward runs again.
    """

    @staticmethod
    def forward(ctx: Any, plan: Plan, *tensors: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        packed = HOOKS() is not None
        ran = forward(plan, tensors, save=True, again=packed)
        ctx.plan, ctx.made = plan, ran.made
        ctx.set_materialize_grads(False)
        kept = *tensors, ran.saved, ran.rows, *ran.tracks
        if packed:
            # Whoever packs saved tensors (checkpoints, offloading) gets a copy of y.
            ctx.save_for_backward(*kept, ran.y.clone())
            ctx.y = None
        else:
            ctx.save_for_backward(*kept)
            ctx.y, ctx.version = ran.y.detach(), ran.y._version  # detached: no cycle
        return ran.outputs(plan.call.trace)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        plan: Plan = ctx.plan
        kept, y = ctx.saved_tensors, ctx.y
        count = 1 + plan.states + len(plan.names)
        tensors, (saved, rows, *tracks) = kept[:count], kept[count:]
        if y is None:
            y = tracks.pop()
        elif y._version != ctx.version:
            y = forward(plan, tensors, save=True, again=True).y
        wants = ctx.needs_input_grad[1:]
        of_trace = any(g is not None for g in grads[1 + plan.states :])
        given = grads if ctx.y is not None else (*grads, *kept)
        if torch.is_grad_enabled() or of_trace or foreign(given):
            with into(plan.steps):
                found = gradients_again(
                    lambda t: _composite(plan, t, grads), tensors, wants
                )
        else:
            ran = Ran(y, [], saved, rows, tracks, ctx.made)
            found = backward(plan, tensors, ran, grads[: 1 + plan.states], wants)
        if not torch._C._autograd._get_current_graph_task_keep_graph():
            ctx.y = ctx.made = None
        return None, *found


def _composite(
    plan: Plan, t: Sequence[Tensor], grads: Sequence[Tensor | None]
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Return the results on the composite path, and the gradient given of each."""
    count, parameters = plan.states, plan.with_bias(plan.parameters(t))
    state = tuple(t[1 : 1 + count])
    if plan.stacked:
        hidden = len(parameters["weight_ih"]) // len(plan.lowered.blocks.weight_ih)
        zeros = t[0].new_zeros(t[0].shape[1], hidden)
        state = tuple(zeros if s is None else s for s in state)
        given_last = [g if g is None else g.squeeze(0) for g in grads[1 : 1 + count]]
        grads = grads[0], *given_last
    call = plan.call._replace(x=t[0], state=state, weights=parameters)  # type: ignore[arg-type]
    result = run_composite(call)
    outputs, given = [result.y, *result.state], list(grads[: 1 + count])
    if call.trace:
        *of_tracks, of_saved = grads[1 + count :]
        outputs += [result.trace[name] for name in plan.lowered.step.states[1:]]
        given += of_tracks
        # Two gates may be one value: its gradient counts once.
        gates = {v: name for name, v in plan.lowered.tracks.items()}
        for (where, place), name in gates.items():
            if where == "saved" and of_saved is not None:
                outputs.append(result.trace[name])
                given.append(of_saved[:, :, place])
    return outputs, given


def _trace(
    lowered: Lowered, lengths: Tensor | None, y: Tensor, rest: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Return every step's states and gates by name, zero beyond a row's length."""
    *tracks, saved = rest
    states = [y, *tracks]
    found = dict(zip(lowered.step.states, states, strict=True))
    for name, (where, place) in lowered.tracks.items():
        found[name] = saved[:, :, place] if where == "saved" else states[place]
    return cleared(found, running(y, lengths))

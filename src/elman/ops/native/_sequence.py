"""One layer in one direction on the core, with a gradient: the one autograd rule.

A training step of a small layer costs as much on the way to the kernels and back as
in them, the more so since the kernels' data has pushed the interpreter's out of the
caches. So the core reads torch's tensors itself, and little stands around it.

A second derivative, and a gradient through a trace, recompute the call on the
composite path, where derivatives exist to any order.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from elman._errors import InputError
from elman.cells import stock
from elman.ops._again import gradients_again
from elman.ops._call import Call, Weights
from elman.ops._composite import run as run_composite
from elman.ops._ordinary import HOOKS, foreign
from elman.ops._step_gradients import StepGradients, into

from ._border import CELLS, sequence_backward, sequence_forward
from ._held import Held

Tensors = tuple[Tensor | None, ...]
"""x, (T, B, I) or turned (B, T, I); h_0 and c_0, (1, B, ·) or (B, ·); five weights;
lengths, (B,)."""

_NAMES = {numbers: names for names, numbers in CELLS.items()}


Numbers = tuple[int, int, bool, bool, bool, Held | None]
"""The core's numbers for a cell, whether to run from the last step, whether x is
(B, T, I), whether it is known that no tensor is a view still to be negated, and what
is held back at random."""


@functools.cache
def gate_places(cell: str, variant: str) -> tuple[tuple[str, int], ...]:
    """Return where each gate stands among the vectors that the core saves."""
    tracks = stock(cell, variant).lowered(trace=True).tracks
    return tuple((name, place) for name, (_, place) in tracks.items())


class Beside(NamedTuple):
    """What may be asked of a run beside its results.

    Attributes
    ----------
    trace : bool
        The saved gates and cells are results too.
    steps : StepGradients, optional
        To be filled with ‖∂L/∂h_t‖.
    """

    trace: bool = False
    steps: StepGradients | None = None


def run_sequence(
    numbers: Numbers,
    differentiate: bool,
    beside: Beside | None,
    *tensors: Tensor | None,
) -> Any:
    """Run one layer in one direction on the core.

    Parameters
    ----------
    numbers : tuple
        See `Numbers`.
    differentiate : bool
        Whether a gradient is wanted.
    beside : Beside, optional
        None on the fast path, where nothing packs saved tensors either.
    *tensors : Tensor or None
        See `Tensors`.

    Returns
    -------
    tuple of Tensor
        y, (T, B, P), zero beyond each row's length; the last states, (1, B, ·), or
        (B, ·) where h_0 is; and for a trace None in the place of a c_n that there is
        not, and the saved gates, (T, B, S, H), and cells, (T, B, H).

    Raises
    ------
    InputError
        If the core cannot read a tensor, or ``ELMAN_ISA`` names no instruction set of
        this machine.
    """
    try:
        if differentiate:
            return _Sequence.apply(numbers, beside, *tensors)
        trace = beside is not None and beside.trace
        found = sequence_forward(*numbers, *tensors, trace) or _unread()
    except ValueError as error:
        raise InputError(str(error)) from error
    return found[:5] if trace else found[: 2 + (found[2] is not None)]


def _unread() -> Any:
    raise InputError("the compiled core cannot read these tensors")


class _Sequence(Function):
    """Forward keeps what the core's backward reads.

    The outputs are among it, and are the caller's to change in place, as torch's are:
    ``F.relu(y, inplace=True)``. A copy of them would cost up to a tenth of a step, so
    they are watched instead, and where they have changed forward runs again.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, numbers: Numbers, beside: Beside | None, *tensors: Any
    ) -> Any:
        found = sequence_forward(*numbers, *tensors, True) or _unread()
        y, h_n, c_n, gates, cells, raw = found
        ctx.numbers, ctx.beside = numbers, beside
        ctx.set_materialize_grads(False)
        if beside is not None and HOOKS() is not None:
            # Whoever packs saved tensors (checkpoints, offloading) gets a copy of y.
            ctx.save_for_backward(*tensors, gates, cells, raw, y.clone())
            ctx.y = None
        else:
            ctx.save_for_backward(*tensors, gates, cells, raw)
            ctx.y, ctx.version = y.detach(), y._version  # detached: no cycle
        if beside is not None and beside.trace:
            return y, h_n, c_n, gates, cells
        return (y, h_n) if c_n is None else (y, h_n, c_n)

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: Any,
        dy: Tensor | None,
        dh_n: Tensor | None,
        dc_n: Tensor | None = None,
        *of_trace: Tensor | None,
    ) -> Tensors:
        kept, y = ctx.saved_tensors, ctx.y
        if y is None:
            y = kept[12]
        elif y._version != ctx.version:
            y = sequence_forward(*ctx.numbers, *kept[:9], True)[0]
        wanted = ctx.needs_input_grad[2:10]
        steps = None if ctx.beside is None else ctx.beside.steps
        found = None
        if not torch.is_grad_enabled() and (
            not of_trace or all(g is None for g in of_trace)
        ):
            given = *kept[:9], y, *kept[9:12], dy, dh_n, dc_n, wanted, steps is not None
            found = sequence_backward(*ctx.numbers, *given, False)
            if found is None and not foreign((dy, dh_n, dc_n, y, *kept)):
                found = sequence_backward(*ctx.numbers, *given, True)
        if found is None:
            with into(steps):
                grads = dy, dh_n, dc_n, *of_trace
                found = gradients_again(
                    lambda t: _composite(ctx.numbers, t, kept[8], grads),
                    kept[:8],
                    wanted,
                )
        elif steps is not None:
            steps.fill(found[8])
        if not torch._C._autograd._get_current_graph_task_keep_graph():
            ctx.y = None
        return None, None, *found[:8], None


def _composite(
    numbers: Numbers, t: list[Tensor | None], lengths: Tensor | None, grads: Tensors
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Return the results on the composite path, and the gradient given of each.

    `grads` are those of y, h_n, c_n and the saved gates and cells.
    """
    code, activation, reverse, turned, _, held = numbers
    cell, variant = _NAMES[code, activation]
    if cell == "lstm":
        variant = "plain" if t[7] is None else "projected"
    x: Any = t[0]
    if turned:
        x = x.transpose(0, 1)
    weights: Any = t[3:8]
    units = weights[1].shape[1], len(weights[0]) // 4
    count = 2 if cell == "lstm" else 1
    states = [
        x.new_zeros(x.shape[1], width) if s is None else s.reshape(-1, width)
        for s, width in zip(t[1 : 1 + count], units, strict=False)
    ]
    of_gates, of_cells = (*grads, None, None)[3:5]
    trace = of_gates is not None or of_cells is not None
    call = Call(
        cell,
        variant,
        x,
        tuple(states),
        Weights(*weights),
        lengths,
        reverse,
        trace,
        None if held is None else held.noise,
    )
    result = run_composite(call)
    outputs = [result.y, *result.state]
    of_states = (
        g if g is None else g.reshape(-1, g.shape[-1]) for g in grads[1 : 1 + count]
    )
    given = [grads[0], *of_states]
    if of_gates is not None:
        for name, place in gate_places(cell, variant):
            outputs.append(result.trace[name])
            given.append(of_gates[:, :, place])
    if of_cells is not None:
        outputs.append(result.trace["c"])
        given.append(of_cells)
    return outputs, given

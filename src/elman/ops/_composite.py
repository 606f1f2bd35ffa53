"""The composite path: the time loop every cell shares, in plain torch operations.

It runs on any device and dtype, under `torch.func` transforms, in forward mode
and to any order of derivative. A cell brings only its pointwise step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import linear

from ._call import Call, Noise, Result
from ._lengths import cleared, running
from ._paths import Request, register_path
from ._scan import is_open, scan
from ._step_gradients import wanted

States = tuple[Tensor, ...]


@dataclass(frozen=True)
class Cell:
    """A cell as the loop sees it.

    Attributes
    ----------
    input_bias : Tensor, optional
        What is added to the input product of all steps.
    step : callable
        From one step's input product (B, G·H), the states, and h as the recurrent
        weights see it, to the new states (the output first) and the gates.
    gates : tuple of str
        The names of those gates.
    states : tuple of str
        The names of the states.
    project : callable, optional
        The input product of all steps, where it is not that of ``w_ih``.
    """

    input_bias: Tensor | None
    step: Callable[[Tensor, States, Tensor], tuple[States, tuple[Tensor, ...]]]
    gates: tuple[str, ...]
    states: tuple[str, ...] = ("h",)
    project: Callable[[Tensor], Tensor] | None = None


_CELLS: dict[str, Callable[[Call], Cell]] = {}


def register_cell(name: str, build: Callable[[Call], Cell]) -> None:
    """Teach the loop a cell."""
    _CELLS[name] = build


def run(call: Call) -> Result:
    """Run one layer in one direction, step by step.

    A row that has ended keeps its state, so that one mask serves both
    directions: forward it freezes the last state, in reverse the initial one
    until the row's own last step is reached.
    """
    cell = _CELLS["equations" if call.equations is not None else call.cell](call)
    steps = call.x.shape[0]
    mask = running(call.x, call.lengths)
    # Padding may hold anything, NaN included: 0 · NaN would reach the weights'
    # gradients through the input product, so it is cleared first.
    x = call.x if mask is None else torch.where(mask, call.x, 0.0)
    if cell.project is not None:
        projected = cell.project(x)
    else:
        projected = linear(x, call.weights.w_ih, cell.input_bias)
    noise = call.noise or Noise()
    if is_open(steps) and not any(isinstance(s, Tensor) for s in noise.stays):
        return _run_open(call, cell, projected, mask)
    inputs = projected.unbind(0)
    alive = () if mask is None else mask.unbind(0)

    # A tracer sees no context variables, which is where what is wanted is kept.
    gradients = None if torch.compiler.is_compiling() else wanted()
    state, factor = call.state, _factor(call)
    kept: list[tuple[Tensor, ...]] = []
    for t in reversed(range(steps)) if call.reverse else range(steps):
        h = state[0] if factor is None else state[0] * factor
        new, gates = cell.step(inputs[t], state, h)
        if noise.stays:
            pairs = zip(noise.stays, new, state, strict=True)
            new = tuple(_stay(stays, t, a, b) for stays, a, b in pairs)
        state = new if mask is None else _where(alive[t], new, state)
        if gradients is not None:
            gradients.watch(t, state[0])
        kept.append(state + gates if call.trace else state[:1])
    if call.reverse:
        kept.reverse()

    names = _names(call, cell)
    if kept:
        stacked = [torch.stack(track) for track in zip(*kept, strict=True)]
    else:  # no steps: gates are as wide as the last state, H
        widths = [
            state[0].shape[-1] if n == "h" else state[-1].shape[-1] for n in names
        ]
        stacked = [x.new_zeros(0, x.shape[1], width) for width in widths]
    return _result(call, cell, mask, state, stacked)


def _run_open(call: Call, cell: Cell, projected: Tensor, mask: Tensor | None) -> Result:
    """Run a number of steps that an exported program learns when it is called."""
    noise = call.noise or Noise()
    factor = _factor(call)

    def step(
        state: States, a_x: Tensor, alive: Tensor | None
    ) -> tuple[States, tuple[Tensor, ...]]:
        h = state[0] if factor is None else state[0] * factor
        new, gates = cell.step(a_x, state, h)
        if noise.stays:
            pairs = zip(noise.stays, new, state, strict=True)
            new = tuple(_stay(stays, 0, a, b) for stays, a, b in pairs)
        state = new if alive is None else _where(alive, new, state)
        return state, state + gates if call.trace else state[:1]

    state, tracks = scan(step, call.state, projected, mask, call.reverse)
    return _result(call, cell, mask, state, tracks)


def _factor(call: Call) -> Tensor | None:
    """Return what the loop multiplies h by; equations have theirs inside."""
    factor = None if call.noise is None else call.noise.recurrent
    return factor.to(call.state[0].dtype) if isinstance(factor, Tensor) else None


def _names(call: Call, cell: Cell) -> tuple[str, ...]:
    return cell.states + cell.gates if call.trace else cell.states[:1]


def _result(
    call: Call,
    cell: Cell,
    mask: Tensor | None,
    state: States,
    stacked: Sequence[Tensor],
) -> Result:
    """Clear what lies past each row's length and name the tracks."""
    tracks = cleared(dict(zip(_names(call, cell), stacked, strict=True)), mask)
    return Result(tracks[cell.states[0]], state, tracks if call.trace else {})


def _where(alive: Tensor, new: States, old: States) -> States:
    return tuple(torch.where(alive, a, b) for a, b in zip(new, old, strict=True))


def _stay(stays: Tensor | float | None, t: int, new: Tensor, old: Tensor) -> Tensor:
    if stays is None:
        return new
    if isinstance(stays, Tensor):
        return torch.where(stays[t], old, new)
    return new + stays * (old - new)


def _serves(request: Request) -> bool:
    return True


register_path("composite", _serves, run)

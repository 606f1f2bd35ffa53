"""The native path: the fused core, for one layer in one direction on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from elman.ops._call import Call, Result
from elman.ops._lengths import cleared, running
from elman.ops._paths import Request, register_path
from elman.ops._step_gradients import wanted

from . import _native_library as library
from ._border import CELLS
from ._native_checks import tensors_of
from ._program import PROGRAMS, as_equations
from ._program import run as run_program
from ._program_traced import run_traced
from ._sequence import Beside, gate_places, run_sequence


def run(call: Call) -> Result:
    """Run one layer in one direction on the core."""
    if call.noise is not None and call.equations is None:
        return run_program(as_equations(call), paired=True)
    if call.equations is not None:
        if torch.compiler.is_compiling():
            return run_traced(call)
        return run_program(call)
    if torch.compiler.is_compiling():
        h_0, c_0 = (*call.state, None)[:2]
        rest = call.lengths, call.cell, call.variant, call.reverse
        y, *last = library.forward(call.x, h_0, c_0, *call.weights, *rest)
        return Result(y, tuple(state.squeeze(0) for state in last), {})
    tensors = tensors_of(call)
    numbers = CELLS[call.cell, call.variant]
    differentiate = torch.is_grad_enabled() and any(
        t is not None and t.requires_grad for t in tensors[:8]
    )
    beside = Beside(call.trace, wanted())
    y, *last = run_sequence(
        (*numbers, call.reverse, False, False, None), differentiate, beside, *tensors
    )
    state = tuple(last[: len(call.state)])
    return Result(y, state, _trace(call, y, *last[2:]) if call.trace else {})


def _trace(call: Call, y: Tensor, gates: Any, cells: Any) -> dict[str, Tensor]:
    tracks = {"h": y}
    if call.cell == "lstm":
        tracks["c"] = cells
    for name, place in gate_places(call.cell, call.variant):
        tracks[name] = gates[:, :, place]
    return cleared(tracks, running(call.x, call.lengths))


def _serves(request: Request) -> bool:
    if request.equations:
        known = PROGRAMS and not request.beyond_core
    else:
        known = (request.cell, request.variant) in CELLS
    if request.noise and not request.equations:
        # As equations, which know no projection.
        known &= PROGRAMS and not request.compiling and request.variant != "projected"
    return (
        known
        and request.device == "cpu"
        and request.dtype in (torch.float32, torch.float64)
        and not request.transformed
        and not request.exporting
        and not request.foreign
        and not (request.compiling and request.trace)
    )


register_path("native", _serves, run)

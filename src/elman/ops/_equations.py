"""A cell given as equations, in plain torch operations: a loop over its graph."""

from __future__ import annotations

import torch
from torch import Tensor

from elman.cells import Cell as Equations
from elman.cells import Composite, noisy

from ._call import Call
from ._composite import Cell, States, register_cell
from ._scan import is_open


def dropout_masks(call: Call) -> dict[str, Tensor]:
    """Return recurrent dropout's factors, (B, H), by the names equations know."""
    equations, noise = call.equations, call.noise
    if equations is None or noise is None or noise.recurrent is None:
        return {}
    step = equations.traced
    names = [f"dropout.{step.states[k]}" for k in step.dropped]
    factors = [f.to(call.state[0].dtype) for f in noise.recurrent]
    return dict(zip(names, factors, strict=True))


def _cell(call: Call) -> Cell:
    equations: Equations = call.equations  # type: ignore[assignment]
    masks = dropout_masks(call)
    traced = noisy(equations.traced, dropout=bool(masks))
    composite = Composite(traced, call.parameters, apart=is_open(call.x.shape[0]))

    def project(x: Tensor) -> Tensor:
        return torch.cat(composite.inputs(x), -1)

    def step(
        a_x: Tensor, state: States, _: Tensor
    ) -> tuple[States, tuple[Tensor, ...]]:
        after, gates = composite(a_x.split(composite.hidden, -1), state, masks)
        # A gate may be the same for all rows.
        return after, tuple(g.expand_as(state[0]) for g in gates.values())

    return Cell(None, step, tuple(traced.values), traced.states, project)


register_cell("equations", _cell)

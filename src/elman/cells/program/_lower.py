"""From a cell's equations to the program the core runs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elman._errors import InputError
from elman.cells.equations._trace import Step
from elman.cells.graph import _layout as layout
from elman.cells.graph._adjoint import Adjoint, adjoint
from elman.cells.graph._graph import Node, ordered, without_rules
from elman.cells.graph._shared import share_factors

from ._noise import masks, with_dropout, with_zoneout
from ._pass import Pass
from ._plans import (
    backward_pass,
    forward_pass,
    forward_rows,
    forward_totals,
    with_sums_in_place,
)
from ._program import Multiply, Program
from ._saved import choose_saved, cost
from ._tape import Constants


@dataclass(frozen=True, eq=False)
class Lowered:
    """A program, and what its numbers mean to a layer.

    Attributes
    ----------
    program : Program
    step : Step
        The equations it computes, noise included.
    blocks : Blocks
        The row blocks of the layer's weights and bias.
    weights : tuple of Weight
        Where each of the core's weights comes from.
    biases : tuple of int or None
        The bias block each slot starts from.
    units : tuple of Node
        What each of the core's unit vectors is: a parameter, or computed from some.
    masks : tuple of str
        Names of the masks: ``dropout.h``, ``zoneout.c``.
    tracks : mapping of str to (str, int)
        Where a trace finds each gate: ("saved", column) or ("state", number).
    """

    program: Program
    step: Step
    blocks: layout.Blocks
    weights: tuple[layout.Weight, ...]
    biases: tuple[int | None, ...]
    units: tuple[Node, ...]
    masks: tuple[str, ...]
    tracks: Mapping[str, tuple[str, int]]

    @functools.cached_property
    def bias_as_it_is(self) -> bool:
        """Whether the slots start from the layer's bias, block by block."""
        return self.biases == tuple(range(len(self.blocks.bias)))

    @functools.cached_property
    def summed(self) -> frozenset[str]:
        """The parameters of which the core is given a block several times."""
        blocks = {layout.BIAS: [k for k in self.biases if k is not None]}
        for weight in self.weights:
            blocks.setdefault(weight.parameter, []).extend(weight.blocks)
        return frozenset(p for p, own in blocks.items() if len(set(own)) < len(own))

    @functools.cached_property
    def plain_units(self) -> tuple[str, ...] | None:
        """The parameters that the unit vectors are, or None if some are computed."""
        if any(node.op != "unit" for node in self.units):
            return None
        return tuple(node.data for node in self.units)

    @functools.cached_property
    def units_in_order(self) -> tuple[Node, ...]:
        """What the unit vectors are computed from, arguments first."""
        return tuple(ordered(self.units))


def noisy(
    step: Step,
    *,
    dropout: bool = False,
    zoneout: Sequence[float | None] | None = None,
) -> Step:
    """Return the step with recurrent dropout and zoneout written into it.

    Parameters
    ----------
    step : Step
    dropout : bool
        Let recurrent weights see states through the masks ``dropout.…``.
    zoneout : sequence of float or None, optional
        For each state how much of it stays: None by the masks ``zoneout.…``, a number
        for this share of it.
    """
    if dropout:
        step = with_dropout(step)
    if zoneout is not None:
        if len(zoneout) != len(step.states):
            raise InputError(
                f"zoneout: {len(zoneout)} rates for the states {', '.join(step.states)}"
            )
        step = with_zoneout(step, zoneout)
    return step


def lower(
    step: Step,
    *,
    trace: bool = False,
    gradients: bool = True,
    dropout: bool = False,
    zoneout: tuple[float | None, ...] | None = None,
) -> Lowered:
    """Return a step as a program.

    Parameters
    ----------
    step : Step
    trace : bool
        Keep the gates by name.
    gradients : bool
        Keep what the backward pass needs, and make that; else a program for inference
        and traces alone.
    dropout : bool
        Let recurrent weights see states through the masks ``dropout.…``.
    zoneout : tuple of float or None, optional
        For each state how much of it stays: None by the masks ``zoneout.…``, a number
        for this share of it.

    Raises
    ------
    InputError
        If the step has nothing that recurrent dropout could hide.
    """
    step = noisy(step, dropout=dropout, zoneout=zoneout)
    found = _differentiated(step) if gradients else None
    step = step.renewed(without_rules(step.roots))
    slots, products = layout.products(step.linears, step.after)
    units = hoisted(step)
    known = _places(step, units)
    equations = step
    totals = forward_totals(step, slots, products, known)
    step = step.renewed(with_sums_in_place(totals, step.roots))
    slots, products = layout.products(step.linears, step.after)
    whole = ordered(step.after, lambda n: n in units)
    if found is not None:
        found = found.renewed(with_sums_in_place(totals, found.nodes()))
    rows = forward_rows(step, found, known)

    given = {n for n in whole if n in known or not n.args} - set(slots)
    kept: list[Node] = []
    if gradients:
        kept += [p.source for p in products if p.kind == layout.FRAME and p.source]
    if trace:
        kept += [n for n in step.values.values() if n not in known]
    saved = [n for n in whole if n in kept]
    if found is not None:
        free = {*given, *step.after, *rows.read}
        saved = choose_saved(found.nodes(), whole, free, saved)

    constants = Constants()
    ahead = forward_pass(step, slots, products, known, rows, saved, constants)
    back = Pass((), (), 0, {})
    back_rows = 0
    if found is not None:
        known_rows = rows.read
        back, back_rows = backward_pass(
            step, found, known, known_rows, saved, constants
        )
    blocks = layout.blocks(step.linears)
    bias_at = layout.row_places(step.linears).bias
    mask_names = masks(step)
    program = Program(
        states=len(step.states),
        slots=len(slots),
        frame=max(ahead.frame, len(slots)),
        back_frame=back.frame,
        saved=len(saved),
        units=len(units),
        masks=len(mask_names),
        rows=rows.count,
        back_rows=back_rows,
        weights=len(products),
        constants=tuple(constants.values),
        products=tuple(
            _multiply(k, p, step, ahead, saved) for k, p in enumerate(products)
        ),
        forward=ahead.actions,
        backward=back.actions,
        forward_pieces=ahead.pieces,
        backward_pieces=back.pieces,
        forward_totals=ahead.totals,
        backward_totals=back.totals,
    )
    return Lowered(
        program,
        equations,
        blocks,
        tuple(p.weight for p in products),
        tuple(bias_at.get(n) for n in slots),
        units,
        mask_names,
        {name: _track(n, step, saved) for name, n in step.values.items()}
        if trace
        else {},
    )


def _differentiated(step: Step) -> Adjoint:
    """Return a step's gradients, for the step without its rules."""
    slots, products = layout.products(step.linears, step.after)
    found = adjoint(step.after, slots, products, hoisted(step))
    found = found.renewed(without_rules(found.nodes()))
    forward = set(without_rules(step.roots).values())
    return found.renewed(share_factors(found.nodes(), forward))


def repeated(step: Step) -> list[Node]:
    """Return what a step computes every time: all but vectors of parameters alone."""
    units = set(hoisted(step))
    return [n for n in ordered(step.after, lambda n: n in units) if n not in units]


def hoisted(step: Step) -> tuple[Node, ...]:
    """Return the vectors of one value a unit that the core is given.

    What is made of parameters alone is computed once a call, not once a step, where it
    costs more than a few additions.
    """
    whole = ordered(step.after)
    alone: dict[Node, bool] = {}
    dear: dict[Node, bool] = {}
    for node in whole:
        fixed = node.op in ("const", "width", "unit")
        alone[node] = fixed or (bool(node.args) and all(alone[a] for a in node.args))
        alone[node] &= node.op != "linear"
        dear[node] = cost(node) > 1 or any(dear[a] for a in node.args)
    units: dict[Node, None] = {}
    with_unit = {n for n in whole if alone[n] and _has_unit(n)}
    used = [a for n in whole if n not in with_unit for a in n.args if a in with_unit]
    used += [n for n in step.after if n in with_unit]
    for node in used:
        _take(node, dear, units)
    return tuple(units)


def _has_unit(node: Node) -> bool:
    return any(n.op == "unit" for n in ordered([node]))


def _take(node: Node, dear: Mapping[Node, bool], units: dict[Node, None]) -> None:
    """Take a node as a vector, or what it is cheaply made of."""
    if node.op == "unit" or cost(node) > 1 or node.op == "rowsum":
        units[node] = None
        return
    inner = [a for a in node.args if a.op not in ("const", "width")]
    if len(inner) > 1 and dear[node]:
        units[node] = None
        return
    for arg in inner:
        _take(arg, dear, units)


def _places(step: Step, units: Sequence[Node]) -> dict[Node, tuple[str, int]]:
    """Return where either pass loads what it is given."""
    table = step.table
    found = {
        table.make("before", data=k): ("BEFORE", k) for k in range(len(step.after))
    }
    found.update({n: ("UNIT", k) for k, n in enumerate(units)})
    found.update(
        {
            table.make("mask", data=name): ("MASK", k)
            for k, name in enumerate(masks(step))
        }
    )
    return found


def _multiply(
    number: int,
    product: layout.Product,
    step: Step,
    ahead: Pass,
    saved: Sequence[Node],
) -> Multiply:
    source, kind, column = 0, product.kind, -1
    node = product.source
    if node is not None:
        if kind == layout.BEFORE:
            source = node.data
        elif kind == layout.AFTER:
            source = step.after.index(node)
        else:
            source = ahead.columns[node]
            column = list(saved).index(node) if node in saved else -1
    heads = 1 if kind == layout.INPUT else step.heads
    return Multiply(number, kind, source, column, heads, product.first, product.rows)


def _track(node: Node, step: Step, saved: Sequence[Node]) -> tuple[str, int]:
    if node in step.after:
        return "state", step.after.index(node)
    if node in saved:
        return "saved", list(saved).index(node)
    raise InputError(
        f"{step.name}.step: a gate is a parameter or a state before the step; "
        "self.gate names a value computed in the step"
    )

"""The two passes of a step: what each stores, and what it finds in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from elman.cells.equations._trace import Step
from elman.cells.graph import _layout as layout
from elman.cells.graph._adjoint import Adjoint
from elman.cells.graph._graph import Node, ordered

from ._pass import Filled, Pass, Plan, Root
from ._rows import SUMS, Rows, rows_of, with_totals
from ._tape import Constants


@dataclass(frozen=True)
class Totals:
    """Which sums over a row are made of what lies in memory, and what does."""

    sums: frozenset[Node]
    in_memory: frozenset[Node]
    known: frozenset[Node] = frozenset()


def with_sums_in_place(totals: Totals, nodes: Sequence[Node]) -> dict[Node, Node]:
    """Return what every node becomes with these totals."""
    return with_totals(nodes, totals.sums, totals.in_memory.__contains__, totals.known)


def _sums_in_place(plan: Plan, leaves: Collection[Node]) -> Totals:
    """Return the sums of a pass that can be totals."""
    found, _, crossing = plan.staged()
    kept = {r.node for r in plan.roots if r.read_again and not plan._is_leaf(r.node)}
    numbers = {*plan.rows.scalars, *(n for n in crossing if n.op in SUMS)}
    in_memory = {*leaves, *kept, *crossing} - numbers
    known = frozenset(plan.rows.known)
    sums = {n for n in found.order if n.op == "rowsum" and n not in known}
    return Totals(frozenset(sums), frozenset(in_memory), known)


def forward_totals(
    step: Step,
    slots: Sequence[Node],
    products: Sequence[layout.Product],
    known: Mapping[Node, tuple[str, int]],
) -> Totals:
    """Return the sums of the forward pass that can be totals."""
    rows = forward_rows(step, None, known)
    plan = _forward_plan(step, slots, products, known, rows, (), Constants())
    leaves = [n for n, (space, _) in known.items() if space in ("BEFORE", "MASK")]
    return _sums_in_place(plan, [*leaves, *slots])


def forward_rows(
    step: Step, found: Adjoint | None, known: Mapping[Node, tuple[str, int]]
) -> Rows:
    """Return the row scalars of the forward pass."""

    def is_leaf(node: Node) -> bool:
        return node in known

    own = rows_of(step.after, is_leaf, {})
    if found is None:
        return own
    # Sums that the way back reads, and not only what the step makes of them.
    back = ordered(found.nodes(), lambda n: n in own.sets or n in known)
    return rows_of(step.after, is_leaf, {}, set(back) & set(own.sums))


def _needs(node: Node) -> list[Node]:
    if node.op == "linear":
        return [a for a in node.args if a.op != "before"]
    return list(node.args)


def forward_pass(
    step: Step,
    slots: Sequence[Node],
    products: Sequence[layout.Product],
    known: Mapping[Node, tuple[str, int]],
    rows: Rows,
    saved: Sequence[Node],
    constants: Constants,
) -> Pass:
    return _forward_plan(step, slots, products, known, rows, saved, constants).run()


def _forward_plan(
    step: Step,
    slots: Sequence[Node],
    products: Sequence[layout.Product],
    known: Mapping[Node, tuple[str, int]],
    rows: Rows,
    saved: Sequence[Node],
    constants: Constants,
) -> Plan:
    roots = [Root(n, "AFTER", k, True) for k, n in enumerate(step.after)]
    roots += [Root(n, "SAVED", k) for k, n in enumerate(saved)]
    fills = [
        Filled(k, p.linears, p.source if p.kind == layout.FRAME else None)
        for k, p in enumerate(products)
        if p.kind != layout.INPUT
    ]
    return Plan(roots, known, rows, _needs, fills, slots, constants)


def backward_pass(
    step: Step,
    found: Adjoint,
    known: Mapping[Node, tuple[str, int]],
    rows: Mapping[Node, int],
    saved: Sequence[Node],
    constants: Constants,
) -> tuple[Pass, int]:
    table, zero = step.table, step.table.const(0.0)
    leaves = [table.make("dstate", data=k) for k in range(len(step.after))]
    places = dict(known)
    places.update({n: ("SAVED", k) for k, n in enumerate(saved)})
    for k, node in enumerate(step.after):
        places.setdefault(node, ("AFTER", k))
    places.update({n: ("DSTATE", k) for k, n in enumerate(leaves)})
    whole = ordered(found.nodes(), lambda n: n in places or n in rows)
    sums = rows_of(found.nodes(), places.__contains__, rows)
    plan = _backward_plan(found, leaves, zero, places, sums, constants=Constants())
    at_rest = ("BEFORE", "MASK", "SAVED", "AFTER")
    in_place = [n for n, (space, _) in places.items() if space in at_rest]
    in_place += [n for n in whole if n.op == "back"]
    totals = _sums_in_place(plan, in_place)
    found = found.renewed(with_sums_in_place(totals, found.nodes()))
    sums = rows_of(found.nodes(), places.__contains__, rows)
    return _backward_plan(
        found, leaves, zero, places, sums, constants
    ).run(), sums.count


def _backward_plan(
    found: Adjoint,
    leaves: Sequence[Node],
    zero: Node,
    places: Mapping[Node, tuple[str, int]],
    rows: Rows,
    constants: Constants,
) -> Plan:
    # The gradients of units only add up, over rows and steps.
    roots = [
        Root(zero if n is None else n, "DSLOT", k, k < len(found.slots))
        for k, n in enumerate((*found.slots, *found.units))
    ]
    roots += [
        Root(zero if n is None else n, "DSTATE", k, after=leaves[k])
        for k, n in enumerate(found.before)
    ]
    fills = [Filled(k, (node,)) for k, node in sorted(found.backs.items())]
    return Plan(roots, places, rows, _needs, fills, (), constants)

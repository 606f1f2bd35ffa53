"""Numbers of a row: sums over its units, and what is made of them once a row.

A mean or the reciprocal of a deviation is the same for all units, so it is computed
once a row and not once a vector of units. Sums of what lies in memory anyway, "total"
nodes, are made of it where it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from elman.cells.graph._graph import POINTWISE, Node, ordered, replaced

from ._program import PLAIN, SPREAD, TIMES

SUMS = ("rowsum", "total")
"""Sums over a row."""


@dataclass(frozen=True)
class Rows:
    """The row scalars of a pass.

    Attributes
    ----------
    known : mapping of Node to int
        Those of the pass before.
    sums : mapping of Node to int
        The number of every sum.
    sets : mapping of Node to int
        What is made of sums, and its number; a sum's, where nobody wants that itself.
    scalars : frozenset of Node
        All values that are one number a row.
    count : int
        The row scalars of this pass.
    """

    known: Mapping[Node, int]
    sums: Mapping[Node, int]
    sets: Mapping[Node, int]
    scalars: frozenset[Node]
    count: int

    @property
    def read(self) -> dict[Node, int]:
        """Where pieces find the values they read."""
        taken = set(self.sets.values())
        own = {n: k for n, k in self.sums.items() if k not in taken}
        return {**self.known, **own, **self.sets}


def scalars_of(order: Iterable[Node], known: Collection[Node] = ()) -> set[Node]:
    """Return the nodes of a list, arguments first, that are one number a row."""
    found: set[Node] = set()
    fixed: set[Node] = set()  # the same in every row
    for node in order:
        if node in known or node.op in SUMS:
            found.add(node)
        elif node.op in ("const", "width"):
            fixed.add(node)
        elif node.op in POINTWISE and all(a in found or a in fixed for a in node.args):
            (found if any(a in found for a in node.args) else fixed).add(node)
    return found


def rows_of(
    roots: Sequence[Node],
    is_leaf: Callable[[Node], bool],
    known: Mapping[Node, int],
    wanted: Collection[Node] = (),
) -> Rows:
    """Return the row scalars that the roots need.

    Parameters
    ----------
    roots : sequence of Node
    is_leaf : callable
    known : mapping of Node to int
        Row scalars of the pass before.
    wanted : collection of Node
        Sums that the next pass reads themselves.
    """
    order = ordered(roots, lambda n: n in known or is_leaf(n))
    scalars = scalars_of(order, known)
    read = {n for n in roots if n in scalars}
    for node in order:
        if node not in scalars or node.op in SUMS:
            read.update(a for a in node.args if a in scalars)
    made = [n for n in order if n in read and n.op not in SUMS and n not in known]
    sums = {n: k for k, n in enumerate(n for n in order if _is_sum(n, known))}
    of = {n: _sums_of(n, sums, set(made)) for n in made}
    used = [s for found in of.values() for s in found]
    sets: dict[Node, int] = {}
    count = len(sums)
    for node in made:
        own = [s for s in of[node] if used.count(s) == 1]
        free = [s for s in own if s not in read and s not in wanted]
        sets[node] = sums[free[0]] if free else count
        count += not free
    first = max(known.values(), default=-1) + 1
    return Rows(
        known,
        {n: first + k for n, k in sums.items()},
        {n: first + k for n, k in sets.items()},
        frozenset(scalars),
        count,
    )


def _is_sum(node: Node, known: Collection[Node]) -> bool:
    return node.op in SUMS and node not in known


def _sums_of(node: Node, sums: Mapping[Node, int], made: set[Node]) -> list[Node]:
    """Return the sums that a value is made of, not through another such value."""
    inner = ordered([node], lambda n: n is not node and (n in made or n in sums))
    return [n for n in inner if n in sums]


def with_totals(
    nodes: Iterable[Node],
    sums: Collection[Node],
    in_memory: Callable[[Node], bool],
    known: Collection[Node] = (),
) -> dict[Node, Node]:
    """Return what every node becomes with sums of what lies in memory as totals.

    Parameters
    ----------
    nodes : iterable of Node
    sums : collection of Node
        The sums that may change.
    in_memory : callable
        Whether a vector is stored anyway, by a piece before, and not where a step
        before may still write.
    known : collection of Node
        Row scalars of the pass before.
    """
    order = ordered(nodes)
    scalars = scalars_of(order, known)
    kinds = {n: _kind(n.args[0], in_memory, scalars) for n in order if n in sums}

    def rule(node: Node, args: tuple[Node, ...]) -> Node | None:
        kind = kinds.get(node)
        if kind is None:
            return None
        parts = args
        if kind == TIMES:
            parts = args[0].args
        elif kind == SPREAD:
            parts = args[0].args[0].args
        return node.table.make("total", parts, kind)

    return replaced(order, rule)


def _kind(
    summed: Node, in_memory: Callable[[Node], bool], scalars: Collection[Node]
) -> int | None:
    if in_memory(summed):
        return PLAIN
    if summed.op != "mul":
        return None
    a, b = summed.args
    if a is b and a.op == "sub" and in_memory(a.args[0]) and a.args[1] in scalars:
        return SPREAD
    return TIMES if in_memory(a) and in_memory(b) else None

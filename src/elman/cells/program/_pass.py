"""One pass of a program, forward or backward: its pieces, actions and frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from elman.cells.graph._graph import Node

from ._program import PIECE, PRODUCT, REDUCE, Piece
from ._saved import cost
from ._stages import BETWEEN, Stages, stages
from ._tape import Constants, Stores, tape

Kept = list[tuple[list[tuple[Node, str, int]], list[tuple[Node, int]]]]
"""Of every piece what it stores (value, space, column) and sums (value, row scalar)."""


@dataclass(frozen=True)
class Root:
    """A value that a pass has to store.

    Attributes
    ----------
    node : Node
    space : str
    column : int
    read_again : bool
        Whether later pieces of the pass may load it from there.
    after : Node, optional
        A leaf in the same place: stored once nobody loads that any more.
    """

    node: Node
    space: str
    column: int
    read_again: bool = False
    after: Node | None = None


@dataclass(frozen=True)
class Filled:
    """A product between pieces: what it reads from the frame and what it fills.

    Attributes
    ----------
    number : int
    results : tuple of Node
        The nodes it makes known.
    source : Node, optional
        What it reads from the frame.
    """

    number: int
    results: tuple[Node, ...]
    source: Node | None = None


@dataclass(frozen=True)
class Pass:
    """A pass as the program has it; `columns` says where FRAME values lie."""

    actions: tuple[tuple[int, int, int], ...]
    pieces: tuple[Piece, ...]
    frame: int
    columns: Mapping[Node, int]


@dataclass
class Plan:
    """What a pass is made of.

    Attributes
    ----------
    roots : sequence of Root
    places : mapping of Node to (str, int)
        Leaves, and where they are loaded from.
    rows : mapping of Node to int
        Row scalars: `known_rows` from before, then those this pass sums.
    needs : callable
        Of a node between pieces, what has to be stored before.
    fills : sequence of Filled
    slots : sequence of Node
        What the first columns of the frame hold from the start.
    constants : Constants
    """

    roots: Sequence[Root]
    places: Mapping[Node, tuple[str, int]]
    rows: Mapping[Node, int]
    needs: Callable[[Node], Sequence[Node]]
    fills: Sequence[Filled]
    slots: Sequence[Node]
    constants: Constants
    known_rows: int = 0

    def run(self) -> Pass:
        """Return the pass."""
        # What a product hands back is computed even where nobody wants it.
        nodes = [root.node for root in self.roots]
        nodes += [node for fill in self.fills for node in fill.results]
        found = stages(nodes, self._is_leaf, self.needs)
        summed = [n for n in found.order if n.op == "rowsum" and not self._is_leaf(n)]
        stores = self._stores(found, summed)
        crossing = self._crossing(found, stores)
        columns, frame = self._columns(found, crossing)
        for k, node, column in self._writes(found, crossing, columns):
            stores[k][0].append((node, "FRAME", column))

        pieces = []
        for k, (vectors, sums) in enumerate(stores):
            places = dict(self.places)
            for node, piece in found.piece.items():
                if node.op in ("linear", "back") and node in columns:
                    places[node] = ("FRAME", columns[node])
                elif piece < k and node in crossing and node.op != "rowsum":
                    places[node] = self._kept(node, columns)
            given = Stores(tuple(vectors), tuple(sums))
            pieces.append(tape(given, places, self.rows, self.constants))
        actions = self._actions(found, stores, columns)
        return Pass(tuple(actions), tuple(pieces), frame, columns)

    def _is_leaf(self, node: Node) -> bool:
        known = self.rows.get(node, self.known_rows) < self.known_rows
        return known or node in self.places or not (node.args or node.op in BETWEEN)

    def _stores(self, found: Stages, summed: Sequence[Node]) -> Kept:
        """Return what each piece stores and sums, without what only crosses."""
        stores: Kept = [([], []) for _ in range(found.count)]
        for root in self.roots:
            k = self._made(found, root.node)
            if root.after is not None:
                k = max(k, self._last_load(found, root.after))
            stores[k][0].append((root.node, root.space, root.column))
        for node in summed:
            arg = node.args[0]
            row = self.rows[node] - self.known_rows
            stores[self._made(found, arg)][1].append((arg, row))
        return stores

    def _made(self, found: Stages, node: Node) -> int:
        return found.last[node] if self._is_leaf(node) else found.piece[node]

    def _last_load(self, found: Stages, leaf: Node) -> int:
        loads = [
            found.piece[node]
            for node in found.order
            if leaf in node.args and node.op not in BETWEEN and not self._is_leaf(node)
        ]
        loads += [self._made(found, r.node) for r in self.roots if r.node is leaf]
        loads += [
            self._made(found, leaf)
            for node in found.order
            if node.op == "rowsum" and leaf in node.args
        ]
        return max(loads, default=0)

    def _crossing(
        self,
        found: Stages,
        stores: Kept,
    ) -> dict[Node, int]:
        """Return the values that later pieces load, and the last that does."""
        crossing: dict[Node, int] = {}
        for k, (vectors, sums) in enumerate(stores):
            own = [n for n in found.order if self._computed(found, n, k)]
            pending = [n for n, _, _ in vectors] + [n for n, _ in sums] + own
            seen = set()
            while pending:
                node = pending.pop()
                if node in seen or self._is_leaf(node):
                    continue
                seen.add(node)
                earlier = found.piece[node] < k and not self._cheap(node)
                if earlier or node.op in BETWEEN:
                    crossing[node] = k
                else:
                    pending += node.args
        return crossing

    def _computed(self, found: Stages, node: Node, k: int) -> bool:
        mine = found.piece[node] == k and not self._is_leaf(node)
        return mine and node.op not in BETWEEN

    def _cheap(self, node: Node) -> bool:
        """Return whether to compute a value again rather than keep it."""
        leaves = all(self._is_leaf(a) and a.op != "dstate" for a in node.args)
        return leaves and cost(node) <= 1

    def _kept(self, node: Node, columns: Mapping[Node, int]) -> tuple[str, int]:
        for root in self.roots:
            if root.node is node and root.read_again:
                return root.space, root.column
        return "FRAME", columns[node]

    def _columns(
        self,
        found: Stages,
        crossing: Mapping[Node, int],
    ) -> tuple[dict[Node, int], int]:
        """Return the frame's columns; one is used again once its value is not.

        Times: piece k at 2k, what comes before it at 2k − 1.
        """
        ends: dict[Node, int] = {n: 2 * k for n, k in crossing.items()}
        for fill in self.fills:
            for node in fill.results:
                if node.op == "back":
                    ends.setdefault(node, 2 * found.piece[node])
            if fill.source is not None:
                k = min(found.piece[n] for n in fill.results if n in found.piece)
                ends[fill.source] = max(ends.get(fill.source, -1), 2 * k - 1)
        columns = {node: k for k, node in enumerate(self.slots)}
        busy = [ends.get(node, -1) for node in self.slots]
        wanted = []
        for node, end in ends.items():
            if node in columns or (node.op == "rowsum" and node not in self._sources()):
                continue
            if any(r.node is node and r.read_again for r in self.roots):
                continue
            before = node.op == "back"
            wanted.append((2 * found.piece[node] - before, node.index, end, node))
        for start, _, end, node in sorted(wanted, key=lambda w: w[:2]):
            free = [c for c, until in enumerate(busy) if until <= start]
            column = free[0] if free else len(busy)
            if not free:
                busy.append(-1)
            columns[node], busy[column] = column, end
        return columns, len(busy)

    def _sources(self) -> set[Node]:
        return {fill.source for fill in self.fills if fill.source is not None}

    def _writes(
        self,
        found: Stages,
        crossing: Mapping[Node, int],
        columns: Mapping[Node, int],
    ) -> list[tuple[int, Node, int]]:
        """Return the stores into the frame: piece, value, column."""
        sources = self._sources()
        return [
            (self._made(found, node), node, column)
            for node, column in columns.items()
            if node not in self.slots
            and node.op != "back"
            and (node in crossing or node in sources)
        ]

    def _actions(
        self,
        found: Stages,
        stores: Kept,
        columns: Mapping[Node, int],
    ) -> list[tuple[int, int, int]]:
        before: dict[int, list[tuple[int, int, int]]] = {}
        for fill in self.fills:
            results = [n for n in fill.results if n in found.piece]
            if results:
                k = min(found.piece[n] for n in results)
                back = results[0].op == "back"
                column = columns[results[0]] if back else -1
                before.setdefault(k, []).append((PRODUCT, fill.number, column))
        actions = []
        for k, (_, sums) in enumerate(stores):
            actions += before.get(k, [])
            actions.append((PIECE, k, -1))
            actions += [(REDUCE, row, -1) for _, row in sums]
        return actions

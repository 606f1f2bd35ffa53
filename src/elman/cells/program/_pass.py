"""One pass of a program, forward or backward: its pieces, actions and frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from elman.cells.graph._graph import Node

from ._program import PIECE, PRODUCT, REDUCE, SPREAD, TOTAL, Piece, Total
from ._rows import SUMS, Rows
from ._saved import cost
from ._stages import BETWEEN, Stages, stages
from ._tape import Constants, Stores, row_tape, tape

Actions = list[tuple[int, int, int]]

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
    totals: tuple[Total, ...] = ()


@dataclass
class Plan:
    """What a pass is made of.

    Attributes
    ----------
    roots : sequence of Root
    places : mapping of Node to (str, int)
        Leaves, and where they are loaded from.
    rows : Rows
    needs : callable
        Of a node between pieces, what has to be stored before.
    fills : sequence of Filled
    slots : sequence of Node
        What the first columns of the frame hold from the start.
    constants : Constants
    """

    roots: Sequence[Root]
    places: Mapping[Node, tuple[str, int]]
    rows: Rows
    needs: Callable[[Node], Sequence[Node]]
    fills: Sequence[Filled]
    slots: Sequence[Node]
    constants: Constants

    def staged(self) -> tuple[Stages, Kept, dict[Node, int]]:
        """Return its pieces, what each stores, and what later ones load."""
        # What a product hands back is computed even where nobody wants it.
        nodes = [root.node for root in self.roots]
        nodes += [node for fill in self.fills for node in fill.results]
        early = {root.node for root in self.roots if root.after is None}
        scalars = self.rows.scalars
        found = stages(nodes, self._is_leaf, self.needs, scalars, early)
        summed = [n for n in found.order if n.op == "rowsum" and not self._is_leaf(n)]
        stores = self._stores(found, summed)
        return found, stores, self._crossing(found, stores)

    def run(self) -> Pass:
        """Return the pass."""
        found, stores, crossing = self.staged()
        columns, frame = self._columns(found, crossing)
        for k, node, column in self._writes(found, crossing, columns):
            stores[k][0].append((node, "FRAME", column))

        pieces = []
        for k, (vectors, sums) in enumerate(stores):
            places = dict(self.places)
            for node, piece in found.piece.items():
                if node.op in ("linear", "back") and node in columns:
                    places[node] = ("FRAME", columns[node])
                elif piece < k and node in crossing and node.op not in SUMS:
                    places[node] = self._kept(node, columns)
            given = Stores(tuple(vectors), tuple(sums))
            pieces.append(tape(given, places, self.rows.read, self.constants))
        totals: list[Total] = []
        actions = self._actions(found, stores, columns, pieces, totals)
        return Pass(tuple(actions), tuple(pieces), frame, columns, tuple(totals))

    def _is_leaf(self, node: Node) -> bool:
        known = node in self.rows.known or node in self.places
        return known or not (node.args or node.op in BETWEEN)

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
            row = self.rows.sums[node] - self._first_row
            stores[self._made(found, arg)][1].append((arg, row))
        return stores

    @property
    def _first_row(self) -> int:
        """What this pass's row scalars are counted from."""
        return max(self.rows.known.values(), default=-1) + 1

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
                if node in seen or self._is_leaf(node) or node in self.rows.scalars:
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
        return mine and node.op not in BETWEEN and node not in self.rows.scalars

    def _cheap(self, node: Node) -> bool:
        """Return whether to compute a value again rather than keep it."""
        return all(map(self._at_hand, node.args)) and cost(node) <= 1

    def _at_hand(self, node: Node) -> bool:
        """Return whether a value can be loaded in any piece, or in all later ones."""
        if self._is_leaf(node):
            return node.op != "dstate"
        return node in self.rows.scalars or node.op == "linear"

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
        for total in found.order:
            for node in self._summed_in_place(total):
                ends[node] = max(ends.get(node, -1), 2 * found.piece[total] - 1)
        columns = {node: k for k, node in enumerate(self.slots)}
        busy = [ends.get(node, -1) for node in self.slots]
        wanted = []
        for node, end in ends.items():
            if node in columns or (node.op in SUMS and node not in self._sources()):
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

    def _summed_in_place(self, node: Node) -> list[Node]:
        """Return what a total adds up that this pass has in its frame."""
        if node.op != "total" or self._is_leaf(node):
            return []
        vectors = node.args[:1] if node.data == SPREAD else node.args
        return [a for a in vectors if not self._is_leaf(a)]

    def _writes(
        self,
        found: Stages,
        crossing: Mapping[Node, int],
        columns: Mapping[Node, int],
    ) -> list[tuple[int, Node, int]]:
        """Return the stores into the frame: piece, value, column."""
        sources = self._sources()
        sources.update(a for n in found.order for a in self._summed_in_place(n))
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
        pieces: list[Piece],
        totals: list[Total],
    ) -> Actions:
        before: dict[int, Actions] = {}
        for fill in self.fills:
            results = [n for n in fill.results if n in found.piece]
            if results:
                k = min(found.piece[n] for n in results)
                back = results[0].op == "back"
                column = columns[results[0]] if back else -1
                before.setdefault(k, []).append((PRODUCT, fill.number, column))
        actions: Actions = []
        reduced: Actions = []
        for k, (_, sums) in enumerate(stores):
            actions += [*before.get(k, []), *reduced]
            actions += self._of_rows(found, k, columns, pieces, totals)
            actions.append((PIECE, k, -1))
            reduced = [(REDUCE, row, -1) for _, row in sums]
        return actions

    def _of_rows(
        self,
        found: Stages,
        k: int,
        columns: Mapping[Node, int],
        pieces: list[Piece],
        totals: list[Total],
    ) -> Actions:
        """Return what is done once a row before piece k: totals, and what follows."""
        here = [n for n in found.order if found.piece[n] == k and not self._is_leaf(n)]
        rank: dict[Node, int] = {}
        for node in here:
            # In turns: even numbers are totals, odd ones what is made of them.
            least = max((rank.get(a, -1) for a in node.args), default=-1)
            if node.op == "total":
                rank[node] = least + 1 + (least + 1) % 2
            elif node in self.rows.scalars and node.op not in SUMS:
                rank[node] = least + (least % 2 == 0) if least >= 0 else 1
        actions: Actions = []
        for turn in range(max(rank.values(), default=-1) + 1):
            now = [n for n, at in rank.items() if at == turn]
            if turn % 2 == 0:
                for node in now:
                    actions.append((TOTAL, len(totals), -1))
                    totals.append(self._total(node, columns))
                continue
            sets = [(n, self.rows.sets[n] - self._first_row) for n in now
                    if n in self.rows.sets]  # fmt: skip
            if sets:
                made = [n for n in self.rows.sets if found.piece[n] < k]
                made += [n for n, at in rank.items() if at < turn]
                there = {n: self.rows.sets[n] for n in made if n in self.rows.sets}
                there = {**self.rows.known, **self.rows.sums, **there}
                actions.append((PIECE, len(pieces), -1))
                pieces.append(row_tape(sets, there, self.constants))
        return actions

    def _total(self, node: Node, columns: Mapping[Node, int]) -> Total:
        other = -1
        vectors = node.args
        if node.data == SPREAD:
            vectors, other = node.args[:1], self.rows.read[node.args[1]]
        places = tuple(
            self.places[a] if a in self.places
            else ("FRAME", columns[a]) if a.op in ("linear", "back")
            else self._kept(a, columns)
            for a in vectors
        )  # fmt: skip
        return Total(self.rows.sums[node] - self._first_row, node.data, places, other)

"""From the values of a piece to its tape: instructions in order, few registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from elman.cells.graph._graph import Node

from ._program import SPACES, Instruction, Piece

_NAMES = {
    **{op: op.upper() for op in ("add", "sub", "mul", "div", "neg", "sigmoid", "tanh")},
    **{op: op.upper() for op in ("relu", "softplus", "exp", "log", "sqrt", "max")},
    **{op: op.upper() for op in ("min", "abs", "greater", "select", "step", "sign")},
    "sin": "SIN",
    "cos": "COS",
}


@dataclass(frozen=True)
class Stores:
    """What a piece leaves behind.

    Attributes
    ----------
    vectors : tuple of (Node, str, int)
        Values with the space and column they go to.
    sums : tuple of (Node, int)
        Values with the row scalar their sum over the units goes to.
    """

    vectors: tuple[tuple[Node, str, int], ...]
    sums: tuple[tuple[Node, int], ...]


class Constants:
    """The constants of a program, each once."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._places: dict[str, int] = {}

    def place(self, value: float) -> int:
        """Return the number of a constant."""
        key = value.hex()
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]


def tape(
    stores: Stores,
    places: Mapping[Node, tuple[str, int]],
    rows: Mapping[Node, int],
    constants: Constants,
) -> Piece:
    """Return the tape of a piece.

    Parameters
    ----------
    stores : Stores
    places : mapping of Node to (str, int)
        Where values that are not computed here are loaded from.
    rows : mapping of Node to int
        Row scalars.
    constants : Constants
        Grows as needed.
    """
    return _Tape(places, rows, constants).run(stores)


def row_tape(
    sets: Iterable[tuple[Node, int]], rows: Mapping[Node, int], constants: Constants
) -> Piece:
    """Return the tape that sets row scalars, of others.

    Parameters
    ----------
    sets : iterable of (Node, int)
        Values and their numbers, arguments first.
    rows : mapping of Node to int
        Row scalars that are there.
    constants : Constants
        Grows as needed.
    """
    return _Tape({}, rows, constants).set(list(sets))


class _Tape:
    def __init__(
        self,
        places: Mapping[Node, tuple[str, int]],
        rows: Mapping[Node, int],
        constants: Constants,
    ) -> None:
        self.places, self.rows, self.constants = places, rows, constants
        self.code: list[Instruction] = []
        self.registers: dict[Node, int] = {}
        self.uses: dict[Node, int] = {}

    def run(self, stores: Stores) -> Piece:
        roots = [n for n, _, _ in stores.vectors] + [n for n, _ in stores.sums]
        self._count(roots)
        for node, row in stores.sums:
            self._compute(node)
            self.code.append(Instruction("SUM", self.registers[node], row))
        for node, _, _ in stores.vectors:
            self._compute(node)
        self._store(stores.vectors)
        return allocate(self.code)

    def set(self, sets: list[tuple[Node, int]]) -> Piece:
        self._count(node for node, _ in sets)
        for node, _ in sets:
            self._compute(node)
        # At the end: one of those read may be written over.
        for node, row in sets:
            self.code.append(Instruction("SET", self.registers[node], row))
        return allocate(self.code)

    def _given(self, node: Node) -> bool:
        return node in self.places or node in self.rows or not node.args

    def _count(self, roots: Iterable[Node]) -> None:
        for root in roots:
            pending = [root]
            while pending:
                node = pending.pop()
                self.uses[node] = self.uses.get(node, 0) + 1
                if self.uses[node] == 1 and not self._given(node):
                    pending += node.args

    def _compute(self, root: Node) -> None:
        pending = [root]
        while pending:
            node = pending[-1]
            if node in self.registers:
                pending.pop()
                continue
            if self._given(node):
                self._load(node)
                continue
            args = self._operands(node)[1]
            missing = [a for a in args if a not in self.registers]
            if missing:
                pending.append(missing[0])
                continue
            op, args = self._operands(node)
            self._emit(node, op, *(self.registers[a] for a in args))

    def _operands(self, node: Node) -> tuple[str, tuple[Node, ...]]:
        """Return the instruction of a node, products joined with their sum."""
        if node.op in ("add", "sub"):
            a, b = node.args
            if self._joins(b):
                return ("FMA" if node.op == "add" else "FNMA"), (*b.args, a)
            if node.op == "add" and self._joins(a):
                return "FMA", (*a.args, b)
        return _NAMES[node.op], node.args

    def _joins(self, node: Node) -> bool:
        return node.op == "mul" and self.uses[node] == 1 and not self._given(node)

    def _load(self, node: Node) -> None:
        if node in self.places:
            space, column = self.places[node]
            self._emit(node, "LOAD", SPACES.index(space), column)
        elif node in self.rows:
            self._emit(node, "ROW", self.rows[node])
        elif node.op == "width":
            self._emit(node, "WIDTH")
        else:
            self._emit(node, "CONST", self.constants.place(node.data))

    def _emit(self, node: Node, op: str, *args: int) -> None:
        to = len(self.registers)
        self.registers[node] = to
        self.code.append(Instruction(op, to, *args))

    def _store(self, vectors: Iterable[tuple[Node, str, int]]) -> None:
        """Put every store as early as can be: after its value and after all loads."""
        loads = [k for k, i in enumerate(self.code) if i.op == "LOAD"]
        made = {i.to: k for k, i in enumerate(self.code) if i.op != "SUM"}
        at: dict[int, list[Instruction]] = {}
        for node, space, column in vectors:
            register = self.registers[node]
            place = max(made[register], loads[-1] if loads else 0)
            store = Instruction("STORE", register, SPACES.index(space), column)
            at.setdefault(place, []).append(store)
        self.code = [
            found
            for k, instruction in enumerate(self.code)
            for found in (instruction, *at.get(k, ()))
        ]


def allocate(code: list[Instruction]) -> Piece:
    """Return a piece whose registers are used again once their value is not."""
    last = {register: k for k, i in enumerate(code) for register in i.reads}
    free: list[int] = []
    held: dict[int, int] = {}
    found: list[Instruction] = []
    count = 0
    for k, i in enumerate(code):
        reads = i.reads
        new = {register: held[register] for register in reads}
        for register in dict.fromkeys(reads):
            if last[register] == k:
                free.append(held.pop(register))
        free.sort(reverse=True)
        if i.op in ("STORE", "SUM", "SET"):
            found.append(replace(i, to=new[i.to]))
            continue
        if free:
            to = free.pop()
        else:
            to, count = count, count + 1
        if i.to in last:
            held[i.to] = to
        else:
            free.append(to)
        read = [new[r] for r in reads]
        a, b, c = read + [i.a, i.b, i.c][len(read) :]
        found.append(Instruction(i.op, to, a, b, c))
    return Piece(count, tuple(found))

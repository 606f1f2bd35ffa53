"""A program: what the core runs for a cell, as plain data.

Tapes of instructions over registers, what to multiply by which weights between them,
and how much memory a step needs. `encode` gives the two flat lists that the core
parses; the core checks them again, completely.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from elman._errors import InputError

VERSION = 2
"""Of programs that make totals or set row scalars; others are still version 1."""

OPS = (
    *("LOAD", "STORE", "CONST", "WIDTH", "ROW", "SUM", "ADD", "SUB", "MUL", "DIV"),
    *("FMA", "FNMA", "NEG", "SIGMOID", "TANH", "RELU", "SOFTPLUS", "EXP", "LOG"),
    *("SQRT", "MAX", "MIN", "ABS", "GREATER", "SELECT", "STEP", "SIGN", "SIN", "COS"),
    "SET",
)
"""Instructions; their places are the core's numbers."""

SPACES = ("FRAME", "SAVED", "BEFORE", "AFTER", "UNIT", "MASK", "DSTATE", "DSLOT")
"""Where a LOAD or STORE finds its vector; their places are the core's numbers."""

OPERANDS = {
    **dict.fromkeys(("LOAD", "STORE", "CONST", "WIDTH", "ROW", "SUM", "SET"), 0),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MAX", "MIN", "GREATER"), 2),
    **dict.fromkeys(("FMA", "FNMA", "SELECT"), 3),
}
"""Registers an instruction reads beside `to`; one where not listed."""

PRODUCT, PIECE, REDUCE, TOTAL = range(4)
"""Kinds of actions; PRODUCT is BACKPRODUCT on the way back."""

PLAIN, TIMES, SPREAD = range(3)
"""Kinds of totals over a row: of a, of a · b, of (a − row scalar)²."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: a, b, c are registers, or a space and column, or a number."""

    op: str
    to: int
    a: int = 0
    b: int = 0
    c: int = 0

    @property
    def space(self) -> str:
        """Where a LOAD or STORE finds its vector."""
        return SPACES[self.a]

    @property
    def reads(self) -> tuple[int, ...]:
        """The registers it reads."""
        if self.op in ("STORE", "SUM", "SET"):
            return (self.to,)
        return (self.a, self.b, self.c)[: OPERANDS.get(self.op, 1)]


@dataclass(frozen=True)
class Piece:
    """A tape: straight-line code for one vector of units of one row."""

    registers: int
    instructions: tuple[Instruction, ...]

    @property
    def of_rows(self) -> bool:
        """Whether it sets row scalars, once a row."""
        return any(i.op == "SET" for i in self.instructions)


@dataclass(frozen=True)
class Total:
    """A sum over a row of what lies in memory.

    Attributes
    ----------
    row : int
        The row scalar that it becomes.
    kind : int
        PLAIN, TIMES or SPREAD.
    vectors : tuple of (str, int)
        Spaces and columns: one, two if TIMES.
    other : int
        The row scalar that SPREAD takes off; else −1.
    """

    row: int
    kind: int
    vectors: tuple[tuple[str, int], ...]
    other: int = -1


@dataclass(frozen=True)
class Multiply:
    """A product: fields as the core's, see `encode`."""

    weight: int
    kind: int
    source: int
    saved: int
    heads: int
    first: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A cell as the core runs it.

    Attributes
    ----------
    states, slots, frame, back_frame, saved, units, masks, weights : int
        Vectors of a step, and weights.
    rows, back_rows : int
        Row scalars of each pass.
    constants : tuple of float
    products : tuple of Multiply
    forward, backward : tuple of (int, int, int)
        Actions: PRODUCT, PIECE, REDUCE or TOTAL, its number, and the frame column that
        a product on the way back fills, else −1.
    forward_pieces, backward_pieces : tuple of Piece
    forward_totals, backward_totals : tuple of Total
    """

    states: int
    slots: int
    frame: int
    back_frame: int
    saved: int
    units: int
    masks: int
    rows: int
    back_rows: int
    weights: int
    constants: tuple[float, ...]
    products: tuple[Multiply, ...]
    forward: tuple[tuple[int, int, int], ...]
    backward: tuple[tuple[int, int, int], ...]
    forward_pieces: tuple[Piece, ...]
    backward_pieces: tuple[Piece, ...]
    forward_totals: tuple[Total, ...] = ()
    backward_totals: tuple[Total, ...] = ()

    @property
    def version(self) -> int:
        """The oldest version that knows all of it."""
        pieces = (*self.forward_pieces, *self.backward_pieces)
        totals = (*self.forward_totals, *self.backward_totals)
        return 2 if totals or any(piece.of_rows for piece in pieces) else 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """By which, beside its digest, the core knows a program's compiled pieces."""
        found = [getattr(self, name) for name in _SIZES]
        found += [len(self.constants), len(self.forward_pieces)]
        return (*found, len(self.backward_pieces))

    def encode(self) -> tuple[list[int], list[float]]:
        """Return the flat lists the core parses: whole numbers, and constants."""
        found = [self.version, *(getattr(self, name) for name in _SIZES)]
        found += [len(self.constants), len(self.products)]
        for p in self.products:
            found += [p.weight, p.kind, p.source, p.saved, p.heads, p.first]
            found += [len(p.rows), *p.rows]
        found.append(len(self.forward))
        for what, number, _ in self.forward:
            found += [what, number]
        found.append(len(self.backward))
        for action in self.backward:
            found += action
        for pieces in (self.forward_pieces, self.backward_pieces):
            found.append(len(pieces))
            for piece in pieces:
                found += [piece.registers, len(piece.instructions)]
                for i in piece.instructions:
                    found += [OPS.index(i.op), i.to, i.a, i.b, i.c]
        if self.version > 1:
            for totals in (self.forward_totals, self.backward_totals):
                found.append(len(totals))
                for t in totals:
                    found += [t.row, t.kind]
                    found += [n for s, c in t.vectors for n in (SPACES.index(s), c)]
                    found += [t.other] if t.kind == SPREAD else []
        return found, list(self.constants)

    @staticmethod
    def decode(integers: Sequence[int], floats: Sequence[float]) -> Program:
        """Return the program of these lists.

        Raises
        ------
        InputError
            If they are not one.
        """
        given = _Reader(integers)
        version = given.next()
        if not 1 <= version <= VERSION:
            raise InputError(
                f"program: version {version}; this Elman reads versions 1 to {VERSION}"
            )
        sizes = {name: given.next() for name in _SIZES}
        if given.next() != len(floats):
            raise InputError(
                f"program: {len(floats)} constants, not as many as it says"
            )
        products = tuple(given.multiply() for _ in range(given.count()))
        forward = tuple((*given.take(2), -1) for _ in range(given.count()))
        backward = tuple(tuple(given.take(3)) for _ in range(given.count()))
        pieces = [tuple(given.pieces()) for _ in range(2)]
        totals = [tuple(given.totals()) if version > 1 else () for _ in range(2)]
        given.end()
        return Program(
            **sizes,
            constants=tuple(map(float, floats)),
            products=products,
            forward=forward,  # type: ignore[arg-type]
            backward=backward,  # type: ignore[arg-type]
            forward_pieces=pieces[0],
            backward_pieces=pieces[1],
            forward_totals=totals[0],
            backward_totals=totals[1],
        )

    def to_json(self) -> str:
        """Return the program as text; floats keep every bit."""
        integers, floats = self.encode()
        return json.dumps({"integers": integers, "floats": [x.hex() for x in floats]})

    @staticmethod
    def from_json(text: str) -> Program:
        """Return the program of a text that `to_json` wrote.

        Raises
        ------
        InputError
            If it is not one.
        """
        try:
            found = json.loads(text)
            integers = [_whole(n) for n in found["integers"]]
            floats = [float.fromhex(x) for x in found["floats"]]
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            OverflowError,
        ) as error:
            raise InputError(f"program: not the text of one ({error})") from error
        return Program.decode(integers, floats)

    @property
    def digest(self) -> str:
        """A name by content: equal programs have equal ones, on every machine."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


_SIZES = (
    *("states", "slots", "frame", "back_frame", "saved", "units", "masks"),
    *("rows", "back_rows", "weights"),
)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


class _Reader:
    """Takes numbers from a list, and says so where it ends too early or too late."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers, self.place = numbers, 0

    def next(self) -> int:
        return self.take(1)[0]

    def count(self) -> int:
        found = self.next()
        if not 0 <= found <= len(self.numbers):
            raise InputError(f"program: a count of {found}; it is damaged")
        return found

    def take(self, count: int) -> list[int]:
        found = list(self.numbers[self.place : self.place + max(count, 0)])
        if count < 0 or len(found) != count:
            raise InputError("program: it ends too early; it is damaged")
        self.place += count
        return found

    def multiply(self) -> Multiply:
        weight, kind, source, saved, heads, first = self.take(6)
        rows = tuple(self.take(self.count()))
        return Multiply(weight, kind, source, saved, heads, first, rows)

    def pieces(self) -> Iterator[Piece]:
        for _ in range(self.count()):
            registers, count = self.next(), self.count()
            yield Piece(registers, tuple(self.instruction() for _ in range(count)))

    def totals(self) -> Iterator[Total]:
        for _ in range(self.count()):
            row, kind = self.take(2)
            vectors = tuple(self.vector() for _ in range(2 if kind == TIMES else 1))
            yield Total(row, kind, vectors, self.next() if kind == SPREAD else -1)

    def vector(self) -> tuple[str, int]:
        space, column = self.take(2)
        if not 0 <= space < len(SPACES):
            raise InputError(f"program: no space {space}; it is damaged")
        return SPACES[space], column

    def instruction(self) -> Instruction:
        op, *rest = self.take(5)
        if not 0 <= op < len(OPS):
            raise InputError(f"program: no instruction {op}; it is damaged")
        return Instruction(OPS[op], *rest)

    def end(self) -> None:
        if self.place != len(self.numbers):
            raise InputError("program: it goes on past its end; it is damaged")

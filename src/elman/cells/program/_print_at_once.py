"""A step back printed with what surrounds its piece: see `_print_cpp`.

Of cells in which no unit needs another the memory takes the time: each further pass
over a row between two steps keeps what has been asked for waiting.
"""

from __future__ import annotations

from collections.abc import Iterator

from elman.cells.graph._layout import INPUT

from ._print_piece import Printer
from ._program import Instruction, Piece, Program


def at_once(program: Program) -> list[str]:
    """Return the lines of a step back with all that surrounds its piece, or none.

    Of a program in which no unit needs another: it also adds dy, asks for what the step
    before will read, and adds up the slots' gradients instead of storing them.
    """
    pieces = program.backward_pieces
    if len(pieces) != 1 or any(p.kind != INPUT for p in program.products):
        return []
    if len(program.backward) != 1 or pieces[0].of_rows:
        return []
    if any(i.op == "LOAD" and i.space == "DSLOT" for i in pieces[0].instructions):
        return []
    return list(_AtOnce(program).piece(0, pieces[0]))


class _AtOnce(Printer):
    """Prints a step back with what surrounds its only piece, for whole vectors."""

    def __init__(self, program: Program) -> None:
        super().__init__(program, True, tails=False)
        self.rest = False

    def _title(self, number: int) -> str:
        return "AtOnce"

    def _body(self, piece: Piece) -> Iterator[str]:
        self.heads += [
            "const T* const dy = at.around->dy[i];",
            "T* const sums = at.around->sums[i];",
            "const long inputs = at.around->inputs;",
            "const V x0 = V::all(at.around->x[i][0]);",
            "const V x1 = V::all(at.around->x[i][inputs - 1]);",
            "const long* const ahead = at.around->ahead;",
        ]
        body = list(super()._body(piece))
        yield "__builtin_prefetch(dy + ahead[0] + u);"
        far: dict[str, int] = {}
        for i in piece.instructions:
            if i.op == "LOAD" and i.space == "BEFORE":
                far[self._pointer(i)] = 1 + i.b
            elif i.op == "LOAD" and i.space == "SAVED":
                far[self._pointer(i)] = 1 + self.program.states
        for where, k in far.items():
            yield f"__builtin_prefetch({where} + ahead[{k}] + u);"
        yield from body

    def _value(self, i: Instruction, reads: list[str]) -> str:
        value = super()._value(i, reads)
        if i.op == "LOAD" and i.space == "DSTATE" and not i.b:
            return f"{value} + V::load(dy + u, m)"
        return value

    def _stored(self, i: Instruction, value: str) -> str:
        if i.space != "DSLOT":
            return ""
        first = f"sums + {i.b} * (1 + inputs) * H + u"
        one, two = (f"slot{i.b} + {k} * H" for k in (1, 2))
        return (
            f"T* const slot{i.b} = {first}; "
            f"(V::load(slot{i.b}, m) + {value}).store(slot{i.b}, m); "
            f"fma(x0, {value}, V::load({one}, m)).store({one}, m); "
            f"if (inputs == 2) fma(x1, {value}, V::load({two}, m)).store({two}, m);"
        )

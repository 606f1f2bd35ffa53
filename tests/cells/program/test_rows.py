"""Numbers of a row: made once a row, of what lies in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elman.cells import cell
from elman.cells.program._program import PIECE, Instruction, Piece, Program, Total
from native_core import native

NORMED = cell("layer_norm_gru").lowered().program


def test_a_layer_norm_is_one_piece_before_and_one_behind():
    """No sweep of its own for sums, no square root and no division of a vector."""
    pieces = [p for p in NORMED.forward_pieces if not p.of_rows]
    assert len(pieces) == 1
    for piece in (*pieces, *(p for p in NORMED.backward_pieces if not p.of_rows)):
        ops = {i.op for i in piece.instructions}
        assert not ops & {"SUM", "SQRT", "DIV"}
    assert len(NORMED.forward_totals) == 8  # a mean and a variance of four
    assert NORMED.rows == 8


def test_gradients_of_units_are_not_read_again():
    for piece in NORMED.backward_pieces:
        for i in piece.instructions:
            assert not (i.op == "LOAD" and i.space == "DSLOT" and i.b >= NORMED.slots)


def test_only_programs_that_need_it_are_of_version_2():
    assert NORMED.encode()[0][0] == 2
    assert cell("gru").lowered().program.encode()[0][0] == 1
    assert Program.decode(*NORMED.encode()) == NORMED


def first_of_rows(program):
    return next(k for k, p in enumerate(program.forward_pieces) if p.of_rows)


def with_piece(change):
    k = first_of_rows(NORMED)
    pieces = list(NORMED.forward_pieces)
    pieces[k] = change(pieces[k])
    return replace(NORMED, forward_pieces=tuple(pieces))


def with_total(total):
    return replace(NORMED, forward_totals=(total, *NORMED.forward_totals[1:]))


def loading(piece):
    load = Instruction("LOAD", 0, 0, 0)
    return Piece(piece.registers, (load, *piece.instructions))


def setting(row):
    def change(piece):
        *rest, last = piece.instructions
        return Piece(piece.registers, (*rest, replace(last, a=row)))

    return change


def without_totals():
    forward = tuple(a for a in NORMED.forward if a[0] == PIECE or a[0] < 3)
    return replace(NORMED, forward=forward)


ROW = NORMED.forward_totals[0].row
WRONG = [
    (with_piece(loading), "LOAD in a piece that sets row scalars"),
    (with_piece(setting(99)), "SET row scalar 99 of 8"),
    (with_total(Total(99, 0, (("FRAME", 0),))), "its row scalar is 99"),
    (with_total(Total(ROW, 0, (("UNIT", 0),))), "a total of UNIT 0"),
    (with_total(Total(ROW, 0, (("AFTER", 0),))), "AFTER 0 is not stored yet"),
    (with_total(Total(ROW, 0, (("FRAME", 99),))), "FRAME 99 of"),
    (with_total(Total(ROW, 2, (("FRAME", 0),), 7)), "row scalar 7 is not reduced yet"),
    (without_totals(), "is not reduced yet"),
]


@pytest.mark.parametrize(("program", "message"), WRONG)
def test_what_is_wrong_is_refused_in_one_line(program, message):
    with pytest.raises(ValueError, match=message) as error:
        native.Graph(*program.encode())
    assert "\n" not in str(error.value)

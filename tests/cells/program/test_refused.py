"""Programs that cannot be: noise that a cell has no place for, damaged data."""

from __future__ import annotations

import pytest

from elman import InputError
from elman.cells import Program, cell, lower


def test_recurrent_dropout_needs_recurrent_weights():
    with pytest.raises(InputError, match="no recurrent weights"):
        lower(cell("mingru").traced, dropout=True)


def test_zoneout_needs_a_rate_a_state():
    with pytest.raises(InputError, match="3 rates for the states h, c"):
        lower(cell("lstm").traced, zoneout=(0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"integers": [1], "floats": []}',
        '{"integers": [true], "floats": []}',
        '{"integers": [2], "floats": []}',
        '{"integers": [1.5], "floats": []}',
        '{"integers": [1], "floats": [1.0]}',
    ],
)
def test_damaged_programs_are_refused(text):
    with pytest.raises(InputError, match=r"^program: "):
        Program.from_json(text)


def test_programs_cut_short_or_prolonged_are_refused():
    integers, floats = cell("lstm").lowered().program.encode()
    for k in range(len(integers)):
        with pytest.raises(InputError):
            Program.decode(integers[:k], floats)
    with pytest.raises(InputError):
        Program.decode([*integers, 0], floats)
    with pytest.raises(InputError):
        Program.decode(integers, [*floats, 1.0])

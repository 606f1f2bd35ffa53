"""A cell as plain data: what a run directory keeps gives the same cell again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cell_problems import CELLS, draw
from elman import InputError
from elman.cells import Cell, cell, initial, restored, specified, stored, tanh


def again(found: Cell) -> Cell:
    return restored(json.loads(json.dumps(stored(found))))


@pytest.mark.parametrize("found", CELLS)
def test_a_stored_cell_is_the_same_cell(found):
    other = again(found)
    assert type(other).__name__ == type(found).__name__
    assert str(other.equations) == str(found.equations)
    for options in ({}, {"trace": True}, {"zoneout": (0.1,) * len(found.states)}):
        one, two = found.lowered(**options), other.lowered(**options)
        assert one.program.digest == two.program.digest
        assert one.tracks == two.tracks
    assert other.limits == found.limits
    assert other.chosen() == found.chosen()
    start = [initial(c, 3, 6, np.random.default_rng(1).random) for c in (found, other)]
    assert list(start[0]) == list(start[1])
    for name in start[0]:
        np.testing.assert_array_equal(start[0][name], start[1][name])


@pytest.mark.parametrize("found", CELLS)
def test_its_step_runs(found):
    problem = draw(found)
    given = problem.x, problem.start, problem.parameters
    for one, two in zip(
        specified(found, *given), specified(again(found), *given), strict=True
    ):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_stored_twice_is_stored_once():
    data = stored(cell("slstm", heads=2))
    assert stored(restored(data)) == data


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"transforms": {"weight_hh": ["System", {}]}},
        {"nodes": [["load", [], None]]},
        {"nodes": [["add", [1, 2], None]]},
        {"after": [1000]},
        {"states": ["h"]},
        {"states": 3},
        {"units": 5},
        {"init": {"bias": ["System", {}]}},
        {"heads": "two"},
    ],
)
def test_damaged_data_is_refused(change):
    data = {**stored(cell("lstm")), **change}
    with pytest.raises(InputError):
        _ = restored(data)


@pytest.mark.parametrize("data", [{}, [], None, "lstm"])
def test_other_things_are_refused(data):
    with pytest.raises(InputError, match="cell: stored in version None"):
        restored(data)


def test_a_start_of_ones_own_is_refused():
    class Odd:
        def draw(self, shape, hidden, source):
            return np.zeros(shape)

    class Own(Cell):
        init = {"bias": Odd()}  # noqa: RUF012

        def step(self, x, h):
            return tanh(self.linear("a", x, h))

    with pytest.raises(InputError, match="cannot be stored"):
        stored(Own())


def test_options_are_said_and_no_longer_changed():
    again = restored(stored(cell("cornn", dt=0.1)))
    assert repr(again) == "CoRNN(dt=0.1)"
    assert repr(restored(stored(again))) == "CoRNN(dt=0.1)"
    assert type(again)(dt=0.1).dt == 0.1
    with pytest.raises(
        InputError, match=r"CoRNN was stored with dt=0\.1, which is part"
    ):
        type(again)(dt=0.2)

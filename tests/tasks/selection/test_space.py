"""What is tried: read from texts, checked by the table, derived from it."""

from __future__ import annotations

import pytest

import elman
from elman import InputError
from elman.tasks import ESTIMATORS
from elman.tasks.parameters import Between, rows
from elman.tasks.selection._sampling import Sampling, key_of
from elman.tasks.selection._space import drawn_of, space_of, values_of


@pytest.mark.parametrize("task", list(ESTIMATORS))
def test_by_default_it_is_what_the_table_says(task):
    space = space_of(task, None)
    table = {row.name: row.tried for row in rows(task) if row.tried is not None}
    assert {one.name: one.values for one in space} == table
    assert {"learning_rate", "hidden_size", "dropout"} <= set(table)
    # Whatever may be drawn is a parameter of the estimator.
    for one in space:
        ends = one.values
        for value in (ends.low, ends.high) if isinstance(ends, Between) else ends:
            ESTIMATORS[task]().set_params(**{one.name: value})


def test_texts_say_ranges_and_values():
    space = space_of(
        "classify",
        {
            "hidden": "16..256:log",
            "lr": "1e-4..1e-2:log",
            "cell": "gru, cornn(dt=0.1,gamma=1),lstm",
            "bidirectional": "yes,no",
            "clip": "1.0,none",
            "--batch-size": "8,16",
            "optimizer": "adam,sgd",
            "dropout": "0..0.5",
        },
    )
    found = {one.name: one.values for one in space}
    assert found["hidden_size"] == Between(16, 256, log=True, whole=True)
    assert found["learning_rate"] == Between(1e-4, 1e-2, log=True)
    assert [str(cell) for cell in found["cell"][::2]] == ["gru", "lstm"]
    assert found["cell"][1].gamma == 1
    assert found["bidirectional"] == (True, False)
    assert found["clip_norm"] == (1.0, None)
    assert found["training__optimizer"] == ("adam", "sgd")
    assert found["dropout"] == Between(0, 0.5)
    cells = next(one for one in space if one.name == "cell")
    assert list(cells.labels) == ["gru", "cornn(dt=0.1)", "lstm"]
    options = [cells.option(value) for value in cells.values]
    assert options[1] == ["--cell", "cornn(dt=0.1)"]
    both = next(one for one in space if one.name == "bidirectional")
    assert both.option(False) == ["--no-bidirectional"]
    flags = {one.name: one.flag for one in space}
    assert (flags["hidden_size"], flags["learning_rate"]) == ("--hidden", "--lr")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hiden": "1,2"}, "'hiden' is no parameter to try; did you mean 'hidden'"),
        ({"horizon": "1..5"}, "horizon cannot be tried: it says what is predicted"),
        ({"hidden": "256..16"}, r"256\.\.16: the first number must be below"),
        ({"lr": "0..1:log"}, r"0\.\.1:log: a logarithm is taken of numbers above 0"),
        ({"hidden": "0..5"}, "hidden_size must be at least 1, got 0"),
        ({"hidden": "many"}, "--hidden takes a whole number, got 'many'"),
        ({"cell": "gur"}, "did you mean 'gru'"),
        ({"hidden": [], "lr": [0.1]}, "hidden: give values to try"),
        ({"hidden": [4], "hidden_size": [5]}, "hidden_size is tried twice"),
        ({}, "there is nothing to try"),
    ],
)
def test_what_cannot_be_tried_is_one_line(given, message):
    with pytest.raises(InputError, match=message) as caught:
        space_of("forecast", given)
    assert "\n" not in str(caught.value)


def test_the_estimator_as_it_is_comes_first_where_it_can_be_drawn():
    model = elman.SequenceClassifier(hidden_size=20)
    space = space_of("classify", {"hidden": "16..64", "cell": ["gru", "rnn"]})
    drawn = drawn_of(space, model)
    assert values_of(space, drawn) == {"hidden_size": 20, "cell": "gru"}
    assert Sampling("random", space, 0, drawn).next([]) == drawn
    assert drawn_of(space, elman.SequenceClassifier(hidden_size=128)) is None


def test_a_grid_is_everything_once_in_a_drawn_order():
    class Tried:
        def __init__(self, params):
            self.params = params

    space = space_of("classify", {"hidden": "8..64:log", "cell": ["gru", "rnn"]})
    sampling, tried = Sampling("grid", space, 3, None), []
    while (drawn := sampling.next(tried)) is not None:
        tried.append(Tried(drawn))
    assert len(tried) == 8
    assert len({key_of(one.params) for one in tried}) == 8
    assert {one.params["hidden_size"] for one in tried} == {8, 16, 32, 64}
    with pytest.raises(InputError, match="did you mean 'grid'"):
        Sampling("gird", space, 3, None)

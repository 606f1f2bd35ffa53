"""A leak is impossible: nothing before a row changes when the rows after it do."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import elman
from elman._plain import plain
from elman.tasks.selection._trial import Watch, fitted
from elman.tasks.selection.parts._parted import parted
from sequence_data import rising_or_falling
from series import hourly

QUICK = {"epochs": 1, "hidden_size": 4, "init": "default"}
ROWS = 260


def forecaster():
    return elman.Forecaster(horizon=4, context=12, **QUICK)


def parts_of(frame):
    return parted(
        forecaster(), (frame,), folds=2, seed=0, test=40, target="load", time="time"
    )


def learned(model):
    """Everything that a run directory would keep, tensors as lists."""
    values, tensors = model._dump()
    # NaN, which is not equal to itself, becomes None.
    return plain((values, {name: one.tolist() for name, one in tensors.items()}))


def spoilt(frame, row):
    """The frame with everything from a row on another: values, and their spread."""
    rng = np.random.default_rng(1)
    later = np.arange(len(frame)) >= row
    return frame.with_columns(
        pl.Series(name, np.where(later, 1e3 * rng.normal(size=len(frame)), frame[name]))
        for name in ("load", "temperature", "gauge")
    )


def test_folds_and_choice_do_not_see_what_comes_after_them():
    frame = hourly(ROWS)
    clean = parts_of(frame)
    for number, fold in enumerate(clean.folds):
        end = (220 - 55, 220)[number]
        first = end - 55
        model, found = fitted(forecaster(), fold, {}, Watch(None), None)
        # All after what is scored, the test part among it.
        other = parts_of(spoilt(frame, end)).folds[number]
        again, same = fitted(forecaster(), other, {}, Watch(None), None)
        assert same.score == found.score
        assert learned(model) == learned(again)
        # What is scored, and the gap before it: nothing is learned from them.
        other = parts_of(spoilt(frame, first - 3)).folds[number]
        again, changed = fitted(forecaster(), other, {}, Watch(None), None)
        assert learned(model) == learned(again)
        assert changed.score != found.score


def test_the_test_part_decides_nothing():
    found = [
        elman.search(
            forecaster(),
            frame,
            target="load",
            time="time",
            space={"lr": "1e-4..0.1:log"},
            trials=2,
            folds=2,
            seeds=1,
            test=40,
        )
        for frame in (hourly(ROWS), spoilt(hourly(ROWS), 220))
    ]
    first, second = (one.results["trials"] for one in found)
    for row in (*first, *second):
        row.pop("seconds")
    assert first == second
    assert found[0].params == found[1].params
    models = [one.estimator for one in found]
    assert np.array_equal(*(one.network_.head.weight.tolist() for one in models))
    assert found[0].results["chosen"]["scores"] != found[1].results["chosen"]["scores"]


def test_a_planted_leak_tells_nothing_of_the_next_fold():
    """A column that is the target of a few steps later, as far as is known in time."""
    frame = hourly(ROWS)
    planted = frame.with_columns(leak=pl.col("load").shift(-3))
    data = parts_of(planted)
    for fold in data.folds:
        seen = []

        class Spy:
            def fit(self, table, **more):
                seen.append(table.frame)  # noqa: B023

            def score(self, table, *, start, **more):
                seen.append((table.frame, start))  # noqa: B023
                return 0.0

        fold.fit(Spy())
        fold.score(Spy())
        part, (whole, start) = seen
        scored = set(whole["load"][-start:].to_list())
        assert not scored & set(part["leak"].to_list())
        assert not scored & set(part["load"].to_list())


@pytest.mark.parametrize("spoil", ["labels", "values"])
def test_held_out_sequences_decide_nothing(spoil):
    X, y = rising_or_falling(40)
    model = elman.SequenceClassifier(highway="none", refit=False, **QUICK)
    given = {"space": {"lr": [1e-3, 1e-2]}, "folds": 2, "seeds": 1}
    test = (X[30:], y[30:])
    if spoil == "labels":
        other = (X[30:], y[30:][::-1])
    else:
        other = ([1e3 * x for x in X[30:]], y[30:])
    found = [
        elman.search(model, X[:30], y[:30], test=part, **given)
        for part in (test, other)
    ]
    rows = [one.results["trials"] for one in found]
    for row in (*rows[0], *rows[1]):
        row.pop("seconds")
    assert rows[0] == rows[1]
    assert learned(found[0].estimator) == learned(found[1].estimator)

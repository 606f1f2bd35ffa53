"""Rows that count more or less in what a forecaster learns."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from elman import InputError
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.linear._linear import Choice, WindowRidge
from series import hourly, small


def table(rows=120, targets=2):
    rng = np.random.default_rng(0)
    lags = rng.normal(size=(rows, targets)).cumsum(0) * 0.1
    return WindowTable(
        lags, lags.copy(), np.zeros((rows, 0)), rng.normal(size=(rows, 1))
    )


@pytest.mark.parametrize("shared", [False, True])
def test_no_weight_is_no_target(shared):
    whole = table()
    origins = np.arange(6, 110)
    chosen = Choice("last", 1.0, shared)
    gone = np.random.default_rng(1).random(120) < 0.3
    truth = np.where(gone[:, None], np.nan, whole.truth)
    without = dataclasses.replace(whole, truth=truth)
    wrong = np.where(gone[:, None], 99.0, whole.truth)
    weighed = dataclasses.replace(whole, truth=wrong, weight=1.0 - gone)
    first, second = (
        WindowRidge.fit(one, origins, 6, 4, chosen) for one in (without, weighed)
    )
    np.testing.assert_allclose(first[0].weights, second[0].weights, atol=1e-8)
    np.testing.assert_allclose(first[1], second[1], atol=1e-7)


def test_weights_are_followed():
    """Two regimes of a known cause; the weights say which one counts."""
    rng = np.random.default_rng(0)
    cause = rng.normal(size=400)
    early = np.arange(400) % 80 < 40
    effect = np.where(early, 3.0, -1.0) * cause + rng.normal(0, 0.1, 400)
    frame = pl.DataFrame({"y": effect, "x": cause, "w": early.astype(float)})
    model = small(epochs=2, context=6, horizon=4, loss="squared")
    rows = {}
    for name, given in {
        "column": "w",
        "array": early[:380].astype(float),
        "none": None,
    }.items():
        fitted = model.fit(frame[:380], "y", known="x", sample_weight=given, ignore="w")
        ahead = frame.with_columns(
            pl.when(pl.int_range(pl.len()) < 380).then(pl.col("y")).alias("y")
        )[:384]
        said = fitted.predict(ahead)["prediction"].to_numpy()
        rows[name] = said @ cause[380:384] / (cause[380:384] @ cause[380:384])
    assert rows["column"] == rows["array"]
    assert rows["column"] > 2.0
    assert rows["none"] < 1.8


def test_a_search_takes_the_weights_of_its_folds():
    frame = hourly(300)
    x, y = frame.select("time", "temperature"), frame["load"]
    search = GridSearchCV(
        small(epochs=1), {"context": [24]}, cv=TimeSeriesSplit(2, test_size=30)
    )
    weights = np.linspace(0.1, 1, 300)
    assert np.isfinite(search.fit(x, y, sample_weight=weights).best_score_)
    model = search.best_estimator_
    same = model.score(x[:60], y[:60], np.ones(60))
    assert same == pytest.approx(model.score(x[:60], y[:60]))
    half = np.arange(60) < 40
    cut = model.score(x[:60], y[:60], half.astype(float))
    assert cut != pytest.approx(same)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            np.ones(7),
            r"sample_weight has shape \(7,\); give one number for each of the",
        ),
        ([1.0] * 199 + [-1.0], "sample_weight is -1 in row 200"),
        (np.zeros(200), "sample_weight is 0 everywhere"),
        (["a"] * 200, "sample_weight is not numbers"),
        ("gage", "did you mean 'gauge'"),
    ],
)
def test_wrong_weights_are_one_line(weights, message):
    with pytest.raises(InputError, match=message) as error:
        small().fit(hourly(200), "load", "time", sample_weight=weights)
    assert "\n" not in str(error.value)

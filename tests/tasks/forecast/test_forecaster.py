"""The forecaster as a user meets it."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone

import elman
from elman import InputError
from series import hourly, small


@pytest.fixture(scope="module")
def fitted():
    frame = hourly()
    return frame, small(epochs=3).fit(
        frame, "load", "time", known=["temperature"], test=96
    )


def test_it_beats_what_costs_nothing(fitted):
    _, forecaster = fitted
    rows = {
        row["model"]: row["values"]["MAE"]
        for row in forecaster.results_["scores"]["rows"]
    }
    network = rows["Elman (ridge + GRU)"]
    assert network < 0.5 * rows["last value"]
    assert network < rows["seasonal naive (24 steps)"]


def test_validation_is_never_worse_than_the_linear_start(fitted):
    _, forecaster = fitted
    history = forecaster.results_["training"]["history"]
    best = forecaster.results_["training"]["best_epoch"]
    losses = [row["validation_loss"] for row in history]
    assert losses[best] == min(losses)
    assert losses[best] <= losses[0]


def test_untrained_means_linear():
    frame = hourly()
    forecaster = small(epochs=1, learning_rate=1e-30).fit(frame, "load", "time")
    forecast = forecaster.predict()
    np.testing.assert_allclose(forecast["prediction"], forecast["linear"], rtol=1e-5)


def test_a_run_directory_brings_it_back(fitted, tmp_path):
    frame, forecaster = fitted
    forecaster.save(tmp_path / "run")
    again = elman.load(tmp_path / "run")
    future = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 590).then(pl.col("load")).alias("load")
    )
    assert again.predict(future).equals(forecaster.predict(future))
    assert again.get_params() == forecaster.get_params()
    assert again.results_ == forecaster.results_


def test_results_are_plain_json(fitted):
    _, forecaster = fitted
    text = json.dumps(forecaster.results_, allow_nan=False)
    assert json.loads(text) == forecaster.results_
    assert forecaster.results_["scores"]["split"].endswith("16 origins")
    assert 0 <= forecaster.results_["forecast"]["coverage"] <= 1


def test_seeds_decide_everything():
    frame = hourly(400)
    first, second, other = (
        small(random_state=seed).fit(frame, "load", "time") for seed in (1, 1, 2)
    )
    assert first.predict().equals(second.predict())

    def losses(forecaster):
        return [row["loss"] for row in forecaster.results_["training"]["history"]]

    assert losses(first) == losses(second)
    assert losses(first) != losses(other)


def test_several_targets_with_gaps():
    frame = hourly().with_columns(
        pl.when(pl.int_range(pl.len()) % 7 != 3).then(pl.col("load")).alias("load")
    )
    forecaster = small().fit(frame, ["load", "temperature"], "time", test=60)
    forecast = forecaster.predict()
    assert forecast["target"].unique(maintain_order=True).to_list() == [
        "load",
        "temperature",
    ]
    assert forecast.null_count().sum_horizontal().item() == 0
    assert set(forecaster.results_["targets"]) == {"load", "temperature"}
    assert any("missing" in note for note in forecaster.results_["notes"])


def test_without_dates_and_without_covariates():
    values = np.sin(np.arange(300) / 3) + 0.01 * np.arange(300)
    forecaster = small().fit({"y": values}, "y", test=30)
    forecast = forecaster.predict()
    assert forecast["time"].to_list() == list(range(300, 306))
    assert abs(forecast["prediction"][0] - (np.sin(100) + 3.0)) < 0.5


def test_categories_and_wild_values_do_not_break_it():
    frame = hourly().with_columns(
        sky=pl.Series(["sun", "rain", None] * 200),
        wild=pl.Series(
            np.where(np.arange(600) == 77, 9831.0, 0.1 * np.arange(600) % 3)
        ),
    )
    forecaster = small().fit(frame, "load", "time", test=60)
    assert any(
        note.startswith("wild: clipped 1 of") for note in forecaster.results_["notes"]
    )
    plain = small().fit(frame.drop("wild"), "load", "time", test=60)
    worse, fine = (
        f.results_["scores"]["rows"][0]["values"]["MAE"] for f in (forecaster, plain)
    )
    assert worse < 1.3 * fine


def test_the_default_context_is_what_the_target_asks_for():
    forecaster = small(context=None).fit(hourly(1200), "load", "time")
    assert forecaster.context_ >= 24
    assert forecaster.results_["diagnosis"]["needed"] >= 12


def test_it_is_a_scikit_learn_estimator():
    forecaster = small(cell="lstm", level=0.8)
    assert clone(forecaster).get_params() == forecaster.get_params()
    assert forecaster.set_params(horizon=3).horizon == 3


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_other_cells(cell):
    forecast = small(cell=cell, num_layers=2, init="orthogonal").fit(
        hourly(300), "load", "time"
    )
    assert np.isfinite(forecast.predict()["prediction"].to_numpy()).all()


def test_the_remedy_is_applied_when_gradients_do_not_reach():
    frame = hourly(500)
    forecaster = small(init="auto", context=96, epochs=1).fit(frame, "load", "time")
    diagnosis = forecaster.results_["diagnosis"]
    assert diagnosis["before"]["verdict"] == "vanishing"
    assert diagnosis["remedy"] in elman.init.NAMES
    assert diagnosis["after"]["horizon"] > diagnosis["before"]["horizon"]


BAD_ARGUMENTS = [
    ({"cell": "gruu"}, "did you mean 'gru'"),
    ({"hidden_size": -3}, "hidden_size must be at least 1"),
    ({"horizon": 0}, "horizon must be at least 1"),
    ({"horizon": 2.5}, "whole number"),
    ({"context": -1}, "context must be at least 1"),
    ({"epochs": 0}, "epochs must be at least 1"),
    ({"learning_rate": float("nan")}, "learning_rate must be positive"),
    ({"level": 1.0}, "level must be above 0 and below 1"),
    ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ({"init": "chronos"}, "did you mean 'chrono'"),
    ({"scale": "square"}, "scale must be one of"),
]


@pytest.mark.parametrize(("change", "message"), BAD_ARGUMENTS)
def test_bad_arguments_are_named(change, message):
    with pytest.raises(InputError, match=message):
        small(**change).fit(hourly(300), "load", "time")


def with_value(frame, name, row, value):
    values = frame[name].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(name, values, strict=False))


BAD_FRAMES = [
    (lambda f: f, {"target": "laod"}, "did you mean 'load'"),
    (lambda f: f, {"known": ["temp"]}, "did you mean 'temperature'"),
    (lambda f: f, {"known": ["load"]}, "is the target"),
    (
        lambda f: f,
        {"known": ["gauge"], "past": ["gauge"]},
        "in known and in past",
    ),
    (lambda f: f[:30], {}, "series has 30 rows"),
    (lambda f: with_value(f, "load", 5, float("inf")), {}, "infinite"),
    (lambda f: f.with_columns(load=pl.lit(None, pl.Float64)), {}, "no value"),
    (lambda f: f.with_columns(load=pl.lit("many")), {}, "not a number"),
    (lambda f: pl.concat([f[:9], f[8:]]), {}, "(?i)repeat|twice|duplicate"),
    (lambda f: f[::-1], {}, "(?i)sort|order|before"),
]


@pytest.mark.parametrize(("change", "arguments", "message"), BAD_FRAMES)
def test_bad_frames_are_explained_in_one_line(change, arguments, message):
    arguments = {"target": "load", "time": "time"} | arguments
    with pytest.raises(InputError, match=message) as caught:
        small().fit(change(hourly(300)), **arguments)
    assert "\n" not in str(caught.value)


def test_prediction_frames_are_checked(fitted):
    frame, forecaster = fitted
    with pytest.raises(InputError, match=r"no column 'temperature'"):
        forecaster.predict(frame.drop("temperature"))
    with pytest.raises(InputError, match=r"0 of the next 6 rows"):
        forecaster.predict(frame)
    with pytest.raises(InputError, match=r"rows are too few"):
        forecaster.predict(frame[:20])
    with pytest.raises(InputError, match=r"every 2 hours.*hourly"):
        forecaster.predict(frame[::2])

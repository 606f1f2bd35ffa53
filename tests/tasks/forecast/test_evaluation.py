"""What results say: on how much they stand, of which targets, and of zeros."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

import elman
from elman import InputError
from elman.tasks._verdict import verdict
from elman.tasks.forecast.intervals._intervals import calibrated, fewest_errors
from elman.tasks.forecast.scores._backtest import Backtest
from elman.tasks.forecast.scores._scores import bias, forecast_scores
from series import hourly, small

ROWS = 500
T = np.arange(ROWS)
CALM = np.sin(T / 5) + 0.1 * np.random.default_rng(0).normal(size=ROWS)


def numbers(values):
    """Every number in a nested result."""
    if isinstance(values, dict):
        return [n for v in values.values() for n in numbers(v)]
    if isinstance(values, list):
        return [n for v in values for n in numbers(v)]
    return [values] if isinstance(values, float) else []


def test_a_target_without_training_values_is_an_error_before_training():
    late = np.where(T < 480, np.nan, 1.0)
    with pytest.raises(InputError, match=r"'late' has no values in the training part"):
        small().fit({"a": CALM, "late": late}, ["a", "late"], test=100)


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_a_target_without_test_values_is_named_and_the_others_are_scored(order):
    b = np.where((T > 50) & (T < 390), 5 * CALM, np.nan)
    forecaster = small().fit({"a": CALM, "b": b}, order, test=100)
    scores = forecaster.results_["scores"]
    assert "Not scored, as they have no values there: b." in scores["verdict"]
    alone = small().fit({"a": CALM, "b": b}, "a", past=["b"], test=100)
    naive, right = (
        {row["model"]: row["values"]["MASE"] for row in s["rows"]}["last value"]
        for s in (scores, alone.results_["scores"])
    )
    assert naive == pytest.approx(right)
    assert forecaster.results_["targets"]["b"]["coverage"] is None
    json.dumps(forecaster.results_, allow_nan=False)


def test_a_target_without_validation_values_has_intervals_all_the_same():
    b = np.where((T > 300) & (T < 400), np.nan, CALM)
    forecaster = small().fit({"a": CALM, "b": b}, ["a", "b"], test=100)
    forecast = forecaster.predict().filter(pl.col("target") == "b")
    assert ((forecast["upper"] - forecast["lower"]) > 0.1).all()
    assert forecaster.results_["targets"]["b"]["coverage"] > 0.6
    assert any("b 0" in note for note in forecaster.results_["notes"])


def test_coverage_is_each_targets_own():
    rng = np.random.default_rng(1)
    # Wilder all the time: intervals follow what they have seen, but late.
    growing = np.exp(np.maximum(T - 400, 0) / 10)
    wild = CALM + np.where(T >= 400, rng.normal(0, 1, ROWS) * growing, 0)
    forecaster = small().fit({"a": CALM, "b": wild}, ["a", "b"], "", test=100)
    found = forecaster.results_["targets"]
    rolling = forecaster.backtest({"a": CALM, "b": wild}, start=100).to_frame()
    inside = pl.col("truth").is_between("lower", "upper")
    for name, share in rolling.group_by("target").agg(inside.mean()).iter_rows():
        assert found[name]["coverage"] == pytest.approx(share)
    assert found["a"]["coverage"] > found["b"]["coverage"] + 0.3
    assert forecaster.results_["scores"]["coverage"] == pytest.approx(
        np.mean([found[name]["coverage"] for name in found])
    )
    assert any(n.startswith("b: the intervals") for n in forecaster.results_["notes"])


def test_coverage_of_a_backtest_by_target():
    truth = np.array([[[1.0, np.nan]], [[5.0, np.nan]]])
    around = {"prediction": truth, "linear": truth}
    low, high = np.zeros_like(truth), np.full_like(truth, 2)
    rolling = Backtest(
        ["a", "b"], np.array([[0], [1]]), truth, **around, lower=low, upper=high
    )
    assert rolling.coverage() == rolling.coverage("a") == 0.5
    assert np.isnan(rolling.coverage("b"))
    with pytest.raises(InputError, match="one of a, b, got 'c'"):
        rolling.coverage("c")


@pytest.mark.parametrize("rate", [0.3, 1, 3, 30])
def test_counts_are_never_forecast_below_zero(rate):
    counts = np.random.default_rng(2).poisson(rate, ROWS)
    forecaster = small().fit({"y": counts}, "y", test=100)
    rolling = forecaster.backtest({"y": counts}, start=100)
    for part in (rolling.lower, rolling.prediction, rolling.linear):
        assert part.min() >= 0
    assert 0.75 < rolling.coverage() <= 1
    assert ["never below 0", "y"] in forecaster.results_["question"]


def test_a_temperature_that_was_never_below_freezing_may_be():
    warm = 12 - 0.02 * T + np.random.default_rng(3).normal(0, 0.3, ROWS)
    forecaster = small().fit({"y": warm[:450]}, "y")
    assert forecaster.predict()["lower"].min() < 4
    further = small(context=12).fit({"y": warm - 2.9}, "y")
    assert further.predict()["lower"].min() < 0


SALES = np.where(
    np.random.default_rng(4).random(1200) < 0.1,
    np.random.default_rng(5).poisson(5, 1200),
    0,
)


def test_intermittent_demand_is_forecast_by_its_mean():
    forecaster = small(epochs=3).fit({"y": SALES}, "y", test=240)
    rolling = forecaster.backtest({"y": SALES}, start=240)
    assert rolling.prediction.sum() == pytest.approx(rolling.truth.sum(), rel=0.35)
    assert (rolling.lower == 0).all()
    scores = forecaster.results_["scores"]
    assert scores["metric"] == "RMSE"
    assert "of the training values are 0" in scores["verdict"]
    values = scores["rows"][0]["values"]
    difference = (rolling.prediction - rolling.truth).mean()
    assert values["Bias"] == pytest.approx(difference)


def test_the_absolute_error_of_intermittent_demand_is_not_praised():
    forecaster = small(loss="absolute", epochs=3).fit({"y": SALES}, "y", test=240)
    verdict = forecaster.results_["scores"]["verdict"]
    assert forecaster.results_["scores"]["metric"] == "MAE"
    assert "may be that of forecasting nothing" in verdict


def test_solar_power_is_no_intermittent_demand():
    power = np.maximum(0, np.sin(2 * np.pi * np.arange(1200) / 24))
    power *= np.random.default_rng(6).uniform(0.7, 1, 1200)
    forecaster = small(context=48).fit({"y": power}, "y", test=240)
    assert forecaster.results_["scores"]["metric"] == "MAE"
    assert forecaster.backtest({"y": power}).lower.min() >= 0


def test_a_season_that_is_not_there_is_no_baseline():
    walk = np.cumsum(np.random.default_rng(7).normal(size=ROWS))
    hours = hourly(ROWS).with_columns(walk=pl.Series(walk))
    models = {
        target: [r["model"] for r in f.results_["scores"]["rows"]]
        for target in ("walk", "load")
        for f in [small().fit(hours, target, "time", past=[], test=60)]
    }
    assert not any(model.startswith("seasonal") for model in models["walk"])
    assert "seasonal naive (24 steps)" in models["load"]


def test_each_target_has_its_own_season():
    rng = np.random.default_rng(8)
    frame = {
        "a": np.sin(2 * np.pi * T / 12) + 0.1 * rng.normal(size=ROWS),
        "b": 1e3 * (np.sin(2 * np.pi * T / 7) + 0.1 * rng.normal(size=ROWS)),
    }
    forecaster = small().fit(frame, ["a", "b"], test=100)
    rows = {row["model"]: row for row in forecaster.results_["scores"]["rows"]}
    naive = rows["seasonal naive (12, 7 steps)"]
    assert naive["values"]["MASE"] == pytest.approx(1, abs=0.2)


def months(rows):
    return [dt.date(2001 + i // 12, 1 + i % 12, 1) for i in range(rows)]


def test_few_origins_are_said():
    season = 10 * np.sin(2 * np.pi * np.arange(144) / 12)
    values = season + np.random.default_rng(9).normal(size=144)
    frame = {"month": months(144), "y": values}
    forecaster = small(horizon=12).fit(frame, "y", "month", test=22)
    scores = forecaster.results_["scores"]
    assert scores["origins"] == 11  # every month of the test part is scored
    assert "11 forecasts that overlap, 22 steps in all" in scores["verdict"]
    one = small(horizon=12).fit(frame, "y", "month", test=12)
    assert one.results_["scores"]["split"].endswith("1 origin")
    assert "stands on one forecast" in one.results_["scores"]["verdict"]
    many = small().fit(hourly(), "load", "time", test=120).results_["scores"]
    assert many["origins"] == 20
    assert "stands on" not in many["verdict"]


@pytest.mark.parametrize("rows", [20, 36, 48, 60])
@pytest.mark.parametrize("test", [None, 0.15])
def test_a_short_monthly_series_is_forecast_with_all_defaults(rows, test):
    values = 200 + 7 * np.arange(rows) + 40 * np.sin(np.arange(rows) * 2.1)
    forecaster = elman.Forecaster(hidden_size=8, epochs=1, init="default")
    forecaster.fit({"month": months(rows), "y": values}, "y", test=test)
    assert forecaster.horizon_ == min(12, rows // 6)
    assert forecaster.predict().height == forecaster.horizon_
    assert all(np.isfinite(n) for n in numbers(forecaster.results_["scores"]["rows"]))


@pytest.mark.parametrize("test", [None, 0.15, 5, 0.3])
@pytest.mark.parametrize("horizon", [6, 12, 24])
def test_what_a_message_on_a_short_series_advises_works(horizon, test):
    frame = {"month": months(36), "y": np.arange(36.0) + np.sin(np.arange(36) * 2)}
    settings = {"hidden_size": 4, "epochs": 1, "init": "default"}
    if (horizon == 6 and test != 5) or (horizon == 12 and test is None):
        elman.Forecaster(horizon, **settings).fit(frame, "y", test=test)
        return
    with pytest.raises(InputError, match="at most") as caught:
        elman.Forecaster(horizon, **settings).fit(frame, "y", test=test)
    advised = int(str(caught.value).split("at most ")[1].split()[0])
    assert advised < horizon
    elman.Forecaster(advised, **settings).fit(frame, "y", test=test)


@pytest.mark.parametrize(
    ("every", "horizon"), [("1h", 24), ("1d", 24), ("1w", 13), ("1mo", 12), ("1q", 4)]
)
def test_the_default_horizon_suits_the_calendar(every, horizon):
    start, end = dt.datetime(1900, 1, 1), dt.datetime(2000, 1, 1)
    time = pl.datetime_range(start, end, every, eager=True)[:400]
    frame = {"time": time, "y": np.sin(np.arange(len(time)))}
    forecaster = elman.Forecaster(hidden_size=4, epochs=1, init="default", context=12)
    assert forecaster.fit(frame, "y").horizon_ == horizon


def test_the_default_horizon_is_kept_in_a_run(tmp_path):
    frame = {"month": months(60), "y": np.sin(np.arange(60.0))}
    forecaster = elman.Forecaster(hidden_size=4, epochs=1, init="default")
    forecaster.fit(frame, "y").save(tmp_path / "run")
    again = elman.load(tmp_path / "run")
    assert (again.horizon, again.horizon_) == (None, 10)
    assert again.predict().equals(forecaster.predict())


def test_a_start_as_a_number_counts_rows_from_the_end():
    frame = hourly()
    forecaster = small().fit(frame, "load", "time")
    rolling = forecaster.backtest(frame, start=60)
    assert rolling.time[0, 0] == np.datetime64(frame["time"][540])
    assert len(rolling) == 10


def test_a_long_series_says_that_its_picture_is_thinned():
    values = np.sin(2 * np.pi * np.arange(41_000) / 24)
    settings = {"context": 4, "horizon": 2, "windows_per_epoch": 64}
    forecaster = small(**settings).fit({"y": values}, "y")
    data = forecaster.results_["data"]
    assert data["every"] == 5  # 3 and 4 have a divisor in common with 24
    assert np.array_equal(data["value"], values[::5])
    assert any("one of 5 rows" in note for note in forecaster.results_["notes"])


def test_scores_leave_out_a_target_without_truth_and_one_without_scale():
    truth = np.array([[[1.0, np.nan, 4.0]]])
    prediction = np.array([[[2.0, 7.0, 6.0]]])
    scale = np.array([[1.0, 1.0, 1.0], [2.0, 1.0, np.nan]])
    scores = forecast_scores(truth, prediction, scale)
    assert (scores["MAE"], scores["MASE"]) == (1.5, 0.5)
    assert bias(truth, prediction, scale[0]) == 1.5


def test_errors_that_differ_by_rounding_are_the_same():
    rows = [
        {"model": "net", "kind": "network", "values": {"MAE": 1e-7}},
        {"model": "naive", "kind": "baseline", "values": {"MAE": 1e-15}},
    ]
    assert "same MAE" in verdict(rows, "MAE", 1e-6)[1]
    assert "baseline wins" in verdict(rows, "MAE", 1e-9)[1]


def test_intervals_of_few_windows_rest_on_the_training_parts_errors_too():
    rng = np.random.default_rng(10)
    folds = rng.normal(size=(400, 3, 1))
    few, many = rng.normal(0, 0.01, (5, 3, 1)), rng.normal(0, 0.01, (50, 3, 1))
    assert fewest_errors(0.9) == 19
    assert fewest_errors(0.5) == 3
    low, high = calibrated(few, folds, 0.9)
    assert (high - low > 2.5).all()
    low, high = calibrated(many, folds, 0.9)
    assert (high - low < 0.1).all()


def test_rounding_of_a_transformed_target_is_no_difference():
    growth = {"y": 1000 * 1.01 ** np.arange(120)}
    forecaster = small(context=12, epochs=1, scale="log").fit(growth, "y", test=24)
    scores = forecaster.results_["scores"]
    assert " have the same MAE, " in scores["verdict"]

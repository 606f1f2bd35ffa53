"""Long series and many targets stay within a page one can send by mail."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import numpy as np
import pytest

from elman.report import render
from elman.report._values import thin, times
from elman.report.drawing._time import date_labels, date_ticks
from elman.report.pictures._series import _thinned

LIMIT = 2_000_000


def test_twenty_thousand_points_and_seven_targets(forecast_results):
    rng = np.random.default_rng(0)
    n = 20_000
    start = datetime(2010, 1, 1)
    time = [(start + timedelta(hours=h)).isoformat() for h in range(n)]
    data = forecast_results["data"]
    data.update(time=time, value=rng.normal(size=n).tolist(), train_end=15_000)
    data["validation_end"] = 17_000
    test = {"time": time[-3000:]}
    for key in ("truth", "prediction", "linear", "lower", "upper"):
        test[key] = rng.normal(size=3000).tolist()
    forecast_results["forecast"]["test"] = test
    forecast_results["targets"] = {
        f"target {i}": copy.deepcopy(forecast_results["forecast"]) for i in range(7)
    }
    page = render(forecast_results)
    assert len(page.encode()) < LIMIT
    assert "target 0" in page


def test_many_sequences_points_and_classes(classify_results, regress_results):
    rng = np.random.default_rng(0)
    labels = [f"class {i}" for i in range(60)]
    classify_results["data"]["classes"] = dict.fromkeys(labels, 3)
    classify_results["data"]["lengths"] = rng.integers(5, 5000, 20_000).tolist()
    classify_results["confusion"] = {
        "labels": labels,
        "matrix": rng.integers(0, 9, (60, 60)).tolist(),
    }
    for example in classify_results["data"]["examples"]:
        example["values"] = rng.normal(size=(3, 5000)).tolist()
    assert len(render(classify_results).encode()) < LIMIT
    regress_results["predicted"] = {
        "truth": rng.normal(size=50_000).tolist(),
        "prediction": rng.normal(size=50_000).tolist(),
    }
    assert len(render(regress_results).encode()) < LIMIT


def test_thinning_keeps_every_spike_and_every_gap():
    y = np.random.default_rng(0).normal(size=10_000)
    y[1234], y[7777] = 99.0, -99.0
    y[4000:4400] = np.nan
    index, values = thin(y, 200)
    assert len(index) <= 400
    assert (np.diff(index) > 0).all()
    assert {1234, 7777} <= set(index.tolist())
    assert np.isnan(values[(index >= 4050) & (index < 4350)]).all()
    np.testing.assert_array_equal(values, y[index])
    np.testing.assert_array_equal(thin(y[:300], 200)[0], np.arange(300))


@pytest.mark.parametrize(
    ("start", "stop", "labels"),
    [
        ("2011-01-01", "2011-12-31T23:00", ["2011", "Mar", "May", "Jul", "Sep", "Nov"]),
        ("2011-11-01", "2011-11-03", None),
        ("2011-11-01T10:00", "2011-11-01T10:03", None),
        ("1900-01-01", "2020-01-01", ["1900", "1920", "1940", "1960"]),
        ("2011-11-01", "2011-11-01", None),
    ],
)
def test_date_ticks_are_few_and_inside(start, stop, labels):
    first, last = np.datetime64(start, "s"), np.datetime64(stop, "s")
    ticks = date_ticks(first, last, 8)
    assert len(ticks) <= 8
    assert ((ticks >= first) & (ticks <= last)).all()
    if labels:
        assert date_labels(ticks)[: len(labels)] == labels


@pytest.mark.parametrize("step", ["D", "M", "Y", None])
def test_other_time_steps_are_drawn(forecast_results, step):
    n = 300
    time = (
        [str(t) for t in np.arange(n).astype(f"datetime64[{step}]").astype("M8[D]")]
        if step
        else list(range(n))
    )
    data = forecast_results["data"]
    data.update(time=time, value=data["value"][:n], train_end=200, validation_end=250)
    forecast = forecast_results["forecast"]
    forecast["test"] = {k: v[:50] for k, v in forecast["test"].items()}
    forecast["test"]["time"] = time[250:]
    forecast["recent"] = {"time": time[-100:], "value": data["value"][-100:]}
    forecast["next"]["time"] = time[:24]
    assert "On the test part" in render(forecast_results)


def test_a_thinned_series_keeps_its_period(forecast_results):
    """Every third value kept: a week of 168 hours is 56 of the points shown."""
    data = forecast_results["data"]
    for key in ("time", "value"):
        data[key] = data[key][::3]
    data.update(train_end=340, validation_end=450)
    page = render(forecast_results)
    assert "One in 3 of the hourly values of count." in page
    assert "168 steps" in page
    recent = times(forecast_results["forecast"]["recent"]["time"])
    assert _thinned(times(data["time"]), recent) == 3

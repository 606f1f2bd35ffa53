"""Forecasts carry the times of their series: business days, fractions, local days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

import elman

ROWS = 160


def fit(times, **options):
    y = 50 + 5 * np.sin(2 * np.pi * np.arange(len(times)) / 5)
    frame = pl.DataFrame({"when": times, "y": y})
    model = elman.Forecaster(
        horizon=7, context=14, hidden_size=4, epochs=1, init="orthogonal", **options
    )
    return model.fit(frame, target="y", time="when"), frame


def working_days(first, count):
    days = (first + timedelta(days=i) for i in range(2 * count))
    return [day for day in days if day.weekday() < 5][:count]


def test_business_days_are_forecast_on_business_days(tmp_path):
    days = working_days(date(2023, 1, 2), ROWS + 7)
    model, frame = fit(days[:ROWS])
    assert model.predict()["time"].dt.date().to_list() == days[ROWS:]
    assert model.preparation_.calendar.week
    again = elman.load(model.save(tmp_path / "run"))
    # A window of less than three weeks shows no weekend twice.
    window = again.predict(frame.tail(14))
    assert window["time"].dt.date().to_list() == days[ROWS:]
    np.testing.assert_allclose(
        window["prediction"], model.predict(frame.tail(14))["prediction"], rtol=1e-4
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda i: datetime(2024, 1, 1) + timedelta(milliseconds=200 * i),
        lambda i: datetime(2024, 1, 1) + timedelta(seconds=i / 256),
        lambda i: 0.25 * i,
        lambda i: 1664440774.5 + 0.5 * i,
    ],
)
def test_steps_below_one_survive_saving(tmp_path, make):
    model, frame = fit([make(i) for i in range(ROWS)])
    expected = model.predict()["time"]
    last = elman.data.regular_series(frame, "when").axis.after(7)
    np.testing.assert_array_equal(expected.to_numpy(), last)
    again = elman.load(model.save(tmp_path / "run"))
    assert again.predict()["time"].equals(expected)
    assert again.predict(frame.tail(30))["time"].equals(expected)


def test_local_days_are_forecast_as_dates(tmp_path):
    berlin = ZoneInfo("Europe/Berlin")
    days = [datetime(2024, 1, 1, tzinfo=berlin) + timedelta(days=i) for i in range(200)]
    times = pl.Series(days, dtype=pl.Datetime("us", "Europe/Berlin"))
    model, frame = fit(times[:ROWS])
    expected = [day.date() for day in days[ROWS : ROWS + 7]]
    assert model.predict()["time"].dt.date().to_list() == expected
    again = elman.load(model.save(tmp_path / "run"))
    assert again.predict(frame.tail(40))["time"].dt.date().to_list() == expected


def test_what_was_decided_about_times_is_in_the_notes():
    rng = np.random.default_rng(0)
    beside = rng.integers(-1, 2, ROWS)
    times = [
        datetime(2015, 2, 4, 17, 51) + timedelta(minutes=16 * i, seconds=int(b))
        for i, b in enumerate(beside)
    ]
    model, _ = fit(times)
    notes = " ".join(model.results_["notes"])
    assert "lie beside even steps (every 16 minutes), by 0:00:01" in notes


def test_business_hours_are_forecast_on_business_hours(tmp_path):
    hours = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(24 * 40)]
    hours = [h for h in hours if h.weekday() < 5 and 9 <= h.hour < 17][: ROWS + 7]
    model, frame = fit(hours[:ROWS])
    assert model.predict()["time"].to_list() == hours[ROWS:]
    assert model.preparation_.calendar.slots == 24
    assert model.preparation_.calendar.week
    again = elman.load(model.save(tmp_path / "run"))
    window = again.predict(frame.tail(14))
    assert window["time"].to_list() == hours[ROWS:]
    np.testing.assert_allclose(
        window["prediction"], model.predict(frame.tail(14))["prediction"], rtol=1e-4
    )

"""Intervals follow the errors since the fit, and only those known at the origin."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import elman
from elman.tasks.forecast.intervals._offsets import Offsets, as_they_stand
from elman.tasks.forecast.intervals._widening import HORIZONS, widening

H = 4


def wide(raw, origins, *, until=40.0, spread=1.0, forecast=None):
    """The factors for forecasts of 0 with errors of a spread of 1 in calibration."""
    raw = np.append(np.asarray(raw, float), np.full(H, np.nan))[:, None]
    data = SimpleNamespace(
        raw=raw,
        table=SimpleNamespace(truth=raw),
        time=np.arange(float(len(raw))),
    )
    preparation = SimpleNamespace(wild=lambda values: np.abs(values) > 1000)
    ends = np.ones((H, 1))
    spread = None if spread is None else np.full((H, 1), spread)
    offsets = Offsets(
        -ends, ends, (), np.zeros((0, H, 1)), *as_they_stand(1), spread, until
    )
    found = widening(
        preparation,
        offsets,
        data,
        np.asarray(origins),
        3,
        forecast or (lambda recent: np.zeros((len(recent), H, 1))),
    )
    assert found.shape == (len(origins), 1, 1)
    return found[:, 0, 0]


def test_errors_as_in_the_calibration_change_nothing():
    signs = np.where(np.arange(120) % 2, 1.0, -1.0)
    np.testing.assert_allclose(wide(signs, [30, 40, 41, 60, 120]), 1.0)


def test_larger_errors_widen_once_they_are_known():
    raw = np.ones(120)
    raw[60:] = 5.0
    found = wide(raw, [60, 61, 64, 72, 120])
    assert found[0] == 1.0
    assert (np.diff(found) > 0).all()
    # All of the last five horizons, beside one of the calibration: of 20 recent
    # forecasts those of the last three have steps that lie ahead.
    assert found[-1] == pytest.approx(np.sqrt((1 + HORIZONS * 25) / (1 + HORIZONS)))


def test_smaller_errors_narrow_a_little():
    np.testing.assert_allclose(wide(np.full(120, 0.1), [120]), 0.8)


def test_forecasts_before_the_end_of_the_fit_do_not_count():
    raw = np.full(60, 9.0)
    np.testing.assert_allclose(wide(raw, [41, 60], until=60.0), 1.0)
    assert wide(raw, [41], until=40.0)[0] > 1
    # Origins are asked for once each, none before the fit's end or after an origin.
    asked = []

    def forecast(recent):
        asked.extend(recent)
        return np.zeros((len(recent), H, 1))

    wide(raw, [44, 45, 46], forecast=forecast)
    assert asked == [40, 41, 42, 43, 44, 45]


def test_gaps_and_wild_values_do_not_count():
    raw = np.ones(120)
    raw[100:104] = [np.nan, -9999, np.nan, 9999]
    np.testing.assert_allclose(wide(raw, [120]), 1.0)


def test_a_run_of_an_earlier_version_keeps_its_intervals():
    np.testing.assert_allclose(wide(np.full(120, 9.0), [120], spread=None), 1.0)


@pytest.mark.parametrize("dated", [True, False])
def test_a_restless_time_widens_what_follows(dated, tmp_path):
    rng, t = np.random.default_rng(0), np.arange(160)
    noise = rng.normal(0, np.where(t < 100, 1.0, 8.0))
    time = np.datetime64("2000-01-01") + t if dated else t
    frame = pl.DataFrame({"time": time, "y": 50 + noise})
    forecaster = elman.Forecaster(horizon=3, context=6, epochs=1, hidden_size=2)
    forecaster.fit(frame, "y", "time", test=60)
    rolling = forecaster.backtest(frame, start=60, stride=1)
    width = (rolling.upper - rolling.lower)[:, -1, 0]
    assert width[-20:].mean() > 2 * width[0]
    loaded = elman.load(forecaster.save(tmp_path))
    for rows in (110, 150):
        found = loaded.predict(frame[:rows])
        row = rows - 100
        for name in ("lower", "upper"):
            expected = getattr(rolling, name)[row, :, 0]
            np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-4)
    # The rows that fit ended with are enough.
    for name in ("lower", "upper"):
        np.testing.assert_allclose(
            loaded.predict()[name], loaded.predict(frame)[name], rtol=1e-4
        )

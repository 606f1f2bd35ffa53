"""Intervals of series whose errors grow with their level."""

import numpy as np
import polars as pl
import pytest

import elman
from elman.tasks.forecast.intervals._offsets import Offsets, as_they_stand
from elman.tasks.forecast.intervals._proportional import _in_history


def _growing(rows: int, growth: float, noise: float) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    path = np.exp(growth * np.arange(rows) + rng.normal(0, noise, rows))
    return pl.DataFrame({"step": np.arange(rows), "y": path})


def _fitted(frame: pl.DataFrame) -> elman.Forecaster:
    forecaster = elman.Forecaster(horizon=6, epochs=1, quantiles=(0.1, 0.9))
    forecaster.fit(frame, target="y", time="step", test=24)
    # Without what the errors since the fit add to it.
    forecaster.offsets_ = forecaster.offsets_._replace(spread=None)
    return forecaster


def test_intervals_grow_with_a_series_that_grows_by_a_rate(tmp_path):
    frame = _growing(110, 0.05, 0.08)
    forecaster = _fitted(frame)
    rolling = forecaster.backtest(frame, start=24)
    assert rolling.coverage() >= 0.7  # it was 0.3 with widths that stay
    width = rolling.upper - rolling.lower
    np.testing.assert_allclose(
        width[-1] / width[0], rolling.prediction[-1] / rolling.prediction[0], rtol=1e-3
    )
    assert (rolling.quantiles[0] <= rolling.quantiles[1]).all()
    forecaster.save(tmp_path / "run")
    kept = elman.load(tmp_path / "run")
    assert kept.predict().equals(forecaster.predict())


def test_intervals_of_a_line_with_even_noise_stay():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"step": np.arange(110)}).with_columns(
        y=50 + 3.0 * pl.col("step") + pl.Series(rng.normal(0, 5, 110))
    )
    rolling = _fitted(frame).backtest(frame, start=24)
    width = rolling.upper - rolling.lower
    np.testing.assert_allclose(width[-1], width[0], rtol=1e-3)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_history_tells_rates_from_steps_in_any_unit(scale):
    rng = np.random.default_rng(1)
    steps = np.arange(120)
    rates = np.exp(0.03 * steps + np.cumsum(rng.normal(0, 0.05, 120)))
    line = 20 + steps + rng.normal(0, 2, 120)
    assert _in_history(scale * rates, 4)
    assert not _in_history(scale * line, 4)


def test_offsets_multiply_the_level_down_to_the_least():
    half = np.ones((2, 1))
    offsets = Offsets(-half, half, (), np.zeros((0, 2, 1)), *as_they_stand(1))
    relative = offsets._replace(zero=np.array([-1.0]), least=np.array([0.5]))
    forecast = np.array([[[2.0], [-1.0]]])
    low, high, _ = offsets.ends(forecast)
    np.testing.assert_array_equal(high - low, 2 * np.ones((1, 2, 1)))
    low, high, _ = relative.ends(forecast)
    np.testing.assert_array_equal((high - low)[0, :, 0], [6.0, 1.0])
    assert "interval.zero" not in offsets.tensors()
    np.testing.assert_array_equal(
        Offsets.from_tensors(relative.tensors()).zero, relative.zero
    )

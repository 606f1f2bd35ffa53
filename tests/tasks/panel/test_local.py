"""Forecasts of a series from itself alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.tasks.panel._local import local_forecast
from elman.tasks.panel._series import SeriesSet
from elman.tasks.panel._space import Space

AHEAD = 3


def one(values):
    """Return a set of one series with its future rows."""
    values = np.asarray(values, dtype=float)
    rows = len(values) + AHEAD
    nothing = np.zeros((rows, 0))
    return SeriesSet(
        starts=np.array([0, rows]),
        stops=np.array([len(values)]),
        time=np.arange(rows),
        raw=np.concatenate([values, np.full(AHEAD, np.nan)]),
        space=Space.NONE,
        season=1,
        known=nothing,
        past=nothing,
        encoder=torch.zeros(rows, 0),
        decoder=torch.zeros(rows, 0),
    )


def forecast(name, values):
    series = one(values)
    return local_forecast(name)(series, series.stops, AHEAD)[0]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("last value", [1, 3, 2], [2, 2, 2]),
        ("drift", [1, 9, 5], [7, 9, 11]),
        ("half the drift", [1, 9, 5], [6, 7, 8]),
        ("drift of the last 4 steps", [50, 1, 7, 7, 7, 9], [11, 13, 15]),
        ("drift of the last 4 steps", [4, 6], [8, 10, 12]),
        ("drift of the last 4 steps", [4], [4, 4, 4]),
        ("drift of the last 8 steps", [9, 0, 1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11]),
        ("drift of the logarithm", [1, 5, 4], [8, 16, 32]),
        ("drift of the logarithm", [0, 5, 4], [4, 4, 4]),
        ("drift of the logarithm", [1, 5, -4], [-4, -4, -4]),
    ],
)
def test_forecasts_are_those_of_hand(name, values, expected):
    np.testing.assert_allclose(forecast(name, values), expected)


@pytest.mark.parametrize("kind", ["quick smoothing (full", "quick smoothing (damped"])
def test_a_line_is_carried_on_by_a_full_trend_alone(kind):
    found = forecast(f"{kind} trend, season 1)", 2.0 * np.arange(20))
    if "full" in kind:
        np.testing.assert_allclose(found, [40, 42, 44], atol=1e-4)
    else:
        assert 38 < found[0] < 40
        assert np.diff(found)[0] > np.diff(found)[1] > 0


def test_names_say_which_parameters():
    line = 2.0 * np.arange(20)
    slow, quick = (
        forecast(f"{name} (damped trend, season 1)", line)
        for name in ("smoothing", "quick smoothing")
    )
    assert not np.allclose(slow, quick)
    with pytest.raises(ValueError, match="wavelets"):
        local_forecast("wavelets")

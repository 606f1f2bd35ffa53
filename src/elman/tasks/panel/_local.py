"""Forecasts of a series from itself alone, at many origins of many series at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from elman.tasks.forecast.local._smoothing import Smoothing

from ._series import Array, Rows, SeriesSet

# Rows that smoothing looks back: so many seasons, and at least so many.
_SEASONS, _LEAST_WINDOW = 5, 30
_BATCH = 8192

Local = Callable[[SeriesSet, Rows, int], Array]


def last_value(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the last value, again and again."""
    return np.repeat(series.filled[origins - 1][:, None], horizon, 1)


def drift(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the line through the first and the last value."""
    last, first = series.filled[origins - 1], series.starts[series.owner[origins - 1]]
    slope = (last - series.filled[first]) / np.maximum(origins - 1 - first, 1)
    return last[:, None] + slope[:, None] * np.arange(1, horizon + 1)


def seasonal_naive(season: int) -> Local:
    """Return the forecast that repeats the last season; short series' last value."""

    def forecast(series: SeriesSet, origins: Rows, horizon: int) -> Array:
        steps = np.arange(horizon) % season - season
        again = series.filled[np.maximum(origins[:, None] + steps, 0)]
        short = series.history(origins) < season
        return np.where(short[:, None], series.filled[origins - 1][:, None], again)

    return forecast


def recent_mean(width: int) -> Local:
    """Return the forecast of the mean of the last steps."""

    def forecast(series: SeriesSet, origins: Rows, horizon: int) -> Array:
        mean = series.filled[series.behind(origins, width)].mean(1)
        return np.repeat(mean[:, None], horizon, 1)

    return forecast


def smoothing(trend: str, season: int) -> Local:
    """Return exponential smoothing with parameters that suit most series.

    They are given, not fitted, so that an earlier forecast knows nothing of what
    came later; which of them suits a series, its weights say.
    """
    model = Smoothing(
        "damped" if trend == "damped" else "none",
        season,
        alpha=0.4 if trend == "damped" else 0.25,
        beta=0.1 if trend == "damped" else 0.0,
        gamma=0.15 if season > 1 else 0.0,
        phi=0.9 if trend == "damped" else 1.0,
    )
    longest = max(_SEASONS * season, _LEAST_WINDOW)

    def forecast(series: SeriesSet, origins: Rows, horizon: int) -> Array:
        lengths = np.minimum(series.history(origins), longest)
        out = np.empty((len(origins), horizon))
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for part in np.array_split(rows, len(rows) // _BATCH + 1):
                window = series.filled[series.behind(origins[part], int(length))]
                out[part] = window @ model.weights(int(length), horizon)
        return out

    return forecast


def local_forecast(name: str) -> Local:
    """Return the forecast of this name, such as "seasonal naive (12 steps)".

    Raises
    ------
    ValueError
        There is none.
    """
    if name in ("last value", "drift"):
        return last_value if name == "last value" else drift
    if name.startswith("smoothing"):
        trend, season = re.findall(r"\((\w+) trend, season (\d+)\)", name)[0]
        return smoothing(trend, int(season))
    for start, made in (("seasonal naive", seasonal_naive), ("mean of", recent_mean)):
        if name.startswith(start):
            return made(int(re.findall(r"\d+", name)[0]))
    raise ValueError(name)

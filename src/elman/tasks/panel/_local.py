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
# The most a logarithm is carried on by.
_FARTHEST = 3.0
# Weights of an error in the level, the slope and the season; the share of a slope that
# remains. The quick ones follow a series whose level is known well.
_SMOOTHED = {
    "smoothing (no trend": ("none", 0.25, 0.0, 0.15, 1.0),
    "smoothing (damped trend": ("damped", 0.4, 0.1, 0.15, 0.9),
    "quick smoothing (damped trend": ("damped", 0.8, 0.2, 0.15, 0.9),
    "quick smoothing (full trend": ("additive", 0.8, 0.2, 0.15, 1.0),
}

Local = Callable[[SeriesSet, Rows, int], Array]


def last_value(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the last value, again and again."""
    return np.repeat(series.filled[origins - 1][:, None], horizon, 1)


def drift(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the line through the first and the last value."""
    last, first = series.filled[origins - 1], series.starts[series.owner[origins - 1]]
    slope = (last - series.filled[first]) / np.maximum(origins - 1 - first, 1)
    return last[:, None] + slope[:, None] * np.arange(1, horizon + 1)


def half_drift(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the middle of the last value and the drift, theta's answer."""
    parts = (forecast(series, origins, horizon) for forecast in (last_value, drift))
    return np.mean(list(parts), 0)


def recent_drift(steps: int) -> Local:
    """Return the forecast of the line through the last value and one before."""

    def forecast(series: SeriesSet, origins: Rows, horizon: int) -> Array:
        last = series.filled[origins - 1]
        back = np.minimum(steps, series.history(origins) - 1)
        slope = (last - series.filled[origins - 1 - back]) / np.maximum(back, 1)
        return last[:, None] + slope[:, None] * np.arange(1, horizon + 1)

    return forecast


def growth(series: SeriesSet, origins: Rows, horizon: int) -> Array:
    """Return the drift of the logarithm: the last value where one is not above 0."""
    last = series.filled[origins - 1]
    first = series.filled[series.starts[series.owner[origins - 1]]]
    positive = (last > 0) & (first > 0)
    ratio = np.where(positive, last, 1.0) / np.where(positive, first, 1.0)
    rate = np.log(ratio) / np.maximum(series.history(origins) - 1, 1)
    grown = rate[:, None] * np.arange(1, horizon + 1)
    return last[:, None] * np.exp(np.clip(grown, -_FARTHEST, _FARTHEST))


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


def smoothing(kind: str, season: int) -> Local:
    """Return exponential smoothing with parameters that suit most series.

    They are given, not fitted, so that an earlier forecast knows nothing of what
    came later; which of them suits a series, its weights say.
    """
    trend, alpha, beta, gamma, phi = _SMOOTHED[kind]
    model = Smoothing(trend, season, alpha, beta, gamma if season > 1 else 0.0, phi)
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


_PLAIN: dict[str, Local] = {
    "last value": last_value,
    "drift": drift,
    "half the drift": half_drift,
    "drift of the logarithm": growth,
}
_OF_STEPS: dict[str, Callable[[int], Local]] = {
    "seasonal naive": seasonal_naive,
    "mean of": recent_mean,
    "drift of the last": recent_drift,
}


def local_forecast(name: str) -> Local:
    """Return the forecast of this name, such as "seasonal naive (12 steps)".

    Raises
    ------
    ValueError
        There is none.
    """
    if name in _PLAIN:
        return _PLAIN[name]
    kind, _, rest = name.partition(", season ")
    if kind in _SMOOTHED:
        return smoothing(kind, int(rest.removesuffix(")")))
    for start, made in _OF_STEPS.items():
        if name.startswith(start):
            return made(int(re.findall(r"\d+", name)[0]))
    raise ValueError(name)

"""The fundamental period in an autocorrelation function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def prominences(values: Array) -> Array:
    """Height of each local maximum above the higher of its two valleys.

    A peak's valley on one side is the lowest value before something higher, or
    before the end. Zero where there is no interior local maximum.

    Parameters
    ----------
    values : array (n,)

    Returns
    -------
    array (n,)
    """
    result = np.zeros(len(values))
    for i in range(1, len(values) - 1):
        if not values[i - 1] < values[i] >= values[i + 1]:
            continue
        higher = np.flatnonzero(values > values[i])
        left = higher[higher < i].max(initial=-1)
        right = higher[higher > i].min(initial=len(values))
        valley = max(values[left + 1 : i].min(), values[i + 1 : right].min())
        result[i] = values[i] - valley
    return result


def fundamental(
    r: Array, threshold: Array, *, margin: float, noise: float
) -> int | None:
    """Lag of the longest period that stands out, its first peak, not a multiple.

    Peaks of an hourly series with a daily and a weekly rhythm lie at 24, 48, …
    Among those values the one at 168 is a peak again: the scan climbs from the
    peaks to the peaks of the peaks while there are any, and returns the first
    of the last level.

    Parameters
    ----------
    r : array (K + 1,)
        Autocorrelation from lag 0.
    threshold : array (K + 1,)
        What a peak must reach, both as a value and as a prominence.
    margin : float
        How far the peaks must rise from their lowest to a peak among them.
    noise : float
        Two peaks that differ by less are equally high.

    Returns
    -------
    int or None
        The lag, or None when nothing stands out.
    """
    tall = (prominences(r) >= threshold) & (r >= threshold)
    tall[:3] = False  # an alternation of two steps is no season
    lags = np.flatnonzero(tall)
    found: int | None = None
    while len(lags):
        found = int(lags[0])
        lags = _crests(lags, r[lags], margin, noise)
    return None if found is None else _level(r, found)


def _crests(
    lags: NDArray[np.int64], values: Array, margin: float, noise: float
) -> NDArray[np.int64]:
    """Lags where the envelope, having sunk, has risen by a margin and sinks again."""
    crests = []
    low, rise = values[0], -1  # the lowest since the last crest; where the climb began
    for i, value in enumerate(values):
        if rise < 0:
            low = min(low, value)
            if value < low + margin:
                continue
            rise = i
        top = rise + int(np.argmax(values[rise : i + 1]))
        ends = i == len(values) - 1
        # The last value may still be on its way up.
        if values[top] - value >= margin or (ends and top < i):
            climb = slice(rise, top + 1)
            crests.append(_first(lags[climb], values[climb], noise))
            low, rise = value, -1
    return np.array(crests, dtype=np.int64)


def _first(lags: NDArray[np.int64], values: Array, noise: float) -> int:
    """Of a period and its multiples, equally high but for noise, the period."""
    divides = lags[-1] % lags == 0
    return int(lags[divides & (values >= values[-1] - noise)][0])


def _level(r: Array, lag: int) -> int:
    """Correct a peak's place for the slope of the decay it sits on."""
    reach = max(1, lag // 2)
    low, high = lag - reach, min(lag + reach, len(r) - 1)
    left = low + int(np.argmin(r[low:lag]))
    right = lag + 1 + int(np.argmin(r[lag + 1 : high + 1])) if high > lag else lag
    if right <= left + 1:
        return lag
    chord = np.interp(np.arange(left, right + 1), [left, right], r[[left, right]])
    return left + int(np.argmax(r[left : right + 1] - chord))

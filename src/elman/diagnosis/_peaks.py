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


def fundamental(r: Array, threshold: Array, margin: float) -> int | None:
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
        What a peak must reach, both as a value and as a prominence; its value
        at lag 1 is the noise between two peaks.
    margin : float
        How far the peaks must rise from their lowest to a peak among them.

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
        lags = lags[_crests(r[lags], margin, float(threshold[1]))]
    return None if found is None else _level(r, found)


def _crests(values: Array, margin: float, noise: float) -> list[int]:
    """Where the envelope, having sunk, has risen by a margin and stops rising.

    Of equal heights (within the noise) the first counts: a pure weekly rhythm
    has the same value at 7, 14, 21, ….
    """
    crests = []
    low, high = values[0], -np.inf
    for i, value in enumerate(values):
        if high == -np.inf:
            low = min(low, value)
            if value < low + margin:
                continue
            high, crest = value, i
        elif value > high + noise:
            high, crest = value, i
        ends = i == len(values) - 1
        # The last value may still be on its way up.
        if high - value >= margin or (ends and crest < i):
            crests.append(crest)
            low, high = value, -np.inf
    return crests


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

"""Target values that no process of this kind produced: glitches and sentinels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elman.tasks._bounds import bounds

# Beyond the bounds by so many times what lies between them nothing is real.
_FARTHEST = 10.0
# So many unlike values out there in a row are another level, not a glitch.
_LEVEL = 3


def typical(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, K) with NaN where a value lies beyond its own column's bounds."""
    columns = []
    for column in values.T:
        low, high = bounds(column[np.isfinite(column)])
        columns.append(np.where((column < low) | (column > high), np.nan, column))
    return np.stack(columns, 1)


def outside(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return (T, K): which values lie beyond their column's bounds."""
    found: NDArray[np.bool_] = (values < low) | (values > high)
    return found


def counted_missing(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return (T, K): which values beyond the bounds are no use as an input.

    A glitch says nothing of the next step; a series that has moved to another
    level does. From the third unlike value in a row on it is a level, and taken
    as it is. Row t depends on rows up to t alone.

    Parameters
    ----------
    values : ndarray
        (T, K); NaN is missing.
    low, high : ndarray
        (K,).
    """
    beyond = outside(values, low, high)
    if not beyond.any():
        return beyond
    with np.errstate(invalid="ignore"):
        room = _FARTHEST * (high - low)
        absurd = (values < low - room) | (values > high + room)
        moved = np.zeros_like(beyond)
        moved[1:] = beyond[1:] & beyond[:-1] & (values[1:] != values[:-1])
    # How many values of this run have differed from the one before.
    steps = np.cumsum(moved, 0)
    before = np.maximum.accumulate(np.where(beyond, 0, steps), 0)
    return beyond & (absurd | (steps - before < _LEVEL - 1))

"""Gaps filled from what came before them, so that no forecast sees its future."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def filled(values: Array, season: int = 1) -> Array:
    """Return the series with each gap filled by the value a season earlier.

    By the last value where that is missing too; rows before a series' first value
    stay NaN.

    Parameters
    ----------
    values : ndarray
        (T, S), NaN where missing.
    season : int
        1 carries the last value forward.
    """
    found = np.array(values, np.float64)
    for t in np.flatnonzero(np.isnan(found).any(1)):
        if t == 0:
            continue
        before = found[t - season] if t >= season else np.full_like(found[t], np.nan)
        before = np.where(np.isnan(before), found[t - 1], before)
        found[t] = np.where(np.isnan(found[t]), before, found[t])
    return found


def first_values(values: Array) -> NDArray[np.int64]:
    """Return (S,) the first row with a value; the number of rows if there is none."""
    known = np.isfinite(values)
    first = known.argmax(0)
    return np.where(known.any(0), first, len(values)).astype(np.int64)

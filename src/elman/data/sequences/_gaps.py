"""The time since the step before, from a column of times."""

from __future__ import annotations

from typing import Literal

import numpy as np

Gaps = Literal["auto", "on", "off"]

_ALIKE = 0.01  # of the median gap: times that differ no more are taken at a fixed rate


def gaps_of(values: np.ndarray, per: int, starts: np.ndarray) -> np.ndarray:
    """Return the time since the step before, NaN for the first of each sequence.

    Parameters
    ----------
    values : ndarray
        (rows,), sequences end to end, each in order of time: moments, or counts.
    per : int
        Parts of a count.
    starts : ndarray
        Where each sequence starts.

    Returns
    -------
    ndarray
        float64 (rows,): seconds of moments, else in the unit of the counts.
    """
    since = np.diff(values, prepend=values[:1])
    if values.dtype.kind == "M":
        gaps = since / np.timedelta64(1, "s")
    else:
        gaps = since.astype(np.float64) / per
    gaps[starts] = np.nan
    return np.asarray(gaps, np.float64)


def are_irregular(gaps: np.ndarray) -> bool:
    """Return whether gaps differ by more than a hundredth of their median."""
    known = gaps[~np.isnan(gaps)]
    if len(known) < 2:
        return False
    return bool(np.ptp(known) > _ALIKE * abs(float(np.median(known))))

"""Several rows a second where no unit of time divides into them: 256 hertz."""

from __future__ import annotations

import numpy as np

MICRO = 10**6
_FEWEST = 16


def rate_of(ticks: np.ndarray, per: int) -> tuple[int, np.ndarray] | None:
    """Return how many steps a second has, and the step of each row, from 0.

    The times of such steps are rounded: gaps of 3906 and 3907 microseconds are 256
    hertz. Rows may be missing.

    Parameters
    ----------
    ticks : numpy.ndarray
        (rows,), int64, rising.
    per : int
        Ticks in a second.

    Returns
    -------
    tuple or None
        None where rows lie more than a tick beside every whole rate.
    """
    gaps = np.diff(ticks)
    if len(ticks) < _FEWEST or per == 1:
        return None
    size = float(np.median(gaps))
    for _ in range(3):  # the middle gap is rounded, the mean of all is not
        steps = np.rint(gaps / size)
        if steps.min() < 1:
            return None
        size = float(gaps.sum() / steps.sum())
    rate = round(per / size)
    if rate < 2 or per % rate == 0:
        return None
    found = np.concatenate([[0], np.cumsum(steps.astype(np.int64))])
    beside = (ticks - ticks[0]) * rate - found * per
    if int(np.abs(beside).max()) > rate:
        return None
    return rate, found


def place_at_rate(first: np.datetime64, steps: np.ndarray, rate: int) -> np.ndarray:
    """Return the times so many steps after the first, to the microsecond."""
    start = first.astype("M8[us]")
    second = start.astype("M8[s]")
    within = int((start - second).astype(np.int64))
    before = (within * rate + MICRO // 2) // MICRO
    if abs(within * rate - before * MICRO) <= rate:
        # The first time is rounded too: counted from its whole second none of that
        # is left, and a part of a series has the same times as the whole.
        start, steps = second.astype("M8[us]"), steps + before
    after = (steps * MICRO + rate // 2) // rate
    return np.asarray(start + after.astype("m8[us]"))


def steps_at_rate(stamps: np.ndarray, rate: int) -> np.ndarray | None:
    """Return the step of each time, from 0; None where one lies beside all steps."""
    unit = np.datetime_data(stamps.dtype)[0]
    tick = {"s": MICRO, "ms": 1000}.get(unit, 1)
    after = (stamps - stamps[0]).astype("m8[us]").astype(np.int64)
    steps = (after * rate + MICRO // 2) // MICRO
    off = np.abs(after * rate - steps * MICRO)
    return steps if int(off.max()) <= tick * rate else None

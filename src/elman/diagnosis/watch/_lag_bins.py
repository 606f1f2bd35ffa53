"""Lags in bins: single steps up to 8, then four to every doubling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SINGLE = 8
"""Lags below this have a bin each; it doubles every four bins beyond."""


@lru_cache(maxsize=256)
def firsts(longest: int) -> tuple[int, ...]:
    """Return the first lag of each bin up to a longest lag.

    0, 1, …, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, …: the same for every
    length, so that batches of different lengths can be compared.
    """
    found = [0]
    while (lag := _after(found[-1])) <= longest:
        found.append(lag)
    return tuple(found)


@lru_cache(maxsize=256)
def pairs(bins: int) -> tuple[tuple[int, int], ...]:
    """Return the first and the last lag of so many bins."""
    found: list[tuple[int, int]] = []
    first = 0
    for _ in range(bins):
        found.append((first, _after(first) - 1))
        first = _after(first)
    return tuple(found)


def _after(first: int) -> int:
    """Return where a bin that begins at a lag ends."""
    if first < SINGLE:
        return first + 1
    return first + (1 << (first.bit_length() - 1)) // 4


def by_lag(norms: Array, lengths: NDArray[np.int64]) -> Array:
    """Mean of the norms in each bin of lags, over the rows and steps that are there.

    Parameters
    ----------
    norms : array (T, B)
        In the order of the direction.
    lengths : array (B,)
        Steps of each row; a row's lag is counted from its own last step.

    Returns
    -------
    array (bins,)
    """
    longest = int(lengths.max(initial=0)) - 1
    if longest < 0:
        return np.zeros(0)
    begin = np.array(firsts(longest))
    steps = len(norms)
    # The sums at each lag, then those of each bin.
    if (lengths == steps).all():
        totals, counts = norms.sum(1)[::-1], np.full(steps, len(lengths))
    else:
        lag = lengths - 1 - np.arange(steps)[:, None]
        here = lag >= 0
        totals = np.bincount(lag[here], norms[here], longest + 1)
        counts = np.bincount(lag[here], None, longest + 1)
    return np.asarray(
        np.add.reduceat(totals, begin) / np.maximum(np.add.reduceat(counts, begin), 1)
    )

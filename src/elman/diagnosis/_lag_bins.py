"""Lags in bins: single steps up to 8, then four to every doubling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SINGLE = 8
"""Lags below this have a bin each; it doubles every four bins beyond."""


def firsts(longest: int) -> list[int]:
    """Return the first lag of each bin up to a longest lag.

    0, 1, …, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, …: the same for every
    length, so that batches of different lengths can be compared.
    """
    found = [0]
    while (lag := _after(found[-1])) <= longest:
        found.append(lag)
    return found


def pairs(bins: int) -> list[tuple[int, int]]:
    """Return the first and the last lag of so many bins."""
    found: list[tuple[int, int]] = []
    first = 0
    for _ in range(bins):
        found.append((first, _after(first) - 1))
        first = _after(first)
    return found


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
    lag = lengths - 1 - np.arange(len(norms))[:, None]
    here = lag >= 0
    begin = firsts(longest)
    place = np.searchsorted(begin, lag[here], side="right") - 1
    total = np.bincount(place, norms[here], len(begin))
    return np.asarray(total / np.maximum(np.bincount(place, None, len(begin)), 1))

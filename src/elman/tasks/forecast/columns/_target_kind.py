"""What kind of number a target is: bounded by zero, or mostly zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._transform import whole

Array = NDArray[np.float64]


def bounded_by_zero(values: Array) -> bool:
    """Tell whether forecasts of a target should not go below 0.

    It was never negative, and zero is a wall, not a value it happened to stay
    above: whole numbers that come near 0 (counts), a zero that occurs more than
    once, or values that crowd at their lower end instead of thinning out
    (concentrations, solar power). A temperature that was never below freezing
    is not bounded.

    Parameters
    ----------
    values : ndarray
        (n,), training values; NaN is missing.
    """
    known = values[np.isfinite(values)]
    if len(known) < 2 or known.min() < 0 or not known.max() > 0:
        return False
    lowest, second, high = np.quantile(known, [0, 0.02, 0.99])
    if lowest > 0.1 * high:
        return False
    if whole(known):
        return True
    crowded = second - lowest <= 0.05 * (high - lowest) and lowest <= 0.02 * high
    return bool(crowded or np.count_nonzero(known == 0) > 1)


def intermittent(values: Array, slots: int) -> bool:
    """Tell whether the median of a target is nothing, though its sum is not.

    At least half of the values are 0, the rest positive, and the medians of the
    places in its season, which is what a forecast of least absolute error comes
    to, add up to less than half of what there was: spare parts that sell one day
    in ten, but not solar power, which is 0 every night.

    Parameters
    ----------
    values : ndarray
        (n,), training values; NaN is missing.
    slots : int
        The season, or 1.
    """
    known = np.isfinite(values)
    if not known.any() or values[known].min() < 0 or values[known].sum() <= 0:
        return False
    if np.count_nonzero(values[known] == 0) < 0.5 * known.sum():
        return False
    place = np.arange(len(values)) % slots
    said = np.zeros(len(values))
    for slot in range(slots):
        own = known & (place == slot)
        if own.any():
            said[own] = np.median(values[own])
    return bool(said[known].sum() < 0.5 * values[known].sum())


def share_of_zeros(values: Array) -> float:
    """Return the share of the known values that are 0."""
    known = values[np.isfinite(values)]
    return float(np.mean(known == 0)) if len(known) else 0.0

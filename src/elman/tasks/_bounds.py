"""How far the values of a column reach before they count as wild."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A Gaussian column keeps values within ±27 standard deviations, so that only
# what no process of this kind produced is touched.
_REACH = 5.0
# Rare events are as far out as a rare glitch, but they come back in like size;
# beyond so many ranges even that is no event.
_FARTHEST_EVENT = 100.0
_FEWEST_EVENTS = 5
_MOST_LEVELS = 50


def bounds(known: NDArray[np.float64]) -> tuple[float, float]:
    r"""Return the lowest and highest value that still belong to a column.

    With :math:`r = q_{99} - q_1` they are :math:`q_1 - 5 r` and
    :math:`q_{99} + 5 r`. Only the far tail of a continuous distribution lies
    outside: where one value makes up more than half of the column (rain, most
    flags), the percentiles are those of the other values; a column of two
    values has no bounds; a value that occurs twice among few different ones is
    a level, not a tail; and five values or more out there of like size, not all
    equal, are a rare event, not a fault.

    Parameters
    ----------
    known : ndarray
        (n,), finite.
    """
    if len(known) < 4:
        return -np.inf, np.inf
    levels, counts = np.unique(known, return_counts=True)
    if len(levels) < 3:
        return -np.inf, np.inf
    mode = levels[counts.argmax()]
    mostly = counts.max() > 0.5 * len(known)
    low, high = percentiles(known[known != mode] if mostly else known)
    if mostly:
        low, high = min(low, mode), max(high, mode)
    if len(levels) <= _MOST_LEVELS and len(known) >= 4 * len(levels):
        repeated = levels[counts > 1]
        low, high = min(low, repeated[0]), max(high, repeated[-1])
    width = high - low
    if not width > 0:
        return -np.inf, np.inf
    first, last = percentiles(known)
    reach = max(_REACH * (last - first), 2 * width)
    below = _room(np.sort(low - known[known < low]), width, reach)
    above = _room(np.sort(known[known > high] - high), width, reach)
    return float(low - below), float(high + above)


def percentiles(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 1st and 99th percentile, rounded inwards.

    That keeps a single wild value out of the percentile itself, however few
    values there are.
    """
    low = np.percentile(values, 1, method="higher")
    high = np.percentile(values, 99, method="lower")
    return float(min(low, high)), float(max(low, high))


def spread(values: NDArray[np.float64]) -> float:
    """Return the standard deviation, exact for tiny and for far-off values; or 1.

    1 stands for a column that is constant but for the last bits.
    """
    if not len(values):
        return 1.0
    low, high = float(values.min()), float(values.max())
    width = high - low
    if width <= 4 * np.finfo(np.float64).eps * max(abs(low), abs(high)):
        return 1.0
    # Neither the squares nor the sum of large values may round it away.
    return float(((values - low) / width).std()) * width or 1.0


def _room(beyond: NDArray[np.float64], width: float, room: float) -> float:
    """Return how far out values still belong; `beyond` are distances, rising."""
    while True:
        far = beyond[beyond > room]
        if not len(far) or far[0] > _FARTHEST_EVENT * width:
            return room
        alike = far[far <= 2 * far[0]]
        if len(alike) < _FEWEST_EVENTS or np.ptp(alike) == 0:
            return room
        room = float(alike[-1])

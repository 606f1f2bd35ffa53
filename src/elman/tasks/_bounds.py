"""How far the values of a column reach before they count as wild."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A Gaussian column keeps values within ±27 standard deviations, so that only
# what no process of this kind produced is touched.
_REACH = 5.0
# Glitches may be more than one in a hundred; the tenths of a column are its own,
# and so many times their range its hundredths may be away from them.
_TAIL = 10.0
# Rare events are as far out as a rare glitch, but they come back in like size;
# beyond so many ranges even that is no event.
_FARTHEST_EVENT = 100.0
_FEWEST_EVENTS = 5
_MOST_LEVELS = 50
_UNSIGNED = (32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0)


def bounds(known: NDArray[np.float64]) -> tuple[float, float]:
    r"""Return the lowest and highest value that still belong to a column.

    With :math:`r = q_{99} - q_1` they are :math:`q_1 - 5 r` and
    :math:`q_{99} + 5 r`. Only the far tail of a continuous distribution lies
    outside: where one value makes up more than half of the column (rain), the
    other values' percentiles are kept, and their range twice over beyond them; a
    column of two values has no bounds; a value that occurs twice among few
    different ones is a level, not a tail; and five values or more out there of
    like size are a rare event, unless they all are one number that stands for a
    missing value, such as -9999.

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
        repeated = [v for v in levels[counts > 1] if not stands_for_missing(v)]
        low, high = min([low, *repeated]), max([high, *repeated])
    width = high - low
    if not width > 0:
        return -np.inf, np.inf
    first, last = percentiles(known)
    reach = max(_REACH * (last - first), 2 * width)
    below = _room(low - known[known < low], low, -1, width, reach)
    above = _room(known[known > high] - high, high, 1, width, reach)
    return float(low - below), float(high + above)


def percentiles(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 1st and 99th percentile, rounded inwards and not too far out.

    Rounding keeps a single wild value out of the percentile itself, however few
    values there are.
    """
    low, high = _inwards(values, 10)
    room = _TAIL * (high - low)
    if room > 0:
        values = values[(values >= low - room) & (values <= high + room)]
    return _inwards(values, 1)


def stands_for_missing(value: float) -> bool:
    """Tell whether a number is one that files write for a missing value."""
    size = abs(value)
    digits = f"{size:.10g}".replace(".", "").removesuffix("0")
    nines = len(digits) > 1 and set(digits) == {"9"}
    return nines or size in _UNSIGNED or size >= 1e20


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


def _inwards(values: NDArray[np.float64], share: float) -> tuple[float, float]:
    low = np.percentile(values, share, method="higher")
    high = np.percentile(values, 100 - share, method="lower")
    return float(min(low, high)), float(max(low, high))


def _room(
    beyond: NDArray[np.float64], edge: float, sign: int, width: float, room: float
) -> float:
    """Return how far from an edge values still belong.

    Parameters
    ----------
    beyond : ndarray
        Distances from the edge of the values that lie beyond it.
    edge, sign : float, int
        ``edge + sign * distance`` is the value.
    width : float
        Of what lies within the edges.
    room : float
        The distance that belongs in any case.
    """
    beyond = np.sort(beyond)
    while True:
        far = beyond[beyond > room]
        if not len(far):
            return room
        alike = far[far <= 2 * far[0]]
        value = edge + sign * alike[0]
        one = np.ptp(alike) == 0
        # An outage or a closed day, however far from the rest, is no glitch.
        nothing = abs(value) <= 1e-12 * abs(edge)
        if len(alike) < _FEWEST_EVENTS or (one and stands_for_missing(round(value, 9))):
            return room
        if far[0] > _FARTHEST_EVENT * width and not nothing:
            return room
        room = float(alike[-1])

"""Values of a results dict as arrays, and thinned to what a screen can show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def section(results: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a part of the results, or an empty dict where it is missing or null."""
    part = results.get(key)
    return dict(part) if isinstance(part, Mapping) else {}


def listed(part: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of the results, or an empty one where it is something else."""
    found = part.get(key)
    return found if isinstance(found, list) else []


def rows(part: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the dicts of a list of the results."""
    return [row for row in listed(part, key) if isinstance(row, Mapping)]


def finite(value: Any) -> float | None:
    """Return a finite float, or None for null, NaN, infinity and anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def floats(values: Any) -> Floats:
    """Return a float64 array (n,), with NaN where a value is null or infinite.

    So are values beyond 1e100, whose powers overflow when an axis is laid out.
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        return np.empty(0)
    cleaned = (finite(value) for value in values)
    known = [math.nan if v is None or abs(v) > 1e100 else v for v in cleaned]
    return np.array(known, dtype=float)


def times(values: Any) -> NDArray[Any]:
    """Return datetime64 (n,) for ISO times, else float64 (n,) as they are.

    In seconds, or in microseconds where they have fractions of a second.

    Offsets from UTC are dropped: the clock time is what the reader knows.
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        return np.empty(0)
    if not any(isinstance(value, str) for value in values):
        return floats(values)
    try:
        stamps = [datetime.fromisoformat(str(v)).replace(tzinfo=None) for v in values]
    except ValueError:
        return np.arange(len(values), dtype=float)
    fine = any(stamp.microsecond for stamp in stamps)
    return np.array(stamps, dtype=f"datetime64[{'us' if fine else 's'}]")


def columns(part: Mapping[str, Any], *keys: str) -> list[Floats]:
    """Return several columns, cut to the shortest one that is there.

    A column that is missing or empty comes back as NaN throughout.
    """
    found = [floats(part.get(key)) for key in keys]
    length = min((len(column) for column in found if len(column)), default=0)
    return [c[:length] if len(c) else np.full(length, math.nan) for c in found]


def thin(y: Floats, pixels: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the points of a line that can be seen: two in each column of pixels.

    The lowest and the highest value of every pixel column are kept, in the order
    they occur, so a spike never disappears. A column without any value becomes a
    gap.

    Parameters
    ----------
    y : ndarray (n,)
        Equally spaced values; NaN is a gap.
    pixels : int
        Width of the drawing area.

    Returns
    -------
    index : ndarray (m,)
        Positions kept, ascending; m ≤ max(n, 2 · pixels).
    values : ndarray (m,)
        `y` at these positions.
    """
    n = len(y)
    if n <= 2 * pixels:
        return np.arange(n), y
    kept: list[int] = []
    for part in np.array_split(np.arange(n), pixels):
        known = part[np.isfinite(y[part])]
        if len(known) == 0:
            kept.append(int(part[0]))
            continue
        low, high = known[np.argmin(y[known])], known[np.argmax(y[known])]
        kept.extend(sorted({int(low), int(high)}))
    index = np.array(kept)
    return index, y[index]

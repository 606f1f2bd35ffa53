"""Times a little beside an even grid: which grid, and how far beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Fewer rows say too little about what they are beside.
_FEWEST = 8
# Beyond this share of a step a time belongs to no step.
_FARTHEST = 0.15
_ROUND = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 14400, 21600, 43200, 86400, 7 * 86400),
)


@dataclass(frozen=True)
class Rounded:
    """Row i belongs to ``start + ordinals[i]·stride``, all in the ticks given."""

    start: int
    stride: int
    ordinals: np.ndarray
    moved: int
    farthest: int


def onto_grid(ticks: np.ndarray, per: int, stride: int | None = None) -> Rounded | None:
    """Return the even grid that every time is near, each on an element of its own.

    Parameters
    ----------
    ticks : numpy.ndarray
        Shape (rows,), int64, rising.
    per : int
        Ticks in a second (or count).
    stride : int, optional
        The step, if it is known.

    Returns
    -------
    Rounded or None
        None where there is no such grid.
    """
    if stride is None and len(ticks) < _FEWEST:
        return None
    gaps = np.diff(ticks)
    strides = [stride] if stride else _strides(gaps, per)
    fits = [found for s in strides if (found := _fit(ticks, s, per)) is not None]
    return min(fits, key=lambda found: found.farthest / found.stride, default=None)


def _strides(gaps: np.ndarray, per: int) -> list[int]:
    """Return the steps to try: the commonest difference and round ones near it."""
    sizes, counts = np.unique(gaps, return_counts=True)
    common, middle = int(sizes[np.argmax(counts)]), float(np.median(gaps))
    found = [common]
    for unit in _units(per):
        for near in (common, middle):
            size = round(near / unit) * unit
            if size and abs(size - near) <= _FARTHEST * near and size not in found:
                found.append(size)
    return found


def _units(per: int) -> list[int]:
    """Return round numbers of ticks, the largest first."""
    parts, size = [], 1
    while size < per:
        parts += [size, 2 * size, 5 * size]
        size *= 10
    return [*(unit * per for unit in reversed(_ROUND)), *reversed(parts)]


def _fit(ticks: np.ndarray, stride: int, per: int) -> Rounded | None:
    from_first = ticks - ticks[0]
    beside = (from_first + stride // 2) % stride - stride // 2
    sizes, counts = np.unique(beside, return_counts=True)
    # The place most rows share, or the middle where there is none.
    usual = counts.max() * 2 > len(ticks)
    middle = int(sizes[np.argmax(counts)] if usual else np.median(beside))
    start = int(ticks[0]) + middle
    spread = int(np.abs(beside - middle).max())
    for unit in _units(per):
        near = round(start / unit) * unit
        if unit <= stride and not stride % unit and abs(near - start) <= spread:
            start = near if not usual else start
            break
    ordinals = np.floor_divide(ticks - start + stride // 2, stride)
    beside = ticks - start - ordinals * stride
    farthest = int(np.abs(beside).max())
    if farthest > _FARTHEST * stride or (np.diff(ordinals) <= 0).any():
        return None
    start += int(ordinals[0]) * stride
    return Rounded(
        start, stride, ordinals - ordinals[0], int((beside != 0).sum()), farthest
    )

"""Rows of different lengths, in one array."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def running(x: Array, lengths: ArrayLike | None) -> Mask:
    """Return (N, T, 1), true where row n still runs at step t: ``t < lengths[n]``."""
    rows, steps = x.shape[:2]
    if lengths is None:
        lengths = np.full(rows, steps)
    return (np.arange(steps) < np.asarray(lengths)[:, None])[:, :, None]


def reverse(x: Array, lengths: ArrayLike | None = None) -> Array:
    """Return x with each row turned around within its own length, (N, T, ·).

    A layer in reverse is the forward layer between two of these.
    """
    steps = np.arange(x.shape[1])
    if lengths is None:
        return x[:, ::-1]
    ends = np.asarray(lengths)[:, None]
    source = np.where(steps < ends, ends - 1 - steps, steps)
    return np.take_along_axis(x, source[:, :, None], axis=1)


def previous(states: Array, initial: Array) -> Array:
    """Return s_{t−1} at every step t, (N, T, ·), from s_t and s_0."""
    return np.concatenate([initial[:, None], states[:, :-1]], axis=1)

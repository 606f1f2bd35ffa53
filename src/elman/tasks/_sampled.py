"""Fewer windows than there are, without a period that could meet a season."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sampled(count: int, most: int) -> NDArray[np.int64]:
    """Return at most ``most`` of the positions 0 … count − 1, in order.

    Drawn at random, the same ones each time: every k-th would see only some
    hours of the day wherever k and 24 have a divisor in common.
    """
    if count <= most:
        return np.arange(count)
    drawn = np.random.default_rng(count).choice(count, most, replace=False)
    return np.sort(drawn)

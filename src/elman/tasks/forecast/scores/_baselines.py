"""What a forecast costs nothing: the last value, and the last season again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def last_value(
    filled: NDArray[np.float64], origins: NDArray[np.int64], horizon: int
) -> NDArray[np.float64]:
    """Return the last value before each origin for all steps, (n, H, K).

    Parameters
    ----------
    filled : ndarray
        (T, K), gaps carried forward.
    origins : ndarray
        (n,), the first forecast steps, at least 1.
    horizon : int
    """
    return np.repeat(filled[origins - 1][:, None], horizon, axis=1)


def seasonal_naive(
    filled: NDArray[np.float64],
    origins: NDArray[np.int64],
    horizon: int,
    season: int,
) -> NDArray[np.float64]:
    """Return the value one season earlier, (n, H, K).

    For a horizon beyond the season the last whole season before the origin
    repeats.

    Parameters
    ----------
    filled : ndarray
        (T, K), gaps carried forward.
    origins : ndarray
        (n,), at least ``season``.
    horizon, season : int
    """
    back = np.arange(horizon) % season - season
    return filled[origins[:, None] + back]

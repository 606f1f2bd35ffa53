"""Origins in many series: absolute rows at which forecasts begin."""

from __future__ import annotations

import numpy as np

from ._series import Rows


def origins_of(
    starts: Rows,
    first: Rows,
    stop: Rows,
    horizon: int,
    *,
    history: int = 1,
    stride: int = 1,
) -> Rows:
    """Return the origins whose forecasts lie in steps first … stop − 1 of a series.

    Parameters
    ----------
    starts : ndarray
        (S,): the row at which each series begins.
    first, stop : ndarray
        (S,): steps from there.
    horizon : int
    history : int
        Steps that have to lie before an origin.
    stride : int
        Steps from one origin to the next, counted back from the last.
    """
    last = stop - horizon
    least = np.maximum(first, history)
    count = np.maximum((last - least) // stride + 1, 0)
    owner = np.repeat(np.arange(len(starts)), count)
    # 0 for the last origin of each series.
    back = np.repeat(np.cumsum(count), count) - 1 - np.arange(len(owner))
    found: Rows = starts[owner] + last[owner] - back * stride
    return found

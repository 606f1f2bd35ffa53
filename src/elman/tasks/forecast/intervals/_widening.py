"""Intervals that widen and narrow with the errors since the fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._preparation import Preparation, Prepared

from ._offsets import Offsets, units

Array = NDArray[np.float64]
Origins = NDArray[np.int64]

# Forecasts that began so many horizons back or less count, so many a horizon at most.
HORIZONS = 5
_A_HORIZON = 8
# The spread of the calibration counts as one forecast that does not overlap.
_CALIBRATED = 1.0
# Narrower than this share they are not made.
_LEAST = 0.8


def widening(
    preparation: Preparation,
    offsets: Offsets,
    data: Prepared,
    origins: Origins,
    context: int,
    forecast: Callable[[Origins], Array],
    level: Array | float = 0.0,
) -> Array:
    r"""Return what to multiply the distances of intervals by, (n, 1, K).

    .. math:: \max\Big(0.8,\ \sqrt{\frac{1 + c\,m}{1 + c}}\Big)

    with the mean m of the squared errors, in units of their spread in the calibration,
    of forecasts that began up to five horizons before the origin and since the fit;
    only what is known at the origin enters. c is how many of them do not overlap.
    Errors that grow with the level, or after a change, widen what follows; where
    nothing has been observed since the fit it is 1.

    Parameters
    ----------
    preparation : Preparation
    offsets : Offsets
    data : Prepared
    origins : ndarray
        (n,).
    context : int
        Steps that a forecast looks back.
    forecast : callable
        From origins (m,) to scaled forecasts (m, H, K).
    level : ndarray or float
        Scaled, what has been taken from the data and not from the forecasts.
    """
    horizon, targets = offsets.low.shape
    found = np.ones((len(origins), 1, targets))
    if offsets.spread is None or offsets.until is None:
        return found
    begin = max(int(np.searchsorted(data.time, offsets.until)), context)
    stride = -(-horizon // _A_HORIZON)
    back = stride * np.arange(1, HORIZONS * horizon // stride + 1)
    recent = np.unique(origins[:, None] - back)
    recent = recent[recent >= begin]
    if not len(recent):
        return found
    steps = recent[:, None] + np.arange(horizon)
    # No errors have forecasts that stand in for values, nor what no fit is made with.
    known = np.isfinite(data.raw) & ~preparation.wild(data.raw)
    truth = np.where(known, data.table.truth, np.nan)[steps]
    forecasts = forecast(recent)
    unit = offsets.spread * units(forecasts, offsets.zero, offsets.least)
    squares = ((truth + level - forecasts) / unit) ** 2
    for i, origin in enumerate(origins):
        which = np.searchsorted(recent, origin - back[::-1])
        which = which[origin - back[::-1] >= begin]
        seen = np.isfinite(squares[which]) & (steps[which] < origin)[:, :, None]
        apart = stride * seen.any(1).sum(0) / horizon
        mean = np.where(seen, squares[which], 0.0).sum((0, 1))
        mean /= np.maximum(seen.sum((0, 1)), 1)
        wide = np.sqrt((_CALIBRATED + apart * mean) / (_CALIBRATED + apart))
        found[i, 0] = np.where(apart > 0, np.maximum(wide, _LEAST), 1.0)
    return found

"""From a lag curve to the number of steps a gradient reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman.diagnosis._thresholds import FARTHEST, FEWEST_ROWS, VANISHED

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Horizon:
    """How far a gradient reaches back.

    Parameters
    ----------
    steps : float
        The smallest lag k with A(k) < 1e-3 · A(0).
    error : float
        Its standard error over the rows (jackknife); NaN with fewer than two.
    beyond_window : bool
        The window ended first: ``steps`` continues the decay at its rate.
    capped : bool
        The decay is so slow that the extrapolation was cut, at ten windows.
    rate : float
        γ, the slope of ln A(k) per step (Theil and Sen), over the second half
        of the window, or over the part before the gradient has gone.
    """

    steps: float
    error: float
    beyond_window: bool
    capped: bool
    rate: float


def mean_curve(rows: Array) -> Array:
    """Mean of the rows' lag curves, as far as a quarter of them reaches.

    Parameters
    ----------
    rows : array (B, K + 1)
        NaN beyond a row's length.

    Returns
    -------
    array (K' + 1,)
        A(k) = E_b A_b(k); empty when no row has a step.
    """
    alive = ~np.isnan(rows)
    count = alive.sum(0)
    enough = count >= max(1.0, FEWEST_ROWS * alive[:, :1].sum())
    length = int(np.argmin(enough)) if not enough.all() else len(enough)
    total = np.where(alive, rows, 0.0).sum(0)
    return np.asarray(total[:length] / np.maximum(count[:length], 1))


def horizon_of(rows: Array) -> Horizon:
    """Measure the horizon of a batch of lag curves.

    Parameters
    ----------
    rows : array (B, K + 1)
        `lag_curve`.

    Returns
    -------
    Horizon
    """
    curve = mean_curve(rows)
    steps, beyond, capped, rate = _reach(curve)
    error = float("nan")
    groups = min(len(rows), 10)
    if groups >= 2:
        part = np.arange(len(rows)) % groups
        leave_out = [_reach(mean_curve(rows[part != g]))[0] for g in range(groups)]
        error = float(np.sqrt((groups - 1) * np.var(leave_out)))
    return Horizon(steps, error, beyond, capped, rate)


def _reach(curve: Array) -> tuple[float, bool, bool, float]:
    """Horizon, whether it lies beyond the window, whether it is capped, rate."""
    if len(curve) == 0 or not 0 < curve[0] < np.inf:
        return 0.0, False, False, float("nan")
    with np.errstate(divide="ignore"):
        level = np.log(curve / curve[0])
    gone = np.flatnonzero(curve < VANISHED * curve[0])
    window = len(curve) - 1
    if len(gone):
        return float(gone[0]), False, False, _slope(level[: gone[0] + 1])
    rate = _slope(level[window // 2 :])
    farthest = float(FARTHEST * max(window, 1))
    if rate < 0:
        steps = window + (np.log(VANISHED) - level[-1]) / rate
        if steps < farthest:
            return float(steps), True, False, rate
    return farthest, True, True, rate


def _slope(level: Array) -> float:
    """Median of the slopes of all pairs; of at most 100 points, evenly spread."""
    lag = np.arange(len(level))
    if len(level) > 100:
        lag = np.unique(np.linspace(0, len(level) - 1, 100).astype(int))
    lag = lag[np.isfinite(level[lag])]
    if len(lag) < 2:
        return float("nan")
    i, j = np.triu_indices(len(lag), 1)
    return float(np.median((level[lag[j]] - level[lag[i]]) / (lag[j] - lag[i])))

"""Prediction intervals from the errors made on the validation part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Fewer errors than this a step say too little about its own tails.
_FEWEST = 60


def conformal_offsets(
    errors: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return what to add to a forecast for the interval's two ends.

    Split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018,
    arXiv:1604.04173) with a tail of :math:`(1 - \text{level}) / 2` on either
    side, at each step of the horizon; steps share their errors when there are
    few. The coverage holds for errors that are exchangeable with those of the
    validation part; where the series drifts, it is measured, not promised.

    Parameters
    ----------
    errors : ndarray
        (n, H, K), truth minus forecast, NaN where unknown.
    level : float
        For example 0.9.

    Returns
    -------
    low, high : ndarray
        (H, K) each.
    """
    horizon, targets = errors.shape[1:]
    low, high = np.zeros((horizon, targets)), np.zeros((horizon, targets))
    for j in range(targets):
        pooled = _known(errors[:, :, j])
        for k in range(horizon):
            own = _known(errors[:, k, j])
            sample = own if len(own) >= _FEWEST else pooled
            low[k, j], high[k, j] = _tails(sample, level)
    return low, high


def _tails(errors: NDArray[np.float64], level: float) -> tuple[float, float]:
    if not len(errors):
        return 0.0, 0.0
    # The finite-sample rank (n + 1) q of split conformal prediction.
    rank = (len(errors) + 1) / len(errors)
    tail = (1 - level) / 2
    upper = min(1.0, (1 - tail) * rank)
    low = np.quantile(errors, 1 - upper, method="lower")
    high = np.quantile(errors, upper, method="higher")
    return float(low), float(high)


def _known(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    return errors[np.isfinite(errors)]

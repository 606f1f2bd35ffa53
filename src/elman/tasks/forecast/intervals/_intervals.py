"""Prediction intervals from the errors of forecasts on rows not learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.stats import norm as normal
from scipy.stats import t as student

# Fewer errors than this a step say too little about its own tails.
_FEWEST = 60
_ROUNDING = 1e-6


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


def fewest_errors(level: float) -> int:
    """Return how many errors it takes until their ranks reach both ends."""
    return int(np.ceil(2 / (1 - level) - 1e-9)) - 1


def not_narrower(
    errors: NDArray[np.float64], more: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return `conformal_offsets`, or those with more errors where they are wider."""
    low, high = conformal_offsets(errors, level)
    wide_low, wide_high = conformal_offsets(np.concatenate([more, errors]), level)
    return np.minimum(low, wide_low), np.maximum(high, wide_high)


def calibrated(
    errors: NDArray[np.float64], folds: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return `conformal_offsets`, with more errors where there are few windows.

    The windows of a validation part overlap. When a target has fewer of them than
    it takes for their ranks to reach both ends of the interval, the linear part's
    out-of-fold errors on the training part, forecasts of rows not learned from
    as well, are added: an interval of a handful of errors is too narrow.

    Parameters
    ----------
    errors : ndarray
        (n, H, K): of the validation windows, NaN where unknown.
    folds : ndarray
        (m, H, K): of the training windows.
    level : float
    """
    enough = np.isfinite(errors).any(1).sum(0) >= fewest_errors(level)
    low, high = conformal_offsets(errors, level)
    if not enough.all():
        wide_low, wide_high = not_narrower(errors, folds, level)
        low = np.where(enough, low, wide_low)
        high = np.where(enough, high, wide_high)
    # The network's forecasts are rounded to so much.
    return low - _ROUNDING, high + _ROUNDING


def rolling_offsets(
    errors: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return what to add to a forecast for the two ends, from few rolling forecasts.

    .. math:: \pm\, s_k\, q\, \frac{t_{\nu}}{z} \sqrt{1 + 1/\nu},
              \qquad \nu = n / H + 1

    with the root mean square :math:`s_k` of the errors at step k, made to grow with
    the steps; the quantile q of all :math:`|e_k| / s_k` together; and what a normal
    distribution of unknown variance is wider than a known one, given as many forecasts
    as do not overlap (t and z: the quantiles of Student's distribution and of the
    normal one).

    Parameters
    ----------
    errors : ndarray
        (n, H, K), truth minus forecast at origins one after another, NaN where
        unknown.
    level : float

    Returns
    -------
    low, high : ndarray
        (H, K) each.
    """
    horizon, targets = errors.shape[1:]
    half = np.zeros((horizon, targets))
    tail = (1 + level) / 2
    for j in range(targets):
        count = int(np.isfinite(errors[:, :, j]).any(1).sum())
        freedom = count / horizon + 1
        wider = float(student.ppf(tail, freedom) / normal.ppf(tail))
        wider *= np.sqrt(1 + 1 / freedom)
        scale = _growing(errors[:, :, j])
        ratio = np.abs(_known(errors[:, :, j] / scale))
        if len(ratio):
            rank = min(1.0, level * (len(ratio) + 1) / len(ratio))
            half[:, j] = scale * wider * np.quantile(ratio, rank, method="higher")
    return -half - _ROUNDING, half + _ROUNDING


def spread_of(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (H, K) the root mean square of each step's errors, never falling.

    Parameters
    ----------
    errors : ndarray
        (n, H, K), NaN where unknown.
    """
    columns = [_growing(errors[:, :, j]) for j in range(errors.shape[2])]
    return np.maximum(np.stack(columns, -1), _ROUNDING)


def _growing(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (H,) the root mean square of each step's errors, never falling."""
    known = np.isfinite(errors)
    count = known.sum(0)
    square = np.where(known, errors, 0.0) ** 2
    whole = float(square.sum() / max(count.sum(), 1))
    each = np.where(count > 0, square.sum(0) / np.maximum(count, 1), whole)
    fitted = isotonic_regression(each, weights=np.maximum(count, 1)).x
    scale: NDArray[np.float64] = np.sqrt(fitted)
    return np.maximum(scale, 1e-12)


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

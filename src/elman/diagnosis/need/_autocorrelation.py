"""Autocorrelation of a series that may have gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def autocorrelation(series: Array, max_lag: int) -> tuple[Array, NDArray[np.int64]]:
    """Autocorrelation at lags 0 to ``max_lag``, over the pairs that exist.

    r(k) = mean over t of z_t z_{t+k}, divided by mean z_t^2, where z is the
    series less its mean and both means run over pairs with no missing member.
    All lags at once by the fast Fourier transform.

    Parameters
    ----------
    series : array (T,)
        Values; NaN where missing.
    max_lag : int
        Longest lag, below T.

    Returns
    -------
    r : array (max_lag + 1,)
        Autocorrelation; NaN where no pair exists, all NaN for a constant.
    pairs : array (max_lag + 1,)
        How many pairs each value rests on.
    """
    known = np.isfinite(series)
    centred = np.where(known, series - series[known].mean(), 0.0)
    size = 1 << (len(series) + max_lag).bit_length()
    lags = max_lag + 1

    def correlate(values: Array) -> Array:
        spectrum = np.fft.rfft(values, size)
        return np.fft.irfft(np.abs(spectrum) ** 2, size)[:lags]

    pairs = np.rint(correlate(known.astype(np.float64))).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = np.where(pairs > 0, correlate(centred) / pairs, np.nan)
        r = covariance / covariance[0]
    return np.clip(r, -1.0, 1.0), pairs

"""How far forecasts are off, and what to say about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def forecast_scores(
    truth: NDArray[np.float64],
    prediction: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> dict[str, float]:
    r"""Return MAE, RMSE and MASE over everything observed.

    Several targets are averaged; with more than one, MAE and RMSE are in units
    of each target's training standard deviation.

    .. math:: \mathrm{MASE} = \mathrm{MAE} \,/\, s, \qquad
              s = \text{mean}_t |y_t - y_{t-m}| \text{ over the training part}

    (Hyndman and Koehler 2006), with the season m, or 1.

    Parameters
    ----------
    truth, prediction : ndarray
        (n, H, K); NaN in the truth is left out.
    scale : ndarray
        (2, K): row 0 the unit of MAE and RMSE, row 1 the s of MASE.

    Notes
    -----
    A target without any truth is left out, and so is one without an s.
    """
    error = prediction - truth
    scored = np.isfinite(truth).any((0, 1))
    absolute = mean_seen(np.abs(error), (0, 1))[scored]
    square = mean_seen(error**2, (0, 1))[scored]
    unit, season = scale[:, scored]
    return {
        "MAE": float(np.mean(absolute / unit)),
        "RMSE": float(np.sqrt(np.mean(square / unit**2))),
        "MASE": float(mean_seen(absolute / season, 0)),
    }


def bias(
    truth: NDArray[np.float64],
    prediction: NDArray[np.float64],
    unit: NDArray[np.float64],
) -> float:
    """Return how far forecasts are above the truth on average, in these units (K,)."""
    scored = np.isfinite(truth).any((0, 1))
    mean = mean_seen(prediction - truth, (0, 1))[scored]
    return float(np.mean(mean / unit[scored]))


def mean_seen(
    values: NDArray[np.float64], axis: int | tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the mean of what is not NaN, and NaN where nothing was seen."""
    count = (~np.isnan(values)).sum(axis)
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = np.nansum(values, axis) / count
    return found

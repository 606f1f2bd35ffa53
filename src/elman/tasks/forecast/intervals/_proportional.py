"""Whether the errors of a forecast grow with its level."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._transform import Transform
from elman.tasks.forecast.linear._local_values import scaled

Array = NDArray[np.float64]

_SURE = 2.0
_FEWEST = 20
_SHORTEST = 4
# Of the median level: lower forecasts have no narrower intervals.
_LEAST = 0.1


def zero_levels(
    preparation: Any, history: Array, truth: Array, errors: Array
) -> tuple[Array, Array]:
    r"""Return where intervals have no width, for targets with proportional errors.

    Errors count as proportional to the level of a target that was always above 0 if
    the changes of its history from step to step are, and its forecast errors too:
    if a Laplace distribution with a scale of :math:`b \ell_t` is likelier than one
    with a scale of :math:`b`. The level :math:`\ell_t` is the mean of the last season
    in the history, and the forecast itself for the errors. Of the history the
    likelihoods have to differ by more than chance (Vuong 1989, at two standard
    errors); the errors of few origins, which overlap, have to agree with it.

    Parameters
    ----------
    preparation : Preparation
    history : ndarray
        (T, K) scaled targets up to the end of the validation part, NaN where missing.
    truth, errors : ndarray
        (n, H, K) at rolling origins, scaled, NaN where unknown.

    Returns
    -------
    zero, least : ndarray
        (K,) each: the scaled value of 0, NaN where errors are not proportional; and
        the least distance from it that counts.
    """
    count = history.shape[1]
    zero, least = np.full(count, np.nan), np.ones(count)
    width = max(preparation.season, _SHORTEST)
    for j, transform in enumerate(preparation.transforms):
        if transform is Transform.LOG:
            continue
        origin = float(scaled(preparation, np.zeros(1), j)[0])
        values = history[:, j] - origin
        level = truth[:, :, j] - errors[:, :, j] - origin
        known = np.isfinite(level)
        if not np.nanmin(values, initial=np.inf) > 0 or not known.any():
            continue
        if not level[known].min() > 0:
            continue
        if _in_history(values, width) and _of_errors(errors[:, :, j], level):
            zero[j], least[j] = origin, _LEAST * np.median(values[np.isfinite(values)])
    return zero, least


def _in_history(values: Array, width: int) -> bool:
    """Tell whether changes grow with the level by more than chance."""
    if len(values) <= width:
        return False
    level = np.lib.stride_tricks.sliding_window_view(values, width).mean(1)[:-1]
    change = np.abs(values[width:] - values[width - 1 : -1])
    known = np.isfinite(level) & np.isfinite(change)
    if known.sum() < _FEWEST or not change[known].any():
        return False
    gain = _gain(change[known], level[known])
    return bool(gain.mean() > _SURE * gain.std() / np.sqrt(len(gain)))


def _of_errors(errors: Array, level: Array) -> bool:
    """Tell whether the errors of each step ahead grow with the forecast, on average."""
    found = []
    for k in range(errors.shape[1]):
        known = np.isfinite(errors[:, k]) & np.isfinite(level[:, k])
        error = np.abs(errors[known, k])
        if error.any():
            found.append(float(_gain(error, level[known, k]).mean()))
    return bool(found) and float(np.mean(found)) > 0


def _gain(size: Array, level: Array) -> Array:
    """Return by how much a proportional scale is likelier, for each value."""
    even, relative = size.mean(), (size / level).mean()
    gain: Array = np.log(even / (relative * level))
    return gain + size / even - size / (relative * level)

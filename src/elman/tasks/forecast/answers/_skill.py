"""A forecaster's score: how much smaller its error is than that of a naive forecast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.tasks.forecast.scores._backtest import Backtest
from elman.tasks.forecast.scores._baselines import last_value, seasonal_naive

Array = NDArray[np.float64]


def skill(
    rolling: Backtest,
    filled: Array,
    origins: NDArray[np.int64],
    seasons: list[int],
    squared: list[bool],
    weights: Array | None = None,
) -> float:
    r"""Return how much smaller an error is than a naive forecast's, over the targets.

    .. math:: 1 - \frac{\sum |y - \hat y|}{\sum |y - \hat y^{\text{naive}}|},

    the naive forecast being the last season again, or the last value where there is
    no season. 1 is a forecast without error, 0 one as good as the naive one. Of
    targets that are mostly 0 the roots of the sums of squares are compared, as no
    forecast of a median would be of use there.

    Parameters
    ----------
    rolling : Backtest
    filled : ndarray
        (T, K): the targets, gaps carried forward.
    origins : ndarray
        (n,): of the backtest.
    seasons : list of int
        Of each target; 1 for none.
    squared : list of bool
        For which targets squares are compared.
    weights : ndarray or None
        (n, H): how much each error counts.

    Notes
    -----
    Where the naive forecast makes no error, 1 for a forecast without error and 0 for
    any other, as scikit-learn's R² has it.
    """
    horizon = rolling.truth.shape[1]
    found = []
    for j, season in enumerate(seasons):
        truth = rolling.truth[:, :, j]
        seen = np.isfinite(truth)
        if weights is not None:
            seen &= weights > 0
        if not seen.any():
            continue
        enough = season > 1 and int(origins.min()) >= season
        naive = (
            seasonal_naive(filled, origins, horizon, season)
            if enough
            else last_value(filled, origins, horizon)
        )[:, :, j]
        power = 2 if squared[j] else 1
        ours, theirs = (
            _mean_error((truth - said)[seen], power, weights, seen)
            for said in (rolling.prediction[:, :, j], naive)
        )
        if theirs > 0:
            found.append(1 - ours / theirs)
        else:
            found.append(
                float(ours <= 1e-9 * max(1.0, float(np.abs(truth[seen]).max())))
            )
    if not found:
        raise InputError(
            "there is nothing to score: no target has a value in the rows that are"
            " forecast; give rows with observed targets"
        )
    return float(np.mean(found))


def _mean_error(
    errors: Array, power: int, weights: Array | None, seen: NDArray[np.bool_]
) -> float:
    each = np.abs(errors) ** power
    share = None if weights is None else weights[seen]
    return float(np.average(each, weights=share) ** (1 / power))

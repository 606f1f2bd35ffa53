"""Which of the candidates a forecast is made of, by their errors at rolling origins."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ._blend import RIDGE
from ._rolling import Rolling

Array = NDArray[np.float64]

# A candidate this much worse than the best has no part.
_WORSE = 1.3
# How steeply a part falls with the error: at one forecast that overlaps no other, and
# at most; between them with the root of their number, as the noise of an error does.
# At a power of 8 the best of two that differ by a tenth has twice the other's weight.
_POWER_AT_ONE = 3.0
_MOST_POWER = 8.0
# To which power of the correlation of their errors two candidates count as one.
_ALIKE = 8
# At so many forecasts that do not overlap, to the power of 1.5, their word counts as
# much as what is usual of series.
_USUAL_WEIGHT = 3.0
# How much worse what is usual may be: so much, and more with few such forecasts.
_USUAL_WORSE = 1.1
_AT_ONE = 5.0
# What is not usual has to be better by so much, over one such forecast.
_UNUSUAL = 0.2
_LEAST_PART = 0.03
# Regressions are usual of series that are no shorter: in fewer rows they are far off
# too often.
_ROWS_TO_REGRESS = 60
# At fewer than this share of the origins a candidate is not judged.
_LEAST_ORIGINS = 0.5
# The line through two values and the mean of all win by chance where they win.
_BASELINES_ONLY = ("drift", "mean")


def choose_parts(rolling: Rolling, *, squared: bool) -> list[dict[str, float]]:
    """Return the weights of each target's candidates, adding up to 1.

    The weight of a candidate is its error to a high power, as a mean of what is
    about equally good errs less than each. Where there are few forecasts that do not
    overlap, the power is lower, and weights are drawn towards equal ones of what is
    good on most series: smoothing and theta, and regressions if there are rows enough
    for them. Candidates that err alike, as variants of smoothing do, share their
    weight.

    Parameters
    ----------
    rolling : Rolling
    squared : bool
        Whether errors are squared; absolute else.
    """
    chosen = []
    for j, forecasts in enumerate(rolling.forecasts):
        errors = mean_errors(forecasts, rolling.truth[:, :, j], squared=squared)
        apart = len(rolling.origins) / rolling.truth.shape[1]
        long = rolling.origins[-1] + rolling.truth.shape[1] >= _ROWS_TO_REGRESS
        usual = [name for name in errors if _usual(name, long=bool(long))]
        weights = _weights(errors, usual, apart)
        chosen.append(_shared(weights, forecasts, rolling.truth[:, :, j]))
    return chosen


def mean_errors(
    forecasts: Mapping[str, Array], truth: Array, *, squared: bool
) -> dict[str, float]:
    """Return the mean error of each candidate, infinite where it has too few."""
    found = {}
    known = np.isfinite(truth)
    for name, forecast in forecasts.items():
        error = np.abs(forecast - truth)
        seen = np.isfinite(error)
        enough = seen.sum() >= _LEAST_ORIGINS * known.sum() and seen.any()
        mean = np.inf
        if enough:
            values = error[seen] ** 2 if squared else error[seen]
            mean = float(np.sqrt(values.mean()) if squared else values.mean())
        found[name] = mean
    return found


def blended(forecasts: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """Return the weighted mean (n, H); of those that are there where one is not."""
    parts = np.stack([forecasts[name] for name in weights])
    share = np.array(list(weights.values()))[:, None, None] * np.isfinite(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Array = np.nansum(share * np.nan_to_num(parts), 0) / share.sum(0)
    return mean


def _weights(
    errors: Mapping[str, float], usual: list[str], apart: float
) -> dict[str, float]:
    apart = max(apart, 1.0)
    judged = {
        name: error * (1.0 if name in usual else 1 + _UNUSUAL / np.sqrt(apart))
        for name, error in errors.items()
        if name not in _BASELINES_ONLY
    }
    least = min(judged.values(), default=np.inf)
    if not np.isfinite(least):
        return {RIDGE: 1.0}
    if least == 0:
        return _normalised({name: float(e == 0) for name, e in judged.items()})
    power = min(_POWER_AT_ONE * np.sqrt(apart), _MOST_POWER)
    own = _normalised(
        {
            name: (least / error) ** power if error <= _WORSE * least else 0.0
            for name, error in judged.items()
        }
    )
    limit = (_USUAL_WORSE + _AT_ONE / apart) * least
    good = {name: 1.0 for name in usual if judged[name] <= limit}
    if good:
        good = _normalised(good)
        pull = _USUAL_WEIGHT / (_USUAL_WEIGHT + apart**1.5)
        own = {
            name: (1 - pull) * own.get(name, 0.0) + pull * good.get(name, 0.0)
            for name in judged
        }
    return _normalised({n: w for n, w in own.items() if w >= _LEAST_PART})


def _shared(
    weights: dict[str, float], forecasts: Mapping[str, Array], truth: Array
) -> dict[str, float]:
    """Return the weights, each divided by how many others err in the same way."""
    errors = np.stack([forecasts[name] - truth for name in weights])
    errors = errors[:, np.isfinite(errors).all(0)]
    size = np.sqrt((errors**2).sum(1))
    if not size.all():
        return weights
    correlation = errors @ errors.T / np.outer(size, size)
    alike = (np.clip(correlation, 0.0, 1.0) ** _ALIKE).sum(1)
    return _normalised(
        {
            name: weight / float(count)
            for (name, weight), count in zip(weights.items(), alike, strict=True)
        }
    )


def _usual(name: str, *, long: bool) -> bool:
    regression = name == RIDGE or name.startswith("autoregression")
    return name == "theta" or name.startswith("smoothing") or (long and regression)


def _normalised(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight > 0}

"""A forecaster of many series beside its baselines, series by series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from elman.tasks._verdict import verdict
from elman.tasks.forecast.scores._backtest import Backtest

from ._fit import FittedPanel
from ._local import drift, last_value, seasonal_naive
from ._series import Array, Rows
from ._windows import origins_of


@dataclass(frozen=True)
class Measured:
    """Scores of one model for each series, (S,), NaN where it was not scored.

    Attributes
    ----------
    mase, rmsse : ndarray
        Mean absolute error, and root of the mean squared one, over those of the
        naive forecast of the series' own past.
    smape : ndarray
        In per cent.
    bias : ndarray
        Mean of forecast minus truth, in the unit of ``mase``.
    """

    mase: Array
    rmsse: Array
    smape: Array
    bias: Array

    def means(self) -> dict[str, float]:
        """Return the mean of each over the series scored."""
        return {
            "MASE": _mean(self.mase),
            "RMSSE": _mean(self.rmsse),
            "sMAPE": _mean(self.smape),
            "Bias": _mean(self.bias),
        }


@dataclass(frozen=True)
class Units:
    """What is usual in each series before its test, (S,): |y_t − y_{t−m}|, its square.

    NaN where a series never changes, or is too short.
    """

    absolute: Array
    square: Array


def held_out(fitted: FittedPanel) -> tuple[Rows, str]:
    """Return the origins scored, a horizon apart, and the part's name."""
    split = fitted.split
    if split.tested:
        origins = origins_of(
            fitted.series.starts[:-1],
            split.test_start,
            split.stop,
            fitted.horizon,
            stride=fitted.horizon,
        )
        return origins, "test"
    return fitted.validating, "validation (no test part was held out)"


def evaluation(
    fitted: FittedPanel, name: str, test: Backtest, origins: Rows
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return every model's scores with a verdict, and those of each series."""
    series, horizon = fitted.series, fitted.horizon
    units = units_of(fitted)
    owner = series.owner[origins - 1]
    models = [
        (name, "network", test.prediction[..., 0]),
        ("local and pooled forecasts alone", "part", test.linear[..., 0]),
        ("last value", "baseline", last_value(series, origins, horizon)),
        ("drift", "baseline", drift(series, origins, horizon)),
    ]
    models += [
        (
            f"seasonal naive ({s} steps)",
            "baseline",
            seasonal_naive(s)(series, origins, horizon),
        )
        for s in fitted.model.preparation.seasons
    ]
    truth = test.truth[..., 0]
    rows, measured = [], []
    for model, kind, prediction in models:
        found = measure(truth, prediction, owner, units)
        values = found.means()
        if not fitted.squared:
            values.pop("Bias")
        rows.append({"model": model, "kind": kind, "values": values})
        measured.append(found)
    metric = "RMSSE" if fitted.squared else "MASE"
    winner, sentence = verdict(rows, metric, 1e-6)
    scored = np.isfinite(measured[0].mase)
    said = [sentence]
    unscored = len(scored) - int(scored.sum())
    if unscored:
        said.append(
            f"{unscored:,} of {len(scored):,} series are not scored: too short, without"
            " values there, or constant before."
        )
    ours, base = measured[0].mase, measured[2:]
    best = np.min([m.mase for m in base], 0)
    better = int((ours[scored] < best[scored]).sum())
    said.append(
        f"It is better than the best baseline on {better:,} of {int(scored.sum()):,}"
        " series."
    )
    count = len(series)
    interval = _by_series(_interval_score(test, fitted), owner, count)
    scores = {
        "metric": metric,
        "lower_is_better": True,
        "rows": rows,
        "winner": winner,
        "verdict": " ".join(said),
        "coverage": test.coverage(),
        "MSIS": _mean(interval / units.absolute),
        "origins": len(test),
        "series": int(scored.sum()),
        "values": int(np.isfinite(truth).sum()),
    }
    inside = (truth >= test.lower[..., 0]) & (truth <= test.upper[..., 0])
    covered = _by_series(
        np.where(np.isfinite(truth), inside, np.nan), owner, len(series)
    )
    each = {
        "id": fitted.panel.names,
        "steps": fitted.split.stop,
        "MASE": ours,
        "RMSSE": measured[0].rmsse,
        "sMAPE": measured[0].smape,
        "coverage": covered,
        "scale": units.absolute,
        "best baseline": best,
    }
    return scores, each


def units_of(fitted: FittedPanel) -> Units:
    """Return each series' naive error before its test part."""
    series, season = fitted.series, fitted.model.preparation.season
    absolute = np.full(len(series), np.nan)
    square = np.full(len(series), np.nan)
    for i, end in enumerate(fitted.split.test_start):
        own = series.raw[series.starts[i] : series.starts[i] + end]
        lag = season if len(own) > season else 1
        change = own[lag:] - own[:-lag]
        change = change[np.isfinite(change)]
        least = 4 * np.finfo(np.float64).eps * np.nanmax(np.abs(own), initial=0.0)
        if len(change) and np.abs(change).mean() > least:
            absolute[i] = np.abs(change).mean()
            square[i] = (change**2).mean()
    return Units(absolute, square)


def measure(truth: Array, prediction: Array, owner: Rows, units: Units) -> Measured:
    """Return the scores of forecasts (n, H) of the series ``owner`` (n,)."""
    count = len(units.absolute)
    error = prediction - truth
    size = np.abs(truth) + np.abs(prediction)
    relative = np.where(
        size > 0, 200 * np.abs(error) / np.where(size > 0, size, 1), 0.0
    )
    relative = np.where(np.isfinite(truth), relative, np.nan)
    return Measured(
        _by_series(np.abs(error), owner, count) / units.absolute,
        np.sqrt(_by_series(error**2, owner, count) / units.square),
        _by_series(relative, owner, count),
        _by_series(error, owner, count) / units.absolute,
    )


def _interval_score(test: Backtest, fitted: FittedPanel) -> Array:
    """Return (n, H): width, and what is outside times two over its share."""
    truth = test.truth[..., 0]
    low, high = test.lower[..., 0], test.upper[..., 0]
    penalty = 2 / (1 - fitted.level)
    score: Array = (
        high
        - low
        + penalty * np.maximum(low - truth, 0)
        + penalty * np.maximum(truth - high, 0)
    )
    return score


def _by_series(values: Array, owner: Rows, count: int) -> Array:
    """Return (S,): the mean of what is known of (n, H), NaN where nothing is."""
    seen = np.isfinite(values)
    sums = np.bincount(owner, np.where(seen, values, 0.0).sum(1), count)
    with np.errstate(invalid="ignore"):
        mean: Array = sums / np.bincount(owner, seen.sum(1), count)
    return mean


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")

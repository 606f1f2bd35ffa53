"""A forecaster beside its baselines, on rows it did not learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.cells import title
from elman.tasks._bounds import spread
from elman.tasks._verdict import verdict
from elman.tasks.forecast.columns._target_kind import share_of_zeros

from ._fit import FittedForecast
from .rows._windows import origins_between
from .scores._backtest import Backtest
from .scores._baselines import last_value, seasonal_naive
from .scores._scores import bias, forecast_scores, mean_seen

Array = NDArray[np.float64]

_FEWEST_ORIGINS = 10
_MOST_OVERLAPPING = 20
_MOSTLY_ZERO = 0.5


def held_out_origins(fitted: FittedForecast) -> NDArray[np.int64]:
    """Return the origins in the test part: a horizon apart, or closer if few fit.

    One forecast in ten months says little; forecasts that overlap, down to the
    last row, say somewhat more.
    """
    horizon, split = fitted.horizon, fitted.split
    context = fitted.linear.context
    apart = origins_between(split.test_start, split.rows, context, horizon, horizon)
    known = np.isfinite(fitted.data.raw[: split.rows])
    there = known[split.test_start :].any(0)
    seen = known[apart[:, None] + np.arange(horizon)].any((0, 1))
    if len(apart) >= _FEWEST_ORIGINS and (seen == there).all():
        return apart
    every = origins_between(split.test_start, split.rows, context, horizon)
    stride = -(-len(every) // _MOST_OVERLAPPING)
    close = every[::-1][::stride][::-1]
    return close if len(close) > len(apart) else apart


def evaluation(
    forecaster: Any,
    fitted: FittedForecast,
    test: Backtest,
    origins: NDArray[np.int64],
) -> dict[str, Any]:
    """Return every model's scores, the winner, and a verdict in words."""
    end, horizon = fitted.split.train_end, fitted.horizon
    filled = fitted.preparation.inverse(fitted.data.table.lags)
    raw = np.where(fitted.wild[:end], np.nan, fitted.data.raw[:end])
    scale = _scales(raw, fitted.seasons)
    network = f"Elman ({_start(fitted)} + {title(forecaster.cell)})"
    candidates = [
        (network, "network", test.prediction),
        *_parts(fitted, test, origins),
        ("last value", "baseline", last_value(filled, origins, horizon)),
    ]
    if max(fitted.naive_seasons) > 1:
        candidates.append(_naive(filled, origins, horizon, fitted.naive_seasons))
    zeros = [share_of_zeros(column) for column in raw.T]
    rows = []
    for model, kind, prediction in candidates:
        values = forecast_scores(test.truth, prediction, scale)
        if max(zeros) >= _MOSTLY_ZERO:
            values["Bias"] = bias(test.truth, prediction, scale[0])
        rows.append({"model": model, "kind": kind, "values": values})
    metric = "RMSE" if all(fitted.means) else "MAE"
    # A part in a million of how far the target varies, in the unit of the scores.
    unit = 1.0 if scale.shape[1] > 1 else spread(raw[np.isfinite(raw)])
    winner, sentence = verdict(rows, metric, 1e-6 * unit)
    said = [
        sentence,
        *_on_zeros(fitted, test, zeros, metric),
        *_unscored(fitted, test),
        *_on_few(test),
    ]
    return {
        "metric": metric,
        "lower_is_better": True,
        "rows": rows,
        "winner": winner,
        "verdict": " ".join(said),
        "coverage": test.coverage(),
        "origins": len(test),
        "values": int(np.isfinite(test.truth).sum()),
    }


def _start(fitted: FittedForecast) -> str:
    return "ridge" if fitted.linear.is_ridge else "blend"


def _parts(
    fitted: FittedForecast, test: Backtest, origins: NDArray[np.int64]
) -> list[tuple[str, str, Array]]:
    """Return what the network starts from, and its most usual parts alone."""
    blend, table = fitted.linear, fitted.data.table
    ridge = test.linear
    found = []
    if not blend.is_ridge:
        found.append(("blend", "part", test.linear))
        scaled = blend.ridge.predict(table, origins)
        ridge = fitted.preparation.inverse(scaled)
    found.append(("ridge on the same window", "part", ridge))
    smoothed = blend.smoothed(table, origins)
    if smoothed is not None:
        found.append(("exponential smoothing", "baseline", smoothed))
    return found


def _scales(raw: Array, seasons: list[int]) -> Array:
    """Return (2, K): the unit of MAE and RMSE, and the s of MASE, NaN if there is none.

    Several targets are measured in their standard deviations, one in its own unit.
    """
    unit = np.ones(raw.shape[1])
    if raw.shape[1] > 1:
        unit = np.array([spread(column[np.isfinite(column)]) for column in raw.T])
    naive = np.full(raw.shape[1], np.nan)
    for j, season in enumerate(seasons):
        steps = np.abs(raw[season:, j] - raw[:-season, j])
        mean = float(mean_seen(steps, 0))
        if mean > 4 * np.finfo(np.float64).eps * np.nanmax(np.abs(raw[:, j])):
            naive[j] = mean
    return np.stack([unit, naive])


def _naive(
    filled: Array, origins: NDArray[np.int64], horizon: int, seasons: list[int]
) -> tuple[str, str, Array]:
    """Return each target's last season again; its last value if it has none."""
    parts = [
        seasonal_naive(filled[:, [j]], origins, horizon, season)
        if origins[0] >= season
        else last_value(filled[:, [j]], origins, horizon)
        for j, season in enumerate(seasons)
    ]
    distinct = list(dict.fromkeys(seasons))
    said = ", ".join(map(str, distinct))
    return f"seasonal naive ({said} steps)", "baseline", np.concatenate(parts, 2)


def _on_zeros(
    fitted: FittedForecast, test: Backtest, zeros: list[float], metric: str
) -> list[str]:
    """Say what forecasts of a target that is mostly zero add up to."""
    said = []
    several = len(zeros) > 1
    for j, name in enumerate(fitted.preparation.targets):
        if zeros[j] < _MOSTLY_ZERO:
            continue
        seen = np.isfinite(test.truth[:, :, j])
        total = float(test.truth[:, :, j][seen].sum())
        forecast = float(test.prediction[:, :, j][seen].sum())
        if forecast == total == 0 or (
            not fitted.intermittent[j] and forecast > 0.5 * total
        ):
            continue
        of = f" of {name}" if several else ""
        said.append(
            f"{zeros[j]:.0%} of the training values{of} are 0; the forecasts add up "
            f"to {forecast:.4g}, the truth to {total:.4g}."
        )
        if metric == "MAE":
            said.append("The lowest MAE may be that of forecasting nothing: see Bias.")
    return said


def _unscored(fitted: FittedForecast, test: Backtest) -> list[str]:
    names = [
        name
        for j, name in enumerate(fitted.preparation.targets)
        if not np.isfinite(test.truth[:, :, j]).any()
    ]
    if not names:
        return []
    return [f"Not scored, as they have no values there: {', '.join(names)}."]


def _on_few(test: Backtest) -> list[str]:
    """Say on how little a verdict stands."""
    horizon = test.time.shape[1]
    steps = len(np.unique(test.time[np.isfinite(test.truth).any(2)]))
    apart = max(1, steps // horizon)
    if apart >= _FEWEST_ORIGINS:
        return []
    overlap = " that overlap" if len(test) > apart else ""
    count = f"{len(test)} forecasts{overlap}" if len(test) > 1 else "one forecast"
    return [f"This stands on {count}, {steps} steps in all: too few to be sure."]

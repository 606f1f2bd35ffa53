"""What a fitted forecaster has to show: scores beside baselines, series, forecasts."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import elman
from elman import ops

from ._advice import advice
from ._backtest import Backtest
from ._calendar import DAY
from ._forecast_baselines import last_value, seasonal_naive
from ._forecast_fit import FittedForecast
from ._forecast_scores import forecast_scores, mean_seen, verdict
from ._windows import origins_between

_MOST_POINTS = 20_000


def forecast_results(forecaster: Any, fitted: FittedForecast) -> dict[str, Any]:
    """Return the content of ``results.json``; plain data throughout."""
    split, horizon = fitted.split, forecaster.horizon
    season = best_season(fitted)
    if split.test_start < split.rows:
        origins = origins_between(
            split.test_start, split.rows, fitted.linear.context, horizon, horizon
        )
        test = FittedForecast.forecast_with(
            fitted.preparation,
            fitted.linear,
            fitted.network,
            fitted.offsets,
            fitted.data,
            origins,
        )
        name = "test"
    else:
        test, name = fitted.validation, "validation (no test part was held out)"
        origins = np.searchsorted(fitted.data.time, test.time[:, 0])
    scores = _scores(forecaster, fitted, test, origins, season)
    first, last = test.time[0, 0], test.time[-1, -1]
    scores["split"] = f"{name}: {_text(first)} … {_text(last)}, {len(test)} origins"
    targets = fitted.preparation.targets
    with ops.record_paths() as ran:
        each = {
            target: _forecast_of(fitted, test, j, forecaster.level)
            for j, target in enumerate(targets)
        }
    results = {
        **trained_results(forecaster, fitted),
        "scores": scores,
        "forecast": each[targets[0]],
        "environment": environment(fitted.seed, ran[0]),
    }
    if len(targets) > 1:
        results["targets"] = each
    return plain(results)


def trained_results(forecaster: Any, fitted: FittedForecast) -> dict[str, Any]:
    """Return what of the results needs no forecast; plain data throughout."""
    targets, horizon = fitted.preparation.targets, forecaster.horizon
    return plain(
        {
            "task": "forecast",
            "title": f"{', '.join(targets)}, {horizon} steps ahead",
            "question": _question(forecaster, fitted),
            "notes": [
                *fitted.notes,
                *advice(fitted.training),
                *_future_note(fitted, horizon),
            ],
            "data": _series(fitted),
            "diagnosis": _diagnosis(fitted),
            "training": {
                "history": fitted.training.history,
                "best_epoch": fitted.training.best_epoch,
                "stopped": fitted.training.stopped,
                "diverged": fitted.diverged,
                "flow": fitted.flow,
                "seconds": fitted.training.seconds,
                "parameters": sum(p.numel() for p in fitted.network.parameters()),
            },
            "environment": environment(fitted.seed, ""),
        }
    )


def environment(seed: int, path: str) -> dict[str, Any]:
    """Return versions, threads and the path the recurrent layers took."""
    return {
        "elman": elman.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "path": path,
        "command": None,
        "seed": seed,
    }


def best_season(fitted: FittedForecast) -> int:
    """Return the season whose naive forecast errs least on the training part.

    Candidates are what the autocorrelation found, a day and a week.
    """
    step, end = float(fitted.axis["step"]), fitted.split.train_end
    dated = np.issubdtype(fitted.data.time.dtype, np.datetime64)
    candidates = {fitted.need.steps}
    if dated and step <= DAY:
        candidates |= {round(DAY / step), round(7 * DAY / step)}
    truth = fitted.data.table.truth[:end, 0]

    def error(season: int) -> float:
        differences = np.abs(truth[season:] - truth[:-season])
        seen = np.isfinite(differences)
        return float(differences[seen].mean()) if seen.any() else np.inf

    usable = sorted(c for c in candidates if 1 < c <= end // 2)
    return min(usable, key=error) if usable else 1


def plain(value: Any) -> Any:
    """Turn arrays into lists and what is not finite into None, all the way down."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        if np.issubdtype(value.dtype, np.datetime64):
            return [_text(v) for v in value]
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value


def _scores(
    forecaster: Any,
    fitted: FittedForecast,
    test: Backtest,
    origins: NDArray[np.int64],
    season: int,
) -> dict[str, Any]:
    horizon, end = forecaster.horizon, fitted.split.train_end
    filled = fitted.preparation.inverse(fitted.data.table.lags)
    raw = fitted.data.raw[:end]
    steps = np.abs(raw[season:] - raw[:-season])
    several = raw.shape[1] > 1
    unit = np.nanstd(raw, axis=0) if several else np.ones(1)
    scale = np.stack([unit, mean_seen(steps, 0)])
    scale[scale == 0] = 1.0
    network = f"Elman (ridge + {forecaster.cell.upper()})"
    candidates = [
        (network, "network", test.prediction),
        ("ridge on the same window", "part", test.linear),
        ("last value", "baseline", last_value(filled, origins, horizon)),
    ]
    if season > 1:
        naive = seasonal_naive(filled, origins, horizon, season)
        candidates.append((f"seasonal naive ({season} steps)", "baseline", naive))
    rows = [
        {
            "model": model,
            "kind": kind,
            "values": forecast_scores(test.truth, prediction, scale),
        }
        for model, kind, prediction in candidates
    ]
    winner, sentence = verdict(rows)
    return {
        "metric": "MAE",
        "lower_is_better": True,
        "rows": rows,
        "winner": winner,
        "verdict": sentence,
    }


def _forecast_of(
    fitted: FittedForecast, test: Backtest, j: int, level: float
) -> dict[str, Any]:
    """Return one target's test forecasts, its next forecast and its errors."""
    data, origin = fitted.tail
    following = FittedForecast.forecast_with(
        fitted.preparation,
        fitted.linear,
        fitted.network,
        fitted.offsets,
        data,
        np.array([origin]),
    )
    # Overlapping forecasts would draw each time several times over.
    shown = slice(None, None, _stride(test))
    error = np.abs(test.prediction[:, :, j] - test.truth[:, :, j])
    seen = np.isfinite(error)
    by_step = np.where(seen, error, 0.0).sum(0) / np.maximum(seen.sum(0), 1)
    linear_error = np.abs(test.linear[:, :, j] - test.truth[:, :, j])
    by_step_linear = np.where(seen, linear_error, 0.0).sum(0)
    rows, horizon = fitted.split.rows, test.time.shape[1]
    recent = slice(max(0, rows - 7 * horizon), rows)
    return {
        "test": {
            "time": test.time[shown].reshape(-1),
            "truth": test.truth[shown, :, j].reshape(-1),
            "prediction": test.prediction[shown, :, j].reshape(-1),
            "linear": test.linear[shown, :, j].reshape(-1),
            "lower": test.lower[shown, :, j].reshape(-1),
            "upper": test.upper[shown, :, j].reshape(-1),
        },
        "next": {
            "time": following.time[0],
            "prediction": following.prediction[0, :, j],
            "linear": following.linear[0, :, j],
            "lower": following.lower[0, :, j],
            "upper": following.upper[0, :, j],
        },
        "coverage": test.coverage(),
        "level": level,
        "error_by_step": by_step,
        "linear_error_by_step": by_step_linear / np.maximum(seen.sum(0), 1),
        "recent": {
            "time": fitted.data.time[recent],
            "value": fitted.data.raw[recent, j],
        },
    }


def _stride(test: Backtest) -> int:
    """Return how many origins apart forecasts no longer overlap."""
    horizon = test.time.shape[1]
    if len(test) < 2 or horizon < 2:
        return 1
    step = test.time[0, 1] - test.time[0, 0]
    apart = (test.time[1, 0] - test.time[0, 0]) / step
    return int(np.ceil(horizon / max(float(apart), 1.0)))


def _question(forecaster: Any, fitted: FittedForecast) -> list[list[str]]:
    split, time = fitted.split, fitted.data.time
    known = [column.name for column in fitted.preparation.known]
    past = [column.name for column in fitted.preparation.past]
    rows = [
        ["target", ", ".join(fitted.preparation.targets)],
        ["horizon", f"{forecaster.horizon} steps, {fitted.axis['freq']}"],
        ["context", f"{fitted.linear.context} steps"],
        ["known in the future", ", ".join(known) or "the calendar alone"],
        ["known up to the present", ", ".join(past) or "nothing else"],
        ["scale", ", ".join(t.value for t in fitted.preparation.transforms)],
        ["trained on", f"{_text(time[0])} … {_text(time[split.train_end - 1])}"],
        [
            "stopped by",
            f"{_text(time[split.train_end])} … {_text(time[split.test_start - 1])}",
        ],
    ]
    if split.test_start < split.rows:
        rows.append(
            [
                "tested on",
                f"{_text(time[split.test_start])} … {_text(time[split.rows - 1])}",
            ]
        )
    return rows


def _series(fitted: FittedForecast) -> dict[str, Any]:
    rows = fitted.split.rows
    every = -(-rows // _MOST_POINTS)
    return {
        "time": fitted.data.time[:rows:every],
        "value": fitted.data.raw[:rows:every, 0],
        "target": fitted.preparation.targets[0],
        "train_end": fitted.split.train_end // every,
        "validation_end": fitted.split.test_start // every,
        "step": fitted.axis["freq"],
    }


def _diagnosis(fitted: FittedForecast) -> dict[str, Any] | None:
    if fitted.before is None:
        return None
    before = fitted.before.to_dict()
    return {
        "needed": fitted.need.steps,
        "needed_source": fitted.need.source,
        "acf": fitted.need.acf,
        "before": before,
        "after": None if fitted.after is None else fitted.after.to_dict(),
        "remedy": fitted.remedy,
        "remedies": before.get("remedies", []),
    }


def _future_note(fitted: FittedForecast, horizon: int) -> list[str]:
    data, origin = fitted.tail
    if data.known_until >= origin + horizon:
        return []
    return [
        "the next forecast of this report assumes that the known columns keep their "
        "last values; give the future rows to elman predict for a better one"
    ]


def _text(time: Any) -> str:
    """Return a time stamp without the seconds nobody gave, or a row number."""
    text = str(time)
    return text.removesuffix(":00").replace("T00:00", "").replace("T", " ")

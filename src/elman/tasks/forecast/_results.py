"""What a fitted forecaster has to show: scores beside baselines, series, forecasts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from elman import ops
from elman._plain import plain, short_time
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.forecast.intervals._quantiles import quantile_scores

from ._evaluation import evaluation, held_out_origins
from ._fit import FittedForecast
from .scores._backtest import Backtest

_MOST_POINTS = 20_000
_WEEK = 7 * 24


def forecast_results(forecaster: Any, fitted: FittedForecast) -> dict[str, Any]:
    """Return the content of ``results.json``; plain data throughout."""
    split = fitted.split
    if split.test_start < split.rows:
        origins = held_out_origins(fitted)
        test = fitted.forecast(fitted.data, origins)
        name = "test"
    else:
        test, name = fitted.validation, "validation (no test part was held out)"
        origins = np.searchsorted(fitted.data.time, test.time[:, 0])
    scores = evaluation(forecaster, fitted, test, origins)
    first, last = test.time[0, 0], test.time[-1, -1]
    count = f"{len(test)} origin{'s' if len(test) != 1 else ''}"
    scores["split"] = f"{name}: {short_time(first)} … {short_time(last)}, {count}"
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
    results["notes"] += _coverage_notes(fitted, test, name, forecaster.level)
    if len(targets) > 1:
        results["targets"] = each
    return plain(results)


def trained_results(forecaster: Any, fitted: FittedForecast) -> dict[str, Any]:
    """Return what of the results needs no forecast; plain data throughout."""
    targets, horizon = fitted.preparation.targets, fitted.horizon
    return plain(
        {
            "task": "forecast",
            "title": f"{', '.join(targets)}, {horizon} steps ahead",
            "question": _question(forecaster, fitted),
            "notes": [
                *fitted.notes,
                *_thinned_note(fitted),
                *advice(fitted.run.result),
                *_future_note(fitted, horizon),
            ],
            "data": _series(fitted),
            "diagnosis": diagnosis_of(fitted),
            "training": training_report(fitted.run, fitted.network),
            "environment": environment(fitted.seed, ""),
        }
    )


def _forecast_of(
    fitted: FittedForecast, test: Backtest, j: int, level: float
) -> dict[str, Any]:
    """Return one target's test forecasts, its next forecast and its errors."""
    data, origin = fitted.tail
    following = fitted.forecast(data, np.array([origin]))
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
        "coverage": test.coverage(fitted.preparation.targets[j]),
        "level": level,
        "quantiles": quantile_scores(
            test.levels,
            test.truth[:, :, j],
            [values[:, :, j] for values in test.quantiles],
        ),
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
        ["horizon", f"{fitted.horizon} steps, {fitted.axis['freq']}"],
        ["context", f"{fitted.linear.context} steps"],
        ["known in the future", ", ".join(known) or "the calendar alone"],
        ["known up to the present", ", ".join(past) or "nothing else"],
        ["scale", ", ".join(t.value for t in fitted.preparation.transforms)],
        ["season", _seasons(fitted)],
    ]
    for j, target in enumerate(fitted.preparation.targets):
        of = f" ({target})" if len(fitted.preparation.targets) > 1 else ""
        rows.append([f"starts from{of}", fitted.linear.said(j)])
    rows.append(["correction kept", f"{fitted.gate.share:.0%}"])
    if floors := fitted.preparation.never_negative():
        rows.append(["never below 0", ", ".join(floors)])
    means = zip(fitted.preparation.targets, fitted.means, strict=True)
    if squared := [target for target, mean in means if mean]:
        rows.append(["squared error", f"{', '.join(squared)}: the mean is forecast"])
    rows += [
        ["trained on", _span(time, 0, split.train_end)],
        ["stopped by", _span(time, split.train_end, split.test_start)],
    ]
    if split.test_start < split.rows:
        rows.append(["tested on", _span(time, split.test_start, split.rows)])
    return rows


def _span(time: Any, start: int, stop: int) -> str:
    return f"{short_time(time[start])} … {short_time(time[stop - 1])}"


def _seasons(fitted: FittedForecast) -> str:
    return ", ".join(
        f"{season} steps" if season > 1 else "none found" for season in fitted.seasons
    )


def _every(fitted: FittedForecast) -> int:
    """Return the rows from one drawn point to the next; not a part of the season."""
    every = -(-fitted.split.rows // _MOST_POINTS)
    if every > 1:
        # Every 24th hour would draw a night of solar power.
        while math.gcd(every, _WEEK * fitted.seasons[0]) > 1:
            every += 1
    return every


def _thinned_note(fitted: FittedForecast) -> list[str]:
    every = _every(fitted)
    if every == 1:
        return []
    return [
        f"the series of results.json and of the report is thinned: one of {every} rows"
    ]


def _coverage_notes(
    fitted: FittedForecast, test: Backtest, part: str, level: float
) -> list[str]:
    """Say where intervals held much less than they should."""
    notes = []
    for j, name in enumerate(fitted.preparation.targets):
        count = int(np.isfinite(test.truth[:, :, j]).sum())
        if not count or part != "test":
            continue
        share = test.coverage(name)
        noise = 2 * np.sqrt(level * (1 - level) / max(1, count // fitted.horizon))
        if share < level - max(0.05, noise):
            notes.append(
                f"{name}: the intervals of {level:g} hold {share:.0%} of the test "
                "part: it is unlike the validation part they were set on"
            )
    return notes


def _series(fitted: FittedForecast) -> dict[str, Any]:
    rows, every = fitted.split.rows, _every(fitted)
    return {
        "time": fitted.data.time[:rows:every],
        "value": fitted.data.raw[:rows:every, 0],
        "target": fitted.preparation.targets[0],
        "train_end": fitted.split.train_end // every,
        "validation_end": fitted.split.test_start // every,
        "step": fitted.axis["freq"],
        "every": every,
    }


def diagnosis_of(fitted: Any) -> dict[str, Any] | None:
    """Return how far gradients reach, before and after the remedy."""
    # Segments are the steps of the recurrence where there are any.
    segment = fitted.network.segment or 1
    found = fitted.start.report(fitted.need.acf[::segment])
    needed = -(-fitted.need.steps // segment)
    return None if found is None else {**found, "needed": needed, "segment": segment}


def _future_note(fitted: FittedForecast, horizon: int) -> list[str]:
    data, origin = fitted.tail
    if data.known_until >= origin + horizon:
        return []
    return [
        "the next forecast of this report assumes that the known columns keep their "
        "last values; give the future rows to elman predict for a better one"
    ]

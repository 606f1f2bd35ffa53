"""What a forecaster of many series has to show, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from elman import ops
from elman._plain import plain, short_time
from elman.cells import title
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.forecast._results import diagnosis_of
from elman.tasks.forecast.scores._backtest import Backtest

from ._evaluation import evaluation, held_out
from ._fit import FittedPanel
from ._series import Rows

_WORST = 5


def panel_results(forecaster: Any, fitted: FittedPanel) -> dict[str, Any]:
    """Return the content of ``results.json``."""
    origins, name = held_out(fitted)
    test = (
        fitted.model.forecast(fitted.series, origins)
        if name == "test"
        else fitted.validation
    )
    network = f"Elman (local and pooled forecasts + {title(forecaster.cell)})"
    scores, each = evaluation(fitted, network, test, origins)
    first, last = test.time.min(), test.time.max()
    scores["split"] = (
        f"{name}: {scores['series']:,} series, {len(test):,} origins, "
        f"{short_time(first)} … {short_time(last)}"
    )
    shown = _typical(each["MASE"])
    trained = panel_trained(forecaster, fitted, shown)
    with ops.record_paths() as ran:
        drawn = _forecast_of(fitted, test, origins, shown, forecaster.level)
    results = {
        **trained,
        "scores": scores,
        "series": each,
        "worst": _worst(each),
        "forecast": drawn,
        "environment": environment(fitted.seed, ran[0]),
    }
    results["forecast"]["coverage"] = scores["coverage"]
    if name == "test" and scores["coverage"] < forecaster.level - 0.05:
        results["notes"] = [
            *trained["notes"],
            f"the intervals of {forecaster.level:g} hold {scores['coverage']:.0%} of"
            " the test part: it is unlike the validation part they were set on",
        ]
    return plain(results)


def panel_trained(
    forecaster: Any, fitted: FittedPanel, shown: int | None = None
) -> dict[str, Any]:
    """Return what of the results needs no score."""
    shown = int(np.argmax(fitted.split.stop)) if shown is None else shown
    target, count = fitted.model.preparation.target, len(fitted.panel)
    return plain(
        {
            "task": "forecast",
            "title": f"{target} of {count:,} series, {fitted.horizon} steps ahead",
            "question": _question(forecaster, fitted),
            "notes": [*fitted.notes, *advice(fitted.run.result)],
            "data": _drawn(fitted, shown),
            "parts": fitted.parts,
            "diagnosis": diagnosis_of(fitted),
            "training": training_report(fitted.run, fitted.network),
            "environment": environment(fitted.seed, ""),
        }
    )


def _question(forecaster: Any, fitted: FittedPanel) -> list[list[str]]:
    model, panel, split = fitted.model, fitted.panel, fitted.split
    roles, steps = model.preparation.roles, split.stop
    seasons = ", ".join(f"{s} steps" for s in model.preparation.seasons)
    best = min(fitted.parts, key=lambda name: fitted.parts[name])
    contexts = sorted({ridge.form.context for ridge in model.mixture.pooled})
    rows = [
        ["target", model.preparation.target],
        [
            "series",
            f"{len(panel):,}, told apart by {', '.join(panel.ids.columns)}; "
            f"{int(steps.min()):,} to {int(steps.max()):,} steps",
        ],
        ["horizon", f"{fitted.horizon} steps, {panel.freq}"],
        [
            "context",
            f"{model.context} steps; pooled regressions "
            + (" and ".join(map(str, contexts)) or "none, too few windows"),
        ],
        ["known in the future", _names(roles.known) or "the calendar alone"],
        ["known up to the present", _names(roles.past) or "nothing else"],
        ["constant in a series", _names(roles.static) or "nothing"],
        ["scale", f"{model.preparation.space.value}, each window in its own unit"],
        ["season", seasons or "none found"],
        ["best forecast of validation", best],
    ]
    if fitted.squared:
        rows.append(["squared error", "the mean is forecast"])
    validated = int((split.train_end < split.test_start).sum())
    rows.append(
        ["parts", f"{validated:,} series validate, {split.tested:,} are tested"]
    )
    return rows


def _names(columns: list[Any]) -> str:
    return ", ".join(column.name for column in columns)


def _typical(score: np.ndarray) -> int:
    """Return the series whose score is the median."""
    known = np.flatnonzero(np.isfinite(score))
    if not len(known):
        return 0
    return int(known[np.argsort(score[known])[len(known) // 2]])


def _worst(each: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the series with the highest errors."""
    score = np.asarray(each["MASE"])
    known = np.flatnonzero(np.isfinite(score))
    order = known[np.argsort(-score[known], kind="stable")][:_WORST]
    return [{key: values[i] for key, values in each.items()} for i in order]


def _drawn(fitted: FittedPanel, i: int) -> dict[str, Any]:
    rows = slice(fitted.series.starts[i], fitted.series.stops[i])
    return {
        "time": fitted.series.time[rows],
        "value": fitted.series.raw[rows],
        "target": f"{fitted.model.preparation.target} of {fitted.panel.names[i]}",
        "train_end": int(fitted.split.train_end[i]),
        "validation_end": int(fitted.split.test_start[i]),
        "step": fitted.panel.freq,
        "every": 1,
    }


def _forecast_of(
    fitted: FittedPanel, test: Backtest, origins: Rows, i: int, level: float
) -> dict[str, Any]:
    """Return one series' test forecasts, its next one, and all series' errors."""
    series, horizon = fitted.series, fitted.horizon
    following = fitted.model.forecast(series, series.stops[[i]])
    own = np.flatnonzero(series.owner[origins - 1] == i)
    if len(own) > 1 and origins[own[1]] - origins[own[0]] < horizon:
        apart = -(-horizon // int(origins[own[1]] - origins[own[0]]))
        own = own[::apart]
    unit = np.maximum(series.usual(series.space)[origins - 1], 1e-12)[:, None]

    def by_step(prediction: np.ndarray) -> np.ndarray:
        off = np.abs(
            series.space.forward(np.maximum(prediction, 1e-12))
            - series.space.forward(test.truth[..., 0])
            if series.space.value != "none"
            else prediction - test.truth[..., 0]
        )
        seen = np.isfinite(off)
        return np.where(seen, off / unit, 0.0).sum(0) / np.maximum(seen.sum(0), 1)

    recent = slice(
        max(int(series.starts[i]), int(series.stops[i]) - 7 * horizon), series.stops[i]
    )

    def flat(values: np.ndarray) -> np.ndarray:
        return values[own, :, 0].reshape(-1)

    return {
        "test": {
            "time": test.time[own].reshape(-1),
            "truth": flat(test.truth),
            "prediction": flat(test.prediction),
            "linear": flat(test.linear),
            "lower": flat(test.lower),
            "upper": flat(test.upper),
        },
        "next": {
            "time": following.time[0],
            "prediction": following.prediction[0, :, 0],
            "linear": following.linear[0, :, 0],
            "lower": following.lower[0, :, 0],
            "upper": following.upper[0, :, 0],
        },
        "coverage": test.coverage(),
        "level": level,
        "error_by_step": by_step(test.prediction[..., 0]),
        "linear_error_by_step": by_step(test.linear[..., 0]),
        "recent": {"time": series.time[recent], "value": series.raw[recent]},
    }

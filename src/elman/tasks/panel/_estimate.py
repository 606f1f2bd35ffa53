"""What `Forecaster` does where a table holds many series."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.tasks._estimator import Steps
from elman.tasks._features import take_features
from elman.tasks.fit._threads import work_of_forecaster
from elman.tasks.forecast.rows._split import test_row
from elman.tasks.forecast.scores._backtest import Backtest

from ._fit import FittedPanel, fit_panel, observed
from ._local import seasonal_naive
from ._reading import Given, read_panel, unknown_future
from ._results import panel_results, panel_trained
from ._series import SeriesSet
from ._space import Space
from ._windows import origins_of


def many_steps(forecaster: Any, given: Given, **named: Any) -> Steps[FittedPanel]:
    """Return what `Forecaster.fit` does with a panel."""

    def learn() -> FittedPanel:
        return fit_panel(
            forecaster,
            given.panel,
            target=given.target,
            horizon=given.horizon,
            source=given.source,
            **named,
        )

    return Steps(
        work_of_forecaster(forecaster, given.panel),
        learn,
        lambda fitted: take(forecaster, fitted, given),
        lambda fitted: panel_results(forecaster, fitted),
    )


def take(forecaster: Any, fitted: FittedPanel, given: Given) -> None:
    """Keep what was fitted."""
    forecaster.missing_ = given.missing
    forecaster.wide_ = given.wide
    forecaster.model_ = fitted.model
    forecaster._series = fitted.series
    forecaster._ids = fitted.panel.ids
    forecaster.ids_ = fitted.panel.ids.columns
    forecaster.targets_ = [given.target]
    forecaster.horizon_ = fitted.horizon
    forecaster.context_ = fitted.model.context
    forecaster.network_ = fitted.model.network
    forecaster.seed_ = fitted.seed
    axis = fitted.panel.axis
    forecaster.axis_ = {
        "columns": list(axis.columns),
        "freq": axis.freq,
        "step": axis.step,
        "form": axis.form,
    }
    names = [*axis.columns, *forecaster.ids_, *fitted.panel.frame.columns]
    take_features(forecaster, len(names), names)
    forecaster.results_ = panel_trained(forecaster, fitted)


def predict_many(
    forecaster: Any, frame: Any, horizon: int | None, source: object
) -> pl.DataFrame:
    """Forecast every series of a frame, or of `fit`."""
    most = forecaster.horizon_
    if horizon is not None and not 1 <= horizon <= most:
        raise InputError(
            f"horizon must be 1 to {most} steps, those fitted, for many series; got"
            f" {horizon}: fit with horizon={horizon} for more"
        )
    if frame is None:
        series, ids = forecaster._series, forecaster._ids
    else:
        series, ids = series_of(forecaster, frame, source, ahead=True)
    forecast = forecaster.model_.forecast(series, series.stops)
    table = with_ids(forecast, ids, series.owner[series.stops - 1]).to_frame()
    chosen = table.filter(pl.col("step") <= (horizon or most))
    return chosen.drop("origin", "step", "truth")


def score_many(forecaster: Any, frame: Any, source: object) -> float:
    """Return how much smaller the scaled error is than a naive forecast's.

    Over forecasts a horizon apart after the first context of each series; each
    series counts alike, in its own unit.
    """
    series, _ = series_of(forecaster, frame, source, ahead=False)
    horizon = forecaster.horizon_
    begins, steps = series.starts[:-1], series.stops - series.starts[:-1]
    least = np.minimum(forecaster.context_, np.maximum(steps - horizon, 1))
    origins = origins_of(begins, least, steps, horizon, stride=horizon)
    if not len(origins):
        raise InputError(
            f"there is nothing to score: the longest series has {int(steps.max())}"
            f" rows, the horizon is {horizon}"
        )
    model = forecaster.model_
    found = model.forecast(series, origins)
    naive = seasonal_naive(model.preparation.season)(series, origins, horizon)
    truth, power = found.truth[..., 0], 2 if model.mixture.squared else 1
    unit = series.usual(Space.NONE)[origins - 1]
    usable = np.isfinite(truth) & (unit > 0)[:, None]
    if not usable.any():
        raise InputError("there is nothing to score: no series has values and changes")
    scale = np.where(unit > 0, unit, 1.0)[:, None]
    ours, theirs = (
        float(((np.abs(said - truth) / scale)[usable] ** power).mean() ** (1 / power))
        for said in (found.prediction[..., 0], naive)
    )
    return 1 - ours / theirs if theirs > 0 else float(ours == 0)


def backtest_many(
    forecaster: Any, frame: Any, start: Any, stride: int | None, source: object
) -> Backtest:
    """Forecast from many origins of every series."""
    series, ids = series_of(forecaster, frame, source, ahead=False)
    horizon, begins = forecaster.horizon_, series.starts[:-1]
    steps = series.stops - begins
    first = np.full(len(series), 1)
    if start is None:
        first[:] = forecaster.context_
    else:
        for i, own in enumerate(steps):
            time = series.time[begins[i] : begins[i] + own]
            first[i] = test_row(time, int(own), start)
    origins = origins_of(begins, first, steps, horizon, stride=stride or horizon)
    if not len(origins):
        raise InputError(
            f"no origin fits: the longest series has {int(steps.max())} rows, the "
            f"context is {forecaster.context_}, the horizon {horizon}; give more rows "
            "or an earlier start"
        )
    return with_ids(
        forecaster.model_.forecast(series, origins), ids, series.owner[origins - 1]
    )


def series_of(
    forecaster: Any, frame: Any, source: object, *, ahead: bool
) -> tuple[SeriesSet, pl.DataFrame]:
    """Return the arrays of a frame, each series with its future rows, and the ids."""
    panel = read_panel(forecaster, frame, source)
    preparation = forecaster.model_.preparation
    panel, stops, _ = observed(panel, preparation.target, source)
    last = np.maximum(panel.lengths, stops + forecaster.horizon_)
    until = preparation.known_until(panel)
    panel = panel.spans(np.zeros(len(panel), dtype=np.int64), last)
    series = preparation.apply(panel, stops)
    if ahead:
        _check_future(forecaster, series, until, panel.names)
    for note in preparation.unlike(panel, "in the rows the forecast is made from"):
        warnings.warn(note, UserWarning, stacklevel=5)
    return series, panel.ids


def _check_future(
    forecaster: Any, series: SeriesSet, until: np.ndarray, names: list[str]
) -> None:
    lacking = unknown_future(series, until, forecaster.horizon_)
    if not len(lacking):
        return
    i = int(lacking[0])
    columns = ", ".join(c.name for c in forecaster.model_.preparation.roles.known)
    have = max(0, int(until[i] - (series.stops[i] - series.starts[i])))
    target = forecaster.targets_[0]
    raise InputError(
        f"{', '.join(forecaster.ids_)} {names[i]!r}: the known columns ({columns}) have"
        f" {have} of the next {forecaster.horizon_} rows ({len(lacking):,} series lack"
        f" some); add rows after the last {target!r} with these columns filled and"
        f" {target!r} empty"
    )


def with_ids(backtest: Backtest, ids: pl.DataFrame, owner: np.ndarray) -> Backtest:
    """Return the same, with the id of each origin."""
    return dataclasses.replace(backtest, ids=ids[owner])

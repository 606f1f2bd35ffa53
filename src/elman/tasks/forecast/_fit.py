"""Fitting a forecaster, step by step: roles, split, linear part, remedy, network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import RegularSeries
from elman.diagnosis import Need
from elman.models import correcting_from
from elman.tasks._sampled import sampled
from elman.tasks.fit._run import Run, run_training
from elman.tasks.fit._start import Start
from elman.tasks.forecast.answers._future import Tail, with_future
from elman.tasks.forecast.columns._columns import holes
from elman.tasks.forecast.columns._holidays import check_holidays
from elman.tasks.forecast.columns._preparation import (
    Preparation,
    Prepared,
    target_values,
)
from elman.tasks.forecast.columns._roles import as_names, assign_roles, check_targets
from elman.tasks.forecast.intervals._calibration import calibration
from elman.tasks.forecast.intervals._gate import Gate
from elman.tasks.forecast.intervals._widening import HORIZONS
from elman.tasks.forecast.linear._blending import (
    blending,
    fitted_again,
    naive_seasons,
    season_candidates,
)

from ._check import check_parameters
from ._decoder import network_config, segment_of, suited
from ._model import ForecastModel
from ._notes import later_notes
from ._objective import check_signs, objective
from ._previous import Previous
from ._starting import start_of, steps_needed
from .rows._row_weights import weighed
from .rows._size import context_of, default_horizon, whole_test
from .rows._split import Split, horizon_advice, split_series, test_row
from .rows._windows import Windows, kept, observed, origins_between
from .scores._backtest import Backtest
from .targets._kinds import kinds_of, left_out

Array = NDArray[np.float64]

_MOST_VALIDATION_WINDOWS = 2000
# Windows times steps times targets: half a gigabyte of linear forecasts, and less.
_MOST_TRAINING_VALUES = 1 << 26
_MOST_VALIDATION_VALUES = 1 << 23


@dataclasses.dataclass(frozen=True)
class FittedForecast(ForecastModel):
    """A model, and everything else `fit_forecast` found out.

    ``data`` holds every target as it stands; what is learned from does not, see
    ``wild``, (rows, K): target values left out of training.
    """

    axis: dict[str, Any]
    series: RegularSeries
    data: Prepared
    split: Split
    wild: NDArray[np.bool_]
    seasons: list[int]
    naive_seasons: list[int]
    gate: Gate
    means: list[bool]
    intermittent: list[bool]
    need: Need
    start: Start
    run: Run
    validation: Backtest
    tail: tuple[Prepared, int]
    notes: list[str]
    seed: int


def fit_forecast(
    forecaster: Any,
    series: RegularSeries,
    *,
    target: str | Sequence[str],
    known: str | Sequence[str],
    past: str | Sequence[str] | None,
    ignore: str | Sequence[str],
    test: Any,
    source: object,
    named: bool = True,
    weights: NDArray[np.float64] | None = None,
    previous: Previous | None = None,
) -> FittedForecast:
    """Fit all parts of a `Forecaster` on a series; see its `fit`.

    ``named`` is False where the known columns are all those of an X; ``weights`` are
    those of the series' rows. With a ``previous`` fit its scales, roles and sizes
    stay, and its network goes on.
    """
    settings = check_parameters(forecaster)
    if previous is not None:
        settings = dataclasses.replace(settings, epochs=previous.epochs)
    notes = list(series.notes)
    targets = as_names("target", target)
    rows = check_targets(series, targets, source)
    # NumPy's integers are welcome, but neither torch nor polars takes them.
    horizon = int(
        (previous and previous.horizon)
        or forecaster.horizon
        or default_horizon(series.time, float(series.step), rows)
    )
    held_out, more = whole_test(test, rows, horizon)
    notes += more

    # What decides the window may look at training rows only.
    test_start = test_row(series.time, rows, held_out)
    train_rows = test_start - max(
        round(forecaster.validation_fraction * test_start), horizon
    )
    if train_rows < 1:
        raise InputError(
            f"the series has {rows} row{'s' if rows != 1 else ''}, too few to forecast "
            f"{horizon} step{'s' if horizon != 1 else ''} ahead; "
            + horizon_advice(
                rows,
                forecaster.validation_fraction,
                test,
                rows - test_start,
                forecaster.context,
            )
        )
    kinds = kinds_of(forecaster, series, targets, train_rows, source)
    if previous is not None:
        kinds = previous.kinds(kinds)
    season = kinds.seasons[0]
    context = int(
        (previous and previous.context)
        or forecaster.context
        or context_of(kinds.need, season, horizon, train_rows)
    )
    split = split_series(
        series.time,
        rows,
        horizon=horizon,
        context=context,
        validation_fraction=forecaster.validation_fraction,
        test=held_out,
        asked=test,
        adapts=not forecaster.context,
    )
    need = kinds.need
    if previous is not None:
        preparation, segment = previous.preparation, previous.segment
    else:
        known_columns, past_columns, more = assign_roles(
            series,
            split.train_end,
            targets,
            as_names("known", known),
            None if past is None else as_names("past", past),
            as_names("ignore", ignore),
            source,
            named=named,
        )
        notes += more
        preparation, more = Preparation.fit(
            series,
            split.train_end,
            targets,
            known_columns,
            past_columns,
            forecaster.scale,
            season=min(season if season > 1 else need.steps, context),
            means=kinds.means,
            holidays=check_holidays(forecaster.holidays),
        )
        notes += more
        segment = segment_of(
            forecaster.decoder, horizon, context, season, known=bool(known_columns)
        )
    settings = suited(settings, forecaster.training, segment)
    trained = target_values(series.frame[: split.train_end], targets)
    check_signs(forecaster, trained, preparation)
    data = preparation.apply(with_future(series, rows, horizon))
    wild = left_out(preparation, series.frame, data.raw, split)
    learned_rows = slice(split.train_end)
    notes += preparation.left_out(data.raw[learned_rows], wild[learned_rows])
    notes += later_notes(preparation, series, data.raw, split, wild)
    if data.known_until >= rows + horizon:
        # Rows of the future stand in the data: `predict` without others uses them.
        coming = slice(rows, rows + horizon)
        notes += holes(series.frame[coming], preparation.known, series.time[coming])
    # What is learned from, beside what is scored.
    learned = weighed(data.without(wild), weights)

    training = _windows_between(learned, 0, split.train_end, context, horizon)
    training = kept(training, horizon, len(targets), _MOST_TRAINING_VALUES)
    squared = all(kinds.means)
    validating = _windows_between(
        learned, split.train_end, split.test_start, context, horizon
    )
    validating = validating[sampled(len(validating), _MOST_VALIDATION_WINDOWS)]
    validating = kept(validating, horizon, len(targets), _MOST_VALIDATION_VALUES)
    dated = np.issubdtype(series.time.dtype, np.datetime64)
    begin = blending(
        learned.table,
        preparation,
        training,
        validating,
        split,
        context,
        horizon,
        season_candidates(
            kinds.seasons, float(series.step), split.test_start, dated=dated
        ),
        squared=squared,
        long=segment is not None and len(targets) > 1,
    )
    linear = begin.blend
    examples = Windows(learned, training, begin.honest, context)
    begun = linear.predict(learned.table, validating)
    held = Windows(learned, validating, begun, context)

    folds = learned.table.truth[training[:, None] + np.arange(horizon)]
    folds = folds - begin.honest
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        sizes = (data.encoder.shape[1], data.decoder.shape[1], len(targets))
        config = network_config(forecaster, *sizes, horizon, segment)
        network = correcting_from(config)
        if previous is not None:
            network.load_state_dict(previous.weights)
        loss = objective(
            forecaster,
            kinds.means,
            network,
            preparation,
            trained,
            folds,
            weighted=weights is not None,
        )
        start = (
            start_of(forecaster, network, examples, need, loss)
            if previous is None
            else Start("default", need.steps)
        )
    needed = steps_needed(need, network, context)
    run = run_training(
        forecaster, network, loss, examples, held, settings, needed=needed
    )

    decided, offsets, more = calibration(
        forecaster,
        network,
        begin,
        held,
        begun,
        folds,
        kinds.intermittent,
        squared,
        data.time[split.test_start],
    )
    notes += more
    model = ForecastModel(preparation, linear, network, offsets)
    validation = model.forecast(data, validating)

    # The network stays; the linear part, which is cheap and convex, also learns
    # from the validation rows, the most recent ones.
    everything = _windows_between(learned, 0, split.test_start, context, horizon)
    linear = fitted_again(
        linear,
        learned.table,
        everything,
        split.test_start,
        begin.seasons,
        squared=squared,
    )
    return FittedForecast(
        preparation=preparation,
        linear=linear,
        network=network,
        offsets=offsets,
        axis={
            "columns": list(series.axis.columns),
            "freq": series.freq,
            "step": series.step,
            "form": series.axis.form,
        },
        series=series,
        data=data,
        split=split,
        wild=wild,
        seasons=kinds.seasons,
        naive_seasons=naive_seasons(kinds.seasons, begin.seasons, float(series.step)),
        gate=decided,
        means=kinds.means,
        intermittent=kinds.intermittent,
        need=need,
        start=start,
        run=run,
        validation=validation,
        tail=Tail.cut(
            data, rows, min(rows, linear.memory + HORIZONS * horizon), horizon
        ),
        notes=[*notes, *run.notes],
        seed=settings.seed,
    )


def _windows_between(
    data: Prepared, start: int, stop: int, context: int, horizon: int
) -> NDArray[np.int64]:
    origins = origins_between(start, stop, context, horizon)
    origins = observed(data, origins, horizon)
    if not len(origins):
        raise InputError(
            f"rows {start + 1} to {stop} hold no window with an observed target; "
            "give a longer series, or a smaller context or horizon"
        )
    return origins

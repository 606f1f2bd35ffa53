"""Fitting a forecaster, step by step: roles, split, linear part, remedy, network."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from elman import init
from elman._errors import InputError
from elman.data import RegularSeries
from elman.diagnosis import Diagnosis, Need, diagnose, needed_horizon
from elman.training import Progress, TrainingResult, predict, train

from ._backtest import Backtest
from ._diverged import divergence_note, divergence_report
from ._flow_record import flow_report, watch_flow
from ._forecast_check import check_parameters
from ._forecast_roles import as_names, assign_roles, check_targets
from ._forecast_split import Split, split_series, test_row
from ._future import Tail, with_future
from ._highway import HighwayNetwork, masked_absolute_error
from ._intervals import conformal_offsets
from ._linear import WindowRidge
from ._preparation import Preparation, Prepared
from ._stages import NETWORK, checkpoints_of, stage
from ._training import callbacks_of
from ._transform import Transform
from ._windows import Windows, observed, origins_between

_MOST_VALIDATION_WINDOWS = 2000
_DIAGNOSIS_WINDOWS = 64


@dataclasses.dataclass(frozen=True)
class FittedForecast:
    """Everything `fit_forecast` found out."""

    preparation: Preparation
    linear: WindowRidge
    network: HighwayNetwork
    offsets: tuple[NDArray[np.float64], NDArray[np.float64]]
    axis: dict[str, Any]
    series: RegularSeries
    data: Prepared
    split: Split
    need: Need
    before: Diagnosis | None
    after: Diagnosis | None
    remedy: str | None
    training: TrainingResult
    validation: Backtest
    tail: tuple[Prepared, int]
    notes: list[str]
    seed: int
    diverged: dict[str, Any] | None
    flow: dict[str, Any] | None

    @staticmethod
    def forecast_with(
        preparation: Preparation,
        linear: WindowRidge,
        network: HighwayNetwork,
        offsets: tuple[NDArray[np.float64], NDArray[np.float64]],
        data: Prepared,
        origins: NDArray[np.int64],
    ) -> Backtest:
        """Return the forecasts at these origins, all in one pass."""
        scaled = linear.predict(data.table, origins)
        windows = Windows(data, origins, scaled, linear.context)
        corrected = predict(network, windows).numpy().astype(np.float64)
        steps = origins[:, None] + np.arange(scaled.shape[1])
        low, high = offsets
        return Backtest(
            targets=preparation.targets,
            time=data.time[steps],
            truth=data.raw[steps],
            prediction=preparation.inverse(corrected),
            linear=preparation.inverse(scaled),
            lower=preparation.inverse(corrected + low),
            upper=preparation.inverse(corrected + high),
        )


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
) -> FittedForecast:
    """Fit all parts of a `Forecaster` on a series; see its `fit`."""
    settings = check_parameters(forecaster)
    checkpoints = checkpoints_of(forecaster.checkpoints)
    asked = callbacks_of(forecaster.callbacks)
    # NumPy's integers are welcome, but neither torch nor polars takes them.
    horizon, frame = int(forecaster.horizon), series.frame
    targets = as_names("target", target)
    rows = check_targets(series, targets, source)

    # What decides the window may look at training rows only.
    held_out = test_row(series.time, rows, test)
    train_rows = held_out - max(
        round(forecaster.validation_fraction * held_out), horizon
    )
    if train_rows < 1:
        raise InputError(
            f"the series has {rows} row{'s' if rows != 1 else ''}, too few to forecast "
            f"{horizon} steps ahead; give a longer series or a smaller horizon"
        )
    need = _need(frame[targets[0]].to_numpy()[:train_rows], forecaster.scale)
    context = int(forecaster.context or _context(need, horizon, train_rows))
    split = split_series(
        series.time,
        rows,
        horizon=horizon,
        context=context,
        validation_fraction=forecaster.validation_fraction,
        test=test,
    )
    known_columns, past_columns, notes = assign_roles(
        series,
        split.train_end,
        targets,
        as_names("known", known),
        None if past is None else as_names("past", past),
        as_names("ignore", ignore),
        source,
    )
    preparation, more = Preparation.fit(
        series,
        split.train_end,
        targets,
        known_columns,
        past_columns,
        forecaster.scale,
        season=min(need.steps, context),
    )
    notes = [*series.notes, *notes, *more]
    data = preparation.apply(with_future(series, rows, horizon))

    training = _windows_between(data, 0, split.train_end, context, horizon)
    linear, honest = WindowRidge.fit(data.table, training, context, horizon)
    examples = Windows(data, training, honest, context)
    validating = _windows_between(
        data, split.train_end, split.test_start, context, horizon
    )
    validating = validating[:: max(1, len(validating) // _MOST_VALIDATION_WINDOWS)]
    held = Windows(data, validating, linear.predict(data.table, validating), context)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = build_network(
            forecaster,
            data.encoder.shape[1],
            data.decoder.shape[1],
            len(targets),
        )
        before, after, remedy = _remedied(forecaster, network, examples, need)
    flow, callbacks = watch_flow(asked)
    if forecaster.progress:
        callbacks.append(Progress())
    result = train(
        network,
        masked_absolute_error,
        examples,
        held,
        settings,
        callbacks,
        checkpoints=stage(checkpoints, NETWORK),
    )

    diverged = divergence_report(network, masked_absolute_error, result)

    errors = data.table.truth[validating[:, None] + np.arange(horizon)]
    errors = errors - predict(network, held).numpy()
    offsets = conformal_offsets(errors, forecaster.level)
    parts = (preparation, linear, network, offsets)
    validation = FittedForecast.forecast_with(*parts, data, validating)

    # The network stays; the linear part, which is cheap and convex, also learns
    # from the validation rows, the most recent ones.
    everything = _windows_between(data, 0, split.test_start, context, horizon)
    linear, _ = WindowRidge.fit(
        data.table, everything, context, horizon, (linear.anchor, linear.alpha)
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
        },
        series=series,
        data=data,
        split=split,
        need=need,
        before=before,
        after=after,
        remedy=remedy,
        training=result,
        validation=validation,
        tail=Tail.cut(data, rows, context, horizon),
        notes=[*notes, *divergence_note(diverged)],
        seed=settings.seed,
        diverged=diverged,
        flow=flow_report(flow, min(need.steps, context)),
    )


def build_network(
    forecaster: Any, encoder_size: int, decoder_size: int, targets: int
) -> HighwayNetwork:
    """Return the untrained network of a forecaster."""
    return HighwayNetwork(
        forecaster.cell,
        encoder_size,
        decoder_size,
        targets,
        hidden_size=int(forecaster.hidden_size),
        num_layers=int(forecaster.num_layers),
        dropout=forecaster.dropout,
    )


def _need(target: NDArray, scale: str) -> Need:
    values = target.astype(np.float64)
    if not np.isfinite(values).any():
        raise InputError("the target has no values in the training part")
    transform = Transform.choose(scale, values)
    return needed_horizon(transform.forward(values))


def _context(need: Need, horizon: int, train_rows: int) -> int:
    """Return the steps to look back: what the data need, if the series allows."""
    return max(1, min(max(need.steps, 2 * horizon), train_rows // 4))


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


def _remedied(
    forecaster: Any, network: HighwayNetwork, examples: Windows, need: Need
) -> tuple[Diagnosis | None, Diagnosis | None, str | None]:
    """Diagnose the network, apply a remedy in place, diagnose again."""
    count = min(_DIAGNOSIS_WINDOWS, len(examples))
    index = torch.from_numpy(
        np.linspace(0, len(examples) - 1, count).round().astype(np.int64)
    )
    inputs, target = examples.take(index)

    def diagnosed(*, remedies: bool) -> Diagnosis:
        # The head starts at zero and would let no gradient through.
        probe = copy.deepcopy(network)
        nn.init.normal_(probe.head.weight, std=forecaster.hidden_size**-0.5)
        return diagnose(
            probe,
            inputs,
            target,
            masked_absolute_error,
            needed=min(need.steps, inputs[0].shape[1]),
            needed_source=need.source,
            remedies=init.NAMES[1:] if remedies else False,
        )

    automatic = forecaster.init == "auto"
    before = diagnosed(remedies=automatic)
    remedy = before.best if automatic else forecaster.init
    if remedy is None or remedy == "default":
        return before, None, None
    options = {"t_max": max(need.steps, 2)} if remedy == "chrono" else {}
    init.apply_(remedy, network.encoder, **options)
    return before, diagnosed(remedies=False), remedy

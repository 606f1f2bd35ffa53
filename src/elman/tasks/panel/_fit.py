"""Fitting one forecaster to many series: roles, split, mixture, remedy, network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import Panel
from elman.diagnosis import Need
from elman.models import correcting_from
from elman.tasks._sampled import sampled
from elman.tasks.fit._run import Run, run_training
from elman.tasks.fit._start import Start
from elman.tasks.forecast._check import check_parameters
from elman.tasks.forecast._decoder import network_config, segment_of, suited
from elman.tasks.forecast._starting import start_of, steps_needed
from elman.tasks.forecast.columns._holidays import check_holidays
from elman.tasks.forecast.columns._target_kind import bounded_by_zero
from elman.tasks.forecast.intervals._gate import Gate, apply_gate, gate, gate_notes
from elman.tasks.forecast.intervals._intervals import fewest_errors
from elman.tasks.forecast.intervals._quantiles import check_quantiles
from elman.tasks.forecast.rows._size import default_horizon
from elman.tasks.forecast.scores._backtest import Backtest
from elman.tasks.forecast.targets._loss import masked_error
from elman.training import predict

from . import _kinds
from ._common import FEWEST_EACH, apart, windows_apart
from ._mixture import Mixture
from ._model import PanelModel
from ._parts import (
    fitting_origins,
    mixture_of,
    mixture_origins,
    space_of,
    training_origins,
)
from ._pooled import PooledRidge
from ._preparation import PanelPreparation, target_of
from ._roles import panel_roles
from ._series import Array, PanelWindows, Rows, SeriesSet
from ._space import Space
from ._split import PanelSplit, split_panel

_MOST_VALIDATION = 4000
_LOSSES = ("auto", "absolute", "squared")


@dataclasses.dataclass(frozen=True)
class FittedPanel:
    """Everything `fit_panel` found out."""

    model: PanelModel
    panel: Panel
    series: SeriesSet
    split: PanelSplit
    need: Need
    start: Start
    run: Run
    validation: Backtest
    validating: Rows
    parts: dict[str, float]
    squared: bool
    notes: list[str]
    seed: int
    level: float

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return self.model.horizon

    @property
    def network(self) -> Any:
        """What corrects the mixture."""
        return self.model.network


def fit_panel(
    forecaster: Any,
    panel: Panel,
    *,
    target: str,
    known: str | Sequence[str],
    past: str | Sequence[str] | None,
    static: str | Sequence[str] | None,
    ignore: str | Sequence[str],
    test: Any,
    horizon: int | None,
    source: object,
) -> FittedPanel:
    """Fit all parts of a `Forecaster` on many series; see its `fit`."""
    settings = check_parameters(forecaster)
    if forecaster.loss not in _LOSSES:
        raise InputError(
            f"loss={forecaster.loss!r} is for single series; many are fitted with"
            f" {', '.join(_LOSSES)}, and quantiles are calibrated beside any"
        )
    panel, stops, notes = observed(panel, target, source)
    horizon = int(
        forecaster.horizon
        or horizon
        or default_horizon(panel.time, panel.step, int(np.median(stops)))
    )
    split, more = split_panel(
        panel, stops, horizon, forecaster.validation_fraction, test
    )
    notes += more
    last = np.maximum(panel.lengths, stops + horizon)
    panel = panel.spans(np.zeros(len(panel), dtype=np.int64), last)

    raw = target_of(panel, target, source)
    training = _before(panel, split.train_end)
    if not np.isfinite(raw[training]).any():
        raise InputError(f"column {target!r} has no values in the training part")
    preparation, squared, need, more = _prepared(
        forecaster,
        panel,
        raw,
        training,
        split,
        target,
        (known, past, static, ignore),
        source,
    )
    notes += more
    series = preparation.apply(panel, stops)

    mixture, held_out = mixture_of(
        forecaster, series, split, preparation.seasons, horizon, squared=squared
    )
    validating = mixture_origins(series, split.train_end, split.test_start, mixture)
    validating = validating[sampled(len(validating), _MOST_VALIDATION)]
    own = apart(series, split, mixture, validating)
    parts = mixture.tune(series, validating, own)
    preparation.space = space_of(preparation.space, mixture, parts)
    series = dataclasses.replace(series, space=preparation.space)

    context = _network_context(forecaster, mixture, preparation, split)
    segment = segment_of(forecaster.decoder, horizon, context, preparation.season)
    settings = suited(settings, forecaster.training, segment)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        sizes = (1 + series.encoder.shape[1], series.decoder.shape[1], 1)
        config = network_config(forecaster, *sizes, horizon, segment)
        network = correcting_from(config)
        model = PanelModel(
            preparation, mixture, network, context, (np.zeros(1), np.zeros(1))
        )
        learning = training_origins(series, split, mixture, context)
        honest = model.evened(mixture.honest(series, learning, held_out))
        examples = PanelWindows(
            series,
            learning,
            honest,
            context,
        )
        held = PanelWindows(
            series, validating, model.highway(series, validating)[0], context
        )
        loss = masked_error([squared])
        start = start_of(forecaster, network, examples, need, loss)
    needed = steps_needed(need, network, context)
    run = run_training(
        forecaster, network, loss, examples, held, settings, needed=needed
    )
    sure = windows_apart(series, validating, mixture, own)
    decided = _kept(network, held, sure, squared=squared)
    notes += gate_notes(decided)
    _calibrate(forecaster, model, series, validating, (learning, honest), squared)
    notes += _few_windows(len(validating), forecaster.level)
    validation = model.forecast(series, validating)

    # The network stays; the pooled regressions, which are cheap and convex, also
    # learn from the validation rows, the most recent ones.
    mixture.pooled = [
        PooledRidge.fit(
            series,
            fitting_origins(series, split.test_start, ridge.form.context, horizon),
            horizon,
            ridge.form,
            ridge.alpha,
        )[0]
        for ridge in mixture.pooled
    ]
    return FittedPanel(
        model=model,
        panel=panel,
        series=series,
        split=split,
        need=need,
        start=start,
        run=run,
        validation=validation,
        validating=validating,
        parts=parts,
        squared=squared,
        notes=[*notes, *run.notes],
        seed=settings.seed,
        level=forecaster.level,
    )


def observed(
    panel: Panel, target: str, source: object
) -> tuple[Panel, Rows, list[str]]:
    """Return the panel, one past each series' last observed step, and notes.

    Rows before a series' first value are left out.
    """
    values = target_of(panel, target, source)
    seen = np.isfinite(values)
    rows = np.arange(len(values))
    if not seen.any():
        raise InputError(f"column {target!r} has no values; nothing to forecast")
    starts = panel.starts[:-1]
    last = np.maximum.reduceat(np.where(seen, rows, -1), starts)
    first = np.minimum.reduceat(np.where(seen, rows, len(values)), starts)
    empty = np.flatnonzero(last < 0)
    if len(empty):
        name = panel.names[int(empty[0])]
        raise InputError(
            f"column {target!r} has no values for {', '.join(panel.ids.columns)} "
            f"{name!r} ({len(empty):,} of {len(panel):,} series); leave these out"
        )
    first = first - starts
    stops = last + 1 - starts - first
    notes = list(panel.notes)
    panel = panel.spans(first, panel.lengths)
    gaps = int((~seen).sum() - first.sum() - (panel.lengths - stops).sum())
    if gaps:
        notes.append(
            f"{target}: {gaps:,} of {int(stops.sum()):,} values are missing; carried "
            "forward as input, left out of the loss and of the scores"
        )
    return panel, stops, notes


def _kept(network: Any, held: PanelWindows, sure: float, *, squared: bool) -> Gate:
    """Keep as much of the network's correction as its gain is sure of."""
    truth, start = (t.numpy().astype(np.float64) for t in (held.target, held.linear))
    corrected = predict(network, held).numpy().astype(np.float64)
    decided = gate(
        truth[..., None], start[..., None], corrected, squared=squared, apart=sure
    )
    apply_gate(network, decided.share)
    return decided


def _before(panel: Panel, ends: Rows) -> NDArray[np.bool_]:
    """Return (T,): whether a row lies before its series' end."""
    steps = np.arange(len(panel.time)) - np.repeat(panel.starts[:-1], panel.lengths)
    found: NDArray[np.bool_] = steps < np.repeat(ends, panel.lengths)
    return found


def _prepared(
    forecaster: Any,
    panel: Panel,
    raw: Array,
    training: NDArray[np.bool_],
    split: PanelSplit,
    target: str,
    names: tuple[Any, Any, Any, Any],
    source: object,
) -> tuple[PanelPreparation, bool, Need, list[str]]:
    """Return the preparation, whether a mean is forecast, the reach, and notes."""
    space = Space.choose(forecaster.scale, raw[training])
    chosen = _kinds.looked_at(split.train_end)
    pieces = [
        raw[panel.starts[i] : panel.starts[i] + split.train_end[i]] for i in chosen
    ]
    dated = np.issubdtype(panel.time.dtype, np.datetime64)
    seasons = _kinds.seasons_of(pieces, space, float(panel.step), dated=dated)
    sparse = _kinds.mostly_nothing(pieces, seasons[0] if seasons else 1)
    squared = {"auto": sparse, "squared": True}.get(forecaster.loss, False)
    if squared and forecaster.scale == "auto":
        # The mean of a logarithm is not that of the number.
        space = Space.NONE
    roles, notes = panel_roles(panel, training, target, *names, source)
    floor = bool(np.nanmin(raw[training]) >= 0) and (
        space is not Space.NONE or sparse or bounded_by_zero(raw[training])
    )
    preparation, more = PanelPreparation.fit(
        panel,
        training,
        target,
        roles,
        space,
        seasons,
        floor=floor,
        holidays=check_holidays(forecaster.holidays),
    )
    return preparation, squared, _kinds.need_of(pieces, space), notes + more


def _network_context(
    forecaster: Any, mixture: Mixture, preparation: PanelPreparation, split: PanelSplit
) -> int:
    """Return the steps the network looks back: two horizons or seasons, no more."""
    if forecaster.context:
        return int(forecaster.context)
    wanted = max(2 * mixture.horizon, 2 * preparation.season, 8)
    return max(2, min(wanted, int(np.quantile(split.train_end, 0.75))))


def _calibrate(
    forecaster: Any,
    model: PanelModel,
    series: SeriesSet,
    origins: Rows,
    honest: tuple[Rows, Array],
    squared: bool,
) -> None:
    """Set the intervals by the errors at these origins."""
    record, evened, count = model.mixture.records(series, origins)
    weight = model.mixture.weights(record, count)
    usual = series.usual(series.space)[origins - 1]
    ratio = (weight * np.nan_to_num(evened)).sum(0) / np.where(usual > 0, usual, np.nan)
    known = (count > 0) & np.isfinite(ratio)
    if known.any():
        model.usual = float(np.median(ratio[known]))
    levels = check_quantiles(forecaster.quantiles)
    # Few moments, however many series: what moves all of them happens once.
    each = np.unique(series.owner[origins - 1], return_counts=True)[1]
    model.calibrate(
        series,
        origins,
        forecaster.level,
        levels,
        honest if np.median(each) < FEWEST_EACH else None,
        rare=squared,
    )


def _few_windows(count: int, level: float) -> list[str]:
    need = fewest_errors(level)
    if count >= need:
        return []
    return [
        f"intervals of {level:g} want at least {need} validation windows, there are "
        f"{count}: they are rough"
    ]

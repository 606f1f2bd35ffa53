"""What a forecast of many series is made of, and the origins it is learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from elman.tasks._sampled import sampled

from . import _kinds
from ._local import local_forecast
from ._mixture import MOST_EARLIER, Mixture, stride_of
from ._pooled import PooledForm, PooledRidge
from ._series import Rows, SeriesSet
from ._space import Space
from ._split import PanelSplit
from ._windows import origins_of

_LONGEST_SMOOTHED = 60
# What a trend may be beside the whole drift: with a few years and no season, most
# of what there is to forecast.
_TRENDS = (
    "half the drift",
    "drift of the last 4 steps",
    "drift of the last 8 steps",
    "quick smoothing (damped trend, season 1)",
    "quick smoothing (full trend, season 1)",
)
_MOST_FITTED = 40_000
_FEWEST_TRAINED, _MOST_TRAINED = 300, 20_000
# How much worse the even scale may be than the plain one.
_WORSE = 1.05


def mixture_of(
    forecaster: Any,
    series: SeriesSet,
    split: PanelSplit,
    seasons: list[int],
    horizon: int,
    *,
    squared: bool,
) -> tuple[Mixture, list[list[PooledRidge]]]:
    """Return the forecasts to weigh, the pooled ones fitted on the training part."""
    typical = int(np.median(split.test_start))
    width = max(seasons[0] if seasons else 1, horizon // 2, 3)
    names = ["last value", "drift", f"mean of the last {width} steps", *_TRENDS]
    if series.space is Space.LOG:
        names.append("drift of the logarithm")
    names += [f"seasonal naive ({s} steps)" for s in seasons]
    season = seasons[0] if seasons else 1
    if season <= _LONGEST_SMOOTHED:
        names += [f"smoothing ({t} trend, season {season})" for t in ("no", "damped")]
    pooled, held_out = [], []
    for context in _kinds.contexts_of(
        split.train_end, horizon, seasons, forecaster.context
    ):
        origins = fitting_origins(series, split.train_end, context, horizon)
        for space in dict.fromkeys((Space.NONE, series.space)):
            for how in ("mean", "last"):
                form = PooledForm(space, how, context)
                model, without = PooledRidge.fit(series, origins, horizon, form)
                pooled.append(model)
                held_out.append(without)
    mixture = Mixture(
        horizon,
        stride_of(horizon, series.season, typical),
        [*names, *(ridge.form.name for ridge in pooled)],
        [local_forecast(name) for name in names],
        pooled,
        squared,
    )
    return mixture, held_out


def space_of(space: Space, mixture: Mixture, parts: dict[str, float]) -> Space:
    """Return the scale of the network and the intervals.

    The one chosen for the values, unless the plain one serves the pooled regressions
    clearly better: what grows by so much a year, not by so many per cent.
    """
    best = {
        inside: min(
            (parts[r.form.name] for r in mixture.pooled if r.form.space is inside),
            default=0.0,
        )
        for inside in (Space.NONE, space)
    }
    return space if best[space] <= _WORSE * best[Space.NONE] else Space.NONE


def mixture_origins(
    series: SeriesSet, first: Rows, stop: Rows, mixture: Mixture
) -> Rows:
    """Return the origins of a part, a stride apart."""
    return origins_of(
        series.starts[:-1], first, stop, mixture.horizon, stride=mixture.stride
    )


def fitting_origins(series: SeriesSet, stop: Rows, context: int, horizon: int) -> Rows:
    """Return the origins that pooled regressions of this context learn from."""
    nothing = np.zeros(len(series), dtype=np.int64)
    found = origins_of(series.starts[:-1], nothing, stop, horizon, history=context)
    return found[sampled(len(found), _MOST_FITTED)]


def training_origins(
    series: SeriesSet, split: PanelSplit, mixture: Mixture, context: int
) -> Rows:
    """Return the origins that the network learns from.

    Those whose highway is like that of the forecasts to come: the pooled regressions
    have a whole window, and some earlier forecasts say which to trust.
    """
    nothing = np.zeros(len(series), dtype=np.int64)
    longest = max((r.form.context for r in mixture.pooled), default=1)
    back = mixture.horizon + mixture.stride * (MOST_EARLIER // 2)
    for history in (longest + back, longest, context, max(2, context // 4), 1):
        found = origins_of(
            series.starts[:-1],
            nothing,
            split.train_end,
            mixture.horizon,
            history=history,
            stride=mixture.stride,
        )
        if len(found) >= _FEWEST_TRAINED:
            break
    if not len(found):
        # No series has a window before its validation part: learn from that.
        found = mixture_origins(series, split.train_end, split.test_start, mixture)
    return found[sampled(len(found), _MOST_TRAINED)]

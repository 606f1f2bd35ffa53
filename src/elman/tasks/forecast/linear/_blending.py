"""Fitting the forecast that the network starts from, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._calendar import DAY
from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.rows._split import Split
from elman.tasks.forecast.targets._season import calendar_seasons

from ._blend import RIDGE, Blend
from ._choice import blended, choose_parts
from ._linear import WindowRidge
from ._local_values import LocalValues
from ._rolling import (
    Rolling,
    first_of,
    fitted_locally,
    rolling_forecasts,
    rolling_origins,
)

Array = NDArray[np.float64]

_MOST_SEASONS = 3
_REPEATS = 1.5
_MOST_TARGETS = 20
_WEEKS = 6 * DAY


@dataclass(frozen=True)
class Blending:
    """The start of a forecast, and how it did at rolling origins.

    Attributes
    ----------
    blend : Blend
        Fitted on the training part.
    honest : ndarray
        (m, H, K): at the training origins, the ridge's part out of fold. What a
        network adds to these it can also add to honest predictions.
    rolling : Rolling
    errors : ndarray
        (n, H, K): truth less the blend of forecasts made at the rolling origins.
    seasons : list of list of int
        Candidates of each target.
    long : bool
        Whether these are long forecasts of several targets.
    """

    blend: Blend
    honest: Array
    rolling: Rolling
    errors: Array
    seasons: list[list[int]]
    long: bool = False


def blending(
    table: WindowTable,
    preparation: Preparation,
    training: NDArray[np.int64],
    validating: NDArray[np.int64],
    split: Split,
    context: int,
    horizon: int,
    seasons: list[list[int]],
    *,
    squared: bool,
    long: bool = False,
) -> Blending:
    """Fit ridge and local models on the training part and choose each one's weight.

    With known covariates the ridge is alone: no local model knows them, and a mean
    with one would halve the effect of a rare event. So it is with very many targets,
    and with long horizons of several targets: there the blend was worse than the ridge.

    Parameters
    ----------
    table : WindowTable
        What may be learned from.
    preparation : Preparation
    training, validating : ndarray
        The origins of the two parts.
    split : Split
    context, horizon : int
    seasons : list of list of int
        Of `season_candidates`.
    squared : bool
    long : bool
        Whether the horizon of several targets is forecast in segments.
    """
    ridge, honest = WindowRidge.fit(table, training, context, horizon, squared=squared)
    origins = rolling_origins(
        split.train_end, split.test_start, context, horizon, validating
    )
    local = not (preparation.known or long) and len(seasons) <= _MOST_TARGETS
    rolling = rolling_forecasts(
        table,
        preparation,
        origins,
        context,
        horizon,
        seasons,
        ridge,
        squared=squared,
        local=local,
    )
    weights = choose_parts(rolling, squared=squared)
    blend = Blend.alone(ridge, preparation)
    if local:
        learned = LocalValues.of(preparation, table, first_of(seasons)).to_fit(table)
        models = fitted_locally(learned, split.train_end, horizon, seasons)
        blend = Blend(ridge, preparation, models, weights)
    mixed = np.stack(
        [
            blended(forecasts, weight)
            for forecasts, weight in zip(rolling.forecasts, weights, strict=True)
        ],
        -1,
    )
    errors = rolling.truth - mixed
    return Blending(
        blend, _honest(blend, table, training, honest), rolling, errors, seasons, long
    )


def fitted_again(
    blend: Blend,
    table: WindowTable,
    origins: NDArray[np.int64],
    stop: int,
    seasons: list[list[int]],
    *,
    squared: bool,
) -> Blend:
    """Return the same blend with every part fitted on all rows before ``stop``."""
    ridge, _ = WindowRidge.fit(
        table,
        origins,
        blend.context,
        blend.horizon,
        blend.ridge.choice,
        squared=squared,
    )
    if not any(blend.smoothing):
        return Blend.alone(ridge, blend.preparation)
    learned = LocalValues.of(blend.preparation, table, first_of(seasons)).to_fit(table)
    local = fitted_locally(learned, stop, blend.horizon, seasons)
    return Blend(ridge, blend.preparation, local, blend.shares)


def with_correction(
    start: Blending, validating: NDArray[np.int64], errors: Array
) -> Array:
    """Return the errors at all rolling origins, those of validation corrected.

    Parameters
    ----------
    start : Blending
    validating : ndarray
        (v,): origins of the validation part.
    errors : ndarray
        (v, H, K): there, of blend and network together.
    """
    whole = start.errors.copy()
    _, where, which = np.intersect1d(
        start.rolling.origins, validating, return_indices=True
    )
    whole[where] = errors[which]
    return whole


def season_candidates(
    own: Sequence[int], step: float, rows: int, *, dated: bool
) -> list[list[int]]:
    """Return for each target its season, then those of the calendar.

    A weak season of the year may not show among a few years of months, and forecasts
    be better with it all the same. All must fit one and a half times into so many rows:
    then the last season again has half a season to be judged by. What needs two seasons
    to learn one, smoothing and theta, looks after that itself.
    """
    calendar = calendar_seasons(step) if dated else []
    found = []
    for season in own:
        fitting = [m for m in [season, *calendar] if m > 1 and _REPEATS * m <= rows]
        found.append(list(dict.fromkeys(fitting))[:_MOST_SEASONS])
    return found


def naive_seasons(
    own: Sequence[int], candidates: list[list[int]], step: float
) -> list[int]:
    """Return the season of each target's seasonal naive forecast, 1 for none.

    One that shows; in months, quarters and weeks the year's even if it does not, as
    there it is what everybody compares with.
    """
    found = []
    for season, more in zip(own, candidates, strict=True):
        usual = more[0] if more and step >= _WEEKS else 1
        found.append(season if season > 1 else usual)
    return found


def _honest(
    blend: Blend, table: WindowTable, origins: NDArray[np.int64], honest: Array
) -> Array:
    if blend.is_ridge:
        return honest
    share = np.array([weight.get(RIDGE, 0.0) for weight in blend.shares])
    fitted = blend.ridge.predict(table, origins)
    return blend.predict(table, origins) + share * (honest - fitted)

"""Forecasts from rolling origins, each made by models that knew nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from elman.tasks.fit._memory import recalled
from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.local import LocalModel, local_models
from elman.tasks.forecast.rows._windows import origins_between

from ._blend import RIDGE
from ._linear import WindowRidge
from ._local_values import LocalValues, scaled

Array = NDArray[np.float64]

# Below so many rows the validation part alone has too few origins to choose by.
SHORT = 1000
_SHARE = 0.4
# Blocks of origins, between which every model is fitted anew: in a long series a few
# rows more change little.
_BLOCKS, _FEWER_BLOCKS, _MANY_ROWS = 5, 3, 200
_FEWEST_ROWS = 8


@dataclass(frozen=True)
class Rolling:
    """What every candidate forecast at the same origins, beside the truth.

    Attributes
    ----------
    origins : ndarray
        (n,), increasing.
    truth : ndarray
        (n, H, K), scaled, NaN where unknown.
    forecasts : list of dict
        Of each target by name: (n, H), scaled; NaN at origins before there were
        rows enough for that candidate.
    everywhere : bool
        Whether the origins begin in the training part, every model having been
        fitted anew on the rows before: so in short series.
    """

    origins: NDArray[np.int64]
    truth: Array
    forecasts: list[dict[str, Array]]
    everywhere: bool


def rolling_origins(
    train_end: int,
    stop: int,
    context: int,
    horizon: int,
    validating: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the origins on which candidates are compared.

    Those of the validation part; of a short series all in the last two fifths.

    Parameters
    ----------
    train_end, stop : int
        The validation part is between them.
    context, horizon : int
    validating : ndarray
        The origins of the validation part.
    """
    if stop > SHORT:
        return validating
    span = max(stop - train_end, round(_SHARE * stop))
    start = max(stop - span - horizon, context + 1, _FEWEST_ROWS)
    found = origins_between(start, stop, context, horizon)
    return found if len(found) > len(validating) else validating


def rolling_forecasts(
    table: WindowTable,
    preparation: Preparation,
    origins: NDArray[np.int64],
    context: int,
    horizon: int,
    seasons: Sequence[Sequence[int]],
    ridge: WindowRidge,
    *,
    squared: bool,
    local: bool = True,
) -> Rolling:
    """Return the forecasts of all candidates at these origins.

    Parameters
    ----------
    table : WindowTable
        What may be learned from.
    preparation : Preparation
    origins : ndarray
        Of `rolling_origins`.
    context, horizon : int
    seasons : sequence of sequences of int
        Candidates of each target, the first its own.
    ridge : WindowRidge
        Fitted on the training part: what forecasts at origins after it. Where the
        origins begin before its end, as in short series, they are cut into blocks,
        and every model is fitted anew on the rows before each.
    squared : bool
        Whether the ridge is chosen by its squared error.
    local : bool
        Whether there are local models beside the ridge.
    """
    steps = origins[:, None] + np.arange(horizon)
    truth = table.truth[steps]
    values = LocalValues.of(preparation, table, first_of(seasons))
    learned = values.to_fit(table)
    count = learned.shape[1]
    forecasts: list[dict[str, Array]] = [{} for _ in range(count)]
    short = origins[-1] + horizon <= SHORT
    most = _BLOCKS if origins[-1] < _MANY_ROWS else _FEWER_BLOCKS
    blocks = np.array_split(origins, min(most, len(origins)) if short else 1)
    begin = 0
    for block in blocks:
        rows = slice(begin, begin + len(block))
        begin += len(block)
        here = (
            _refitted(table, int(block[0]), context, horizon, squared)
            if short
            else ridge
        )
        linear = None if here is None else here.predict(table, block)
        for j, models in enumerate(
            fitted_locally(learned, int(block[0]), horizon, seasons)
        ):
            parts = {
                name: scaled(preparation, values.forecast(model, j, block, horizon), j)
                for name, model in models.items()
            }
            if linear is not None:
                parts[RIDGE] = linear[:, :, j]
            for name, part in parts.items():
                whole = forecasts[j].setdefault(name, np.full(truth.shape[:2], np.nan))
                whole[rows] = part
    return Rolling(origins, truth, forecasts, bool(short))


def first_of(seasons: Sequence[Sequence[int]]) -> list[int]:
    """Return each target's first season, 1 where it has none."""
    return [own[0] if own else 1 for own in seasons]


def fitted_locally(
    raw: Array,
    stop: int,
    horizon: int,
    seasons: Sequence[Sequence[int]],
    moves: int = 4,
) -> list[dict[str, LocalModel]]:
    """Return the local models of each target, fitted on the rows before ``stop``.

    Targets with the same seasons are fitted together.
    """
    found: list[dict[str, LocalModel]] = [{} for _ in seasons]
    together: dict[tuple[int, ...], list[int]] = {}
    for j, own in enumerate(seasons):
        together.setdefault(tuple(own), []).append(j)
    for own, which in together.items():
        values = raw[:stop, which]
        models = recalled(
            partial(local_models, values, own, ahead=horizon, moves=moves),
            "local models",
            values,
            own,
            horizon,
            moves,
            size=values.nbytes,
        )
        for j, one in zip(which, models, strict=True):
            found[j] = one
    return found


def _refitted(
    table: WindowTable, stop: int, context: int, horizon: int, squared: bool
) -> WindowRidge | None:
    windows = origins_between(0, stop, context, horizon)
    windows = windows[
        np.isfinite(table.truth[windows[:, None] + np.arange(horizon)]).any((1, 2))
    ]
    if len(windows) < 2:
        return None
    return WindowRidge.fit(table, windows, context, horizon, squared=squared)[0]

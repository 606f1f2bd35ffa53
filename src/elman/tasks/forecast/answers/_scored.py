"""The score of a forecaster on rows, most often those that follow the fitted ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from elman._errors import InputError
from elman.tasks.forecast.rows._row_weights import row_weights
from elman.tasks.forecast.rows._split import test_row
from elman.tasks.forecast.rows._windows import origins_between

from ._form import joined
from ._raw_rows import RawRows
from ._reading import read_again
from ._skill import skill


def scored(
    forecaster: Any,
    frame: Any,
    y: Any,
    sample_weight: Any,
    start: int | float | str | dt.date | None,
    source: object,
) -> float:
    """Return the skill of forecasts a horizon apart; see `Forecaster.score`."""
    if y is not None:
        frame = joined(frame, y).frame
    series, _, rows = read_again(forecaster, frame, source)
    preparation, horizon = forecaster.preparation_, forecaster.horizon_
    own = RawRows.of(series, preparation).part(slice(rows))
    whole = None
    if start is None and (kept := forecaster._recent) is not None:
        whole = kept.part(slice(forecaster._origin)).followed_by(own)
    first = forecaster.context_ if whole is None else len(whole) - len(own)
    if start is not None:
        first = test_row(series.time, rows, start)
    whole = own if whole is None else whole
    count = len(whole)
    data = whole.extended(count + horizon).prepared(preparation)
    # The last forecast may reach beyond the rows: what is there of it is scored.
    origins = origins_between(
        first, count + horizon - 1, forecaster.context_, horizon, horizon
    )
    if not len(origins):
        raise InputError(
            f"{rows} rows are too few to score: the model looks back"
            f" {forecaster.context_} steps, and they do not go on where the rows of fit"
            " end; give a longer frame"
        )
    given = row_weights(sample_weight, series, source)
    weights = None
    if given is not None:
        every = np.zeros(count + horizon)
        every[count - len(own) : count] = given[:rows]
        weights = every[origins[:, None] + np.arange(horizon)]
    rolling = forecaster._forecast(data, origins)
    filled = preparation.inverse(data.table.lags)
    squared = forecaster.intermittent_
    seasons = forecaster._naive_seasons
    return skill(rolling, filled, origins, seasons, squared, weights)

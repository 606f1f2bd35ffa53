"""What ``predict`` answers: which rows a forecast starts from, and how far it goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data import regular_series, require_column, to_table
from elman.tasks.forecast.columns._columns import holes
from elman.tasks.forecast.columns._preparation import Prepared
from elman.tasks.forecast.scores._backtest import Backtest

from . import _ahead as ahead
from ._form import features_of
from ._other_level import relative
from ._raw_rows import RawRows
from ._reading import read_again, reading_of

Notes = list[str]


def answered(
    forecaster: Any, frame: Any, horizon: int | None, source: object
) -> tuple[Backtest, Notes]:
    """Return the forecast of one origin, after the frame's last observed target.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    frame : data or None
        None for the rows that ``fit`` ended with.
    horizon : int or None
        Steps; None for those fitted.
    source : object
        The file, for messages.
    """
    steps = ahead.steps_of(forecaster, horizon)
    if frame is not None:
        data, origin, notes = _of_frame(forecaster, frame, steps, source)
    elif steps <= forecaster.horizon_:
        (data, origin), notes = forecaster._tail, []
    else:
        data, origin = _of_kept_rows(forecaster, steps)
        notes = []
    check_future(forecaster, data, origin, steps, source)
    forecast, more = _blocks(forecaster, data, origin, steps)
    return forecast, notes + more + ahead.beyond_note(forecaster, steps)


def following(forecaster: Any, x: Any) -> tuple[Backtest, Notes]:
    """Return the forecast of the rows of X, which come after those that were fitted."""
    rows, first = _rows_of(forecaster, x)
    steps = len(rows) - first
    skipped = first - forecaster._origin
    whole = rows.extended(
        forecaster._origin + ahead.rows_ahead(forecaster, skipped + steps)
    )
    data = whole.prepared(forecaster.preparation_)
    check_future(forecaster, data, forecaster._origin, skipped + steps, None)
    forecast, notes = _blocks(forecaster, data, forecaster._origin, skipped + steps)
    notes += ahead.beyond_note(forecaster, skipped + steps)
    return ahead.cut(forecast, slice(skipped, None)), notes


def check_future(
    forecaster: Any, data: Prepared, origin: int, steps: int, source: object
) -> None:
    """Raise where known covariates are missing in the rows to forecast."""
    if data.known_until >= origin + steps:
        return
    where = f"{source}: " if source else ""
    names = ", ".join(column.name for column in forecaster.preparation_.known)
    have = max(0, data.known_until - origin)
    target = forecaster.targets_[0]
    raise InputError(
        f"{where}the known columns ({names}) have {have} of the next {steps} rows; add "
        f"rows after the last {target!r} with these columns filled and {target!r} empty"
    )


def _blocks(
    forecaster: Any, data: Prepared, origin: int, steps: int
) -> tuple[Backtest, Notes]:
    """Return a forecast of so many steps, each block from those before it."""
    fitted, preparation = forecaster.horizon_, forecaster.preparation_
    parts: list[Backtest] = []
    notes: Notes = []
    for at in range(origin, origin + steps, fitted):
        if parts:
            data = ahead.with_forecast(
                preparation, data, at - fitted, parts[-1].prediction[0]
            )
        there, level, said = relative(forecaster, data, at)
        notes = notes or said
        parts.append(forecaster._forecast(there, np.array([at]), level))
    whole = parts[0] if len(parts) == 1 else ahead.joined_blocks(parts, preparation)
    return ahead.cut(whole, slice(steps)), notes


def _of_frame(
    forecaster: Any, frame: Any, steps: int, source: object
) -> tuple[Prepared, int, Notes]:
    """Return the arrays of a frame, the origin, and what is unusual about them."""
    more = ahead.rows_ahead(forecaster, steps)
    series, data, rows = read_again(forecaster, frame, source, more)
    if rows < forecaster.context_:
        raise InputError(
            f"{rows} rows are too few: the model looks back {forecaster.context_} "
            "steps; give a longer history"
        )
    window = slice(rows - forecaster.context_, rows + steps)
    notes = forecaster.preparation_.unlike(series.frame[window], data.raw[window])
    coming = slice(rows, rows + steps)
    known = forecaster.preparation_.known
    notes += holes(series.frame[coming], known, data.time[coming])
    return data, rows, notes


def kept_rows(forecaster: Any) -> RawRows:
    """Return the rows that ``fit`` ended with, or raise if they were not stored."""
    kept: RawRows | None = getattr(forecaster, "_recent", None)
    if kept is None:
        raise InputError(
            "this run was written by an Elman that did not keep the last rows of the"
            " series; give predict the frame, or train again"
        )
    return kept


def _of_kept_rows(forecaster: Any, steps: int) -> tuple[Prepared, int]:
    rows, origin = kept_rows(forecaster), forecaster._origin
    whole = rows.extended(origin + ahead.rows_ahead(forecaster, steps))
    return whole.prepared(forecaster.preparation_), origin


def _rows_of(forecaster: Any, x: Any) -> tuple[RawRows, int]:
    """Return the fitted rows and those of X after them, and where X begins."""
    table = to_table(features_of(x), **reading_of(forecaster)).frame
    preparation, axis = forecaster.preparation_, forecaster.axis_
    # Where y alone had times, those of X are the next ones.
    times = [] if forecaster._times_of_y else axis["columns"]
    for name in (*(column.name for column in preparation.known), *times):
        require_column(table, name, "X")
    freq = axis["freq"] if times else None
    unknown = pl.lit(None, pl.Float64)
    table = table.with_columns(unknown.alias(name) for name in forecaster.targets_)
    series = regular_series(table, times or "", "X", freq=freq)
    before = kept_rows(forecaster).part(slice(forecaster._origin))
    later = RawRows.of(series, preparation, future=True)
    whole = before.followed_by(later)
    if whole is None:
        raise InputError(
            f"X begins at {series.time[0]}, and the rows of fit end at"
            f" {before.axis.values[-1]}, {axis['freq']}: give the rows that come after,"
            " or put the observed targets into the frame, under their names"
        )
    return whole, len(whole) - len(later)

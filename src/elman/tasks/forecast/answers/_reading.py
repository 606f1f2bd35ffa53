"""What a forecaster is given, as the series it learns from or predicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from elman._errors import InputError
from elman.data import (
    RegularSeries,
    Table,
    column_notes,
    regular_series,
    require_column,
    to_table,
)
from elman.tasks.forecast.columns._preparation import Prepared
from elman.tasks.forecast.columns._roles import as_names, check_targets

from ._future import with_future

Names = str | Sequence[str]


def series_to_fit(
    frame: Any,
    time: Names | None,
    missing: Any,
    source: object,
    roles: tuple[Names, Names, Names | None, Names],
) -> tuple[RegularSeries, list[str], object]:
    """Return the series, what means missing in it, and what messages call it.

    Parameters
    ----------
    frame, time, missing, source
        As for `Forecaster.fit`.
    roles : tuple
        Its target, known, past and ignore.
    """
    table = to_table(frame, missing=missing)
    source = _name(table, source)
    series = regular_series(table.frame, time, source)
    used = _used(series.frame.columns, *roles)
    notes = [*table.notes, *column_notes(series.frame, used, str(source or ""))]
    series = dataclasses.replace(series, notes=[*notes, *series.notes])
    return series, list(table.missing.words), source


def reading_of(forecaster: Any) -> dict[str, Any]:
    """Return how a file is read so that it is like the one trained on."""
    if hasattr(forecaster, "model_"):
        columns = forecaster.model_.preparation.columns
    else:
        columns = forecaster.preparation_.known + forecaster.preparation_.past
    words = [column.name for column in columns if column.kind == "category"]
    return {"missing": list(forecaster.missing_), "words": words}


def read_again(
    forecaster: Any, frame: Any, source: object, ahead: int | None = None
) -> tuple[RegularSeries, Prepared, int]:
    """Return the series, its arrays, and one past the last observed row.

    The arrays have ``ahead`` rows after that, by default as many as the horizon.
    """
    read = to_table(frame, **reading_of(forecaster))
    table, source = read.frame, _name(read, source)
    preparation, axis = forecaster.preparation_, forecaster.axis_
    for name in [
        *preparation.targets,
        *(column.name for column in preparation.known + preparation.past),
        *axis["columns"],
    ]:
        require_column(table, name, source)
    series = regular_series(table, axis["columns"] or "", source, freq=axis["freq"])
    if series.freq != axis["freq"]:
        raise InputError(
            f"the times are {series.freq}, the model was trained on {axis['freq']} ones"
        )
    rows = check_targets(series, preparation.targets, source)
    more = forecaster.horizon_ if ahead is None else ahead
    data = preparation.apply(with_future(series, rows, more))
    return series, data, rows


def _used(
    columns: Sequence[str],
    target: Names,
    known: Names,
    past: Names | None,
    ignore: Names,
) -> list[str]:
    """Return the columns that a forecast looks at, in their order."""
    named = {*as_names("target", target), *as_names("known", known)}
    if past is not None:
        named |= set(as_names("past", past))
        return [name for name in columns if name in named]
    left_out = set(as_names("ignore", ignore)) - named
    return [name for name in columns if name not in left_out]


def _name(table: Table, source: object) -> object:
    """Return what messages call the data: with its lines, if the table knows them."""
    return source if source and str(source) != table.source else table.source or None

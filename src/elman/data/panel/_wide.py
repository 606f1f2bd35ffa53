"""Tables with a row for each series, as the M competitions have them."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, row_name
from elman.data.times._stamps import looks_like_time

ID, TARGET, TIME = "series", "value", "time"
# Fewer columns than this are a table of a few numbers a row.
_FEWEST = 6


def looks_wide(frame: pl.DataFrame) -> bool:
    """Tell whether a table has a row for each series.

    It does where the first column names the rows, each another, and the others hold
    numbers and are called by consecutive numbers (V2, V3, …) or by times.
    """
    kind = frame.schema[frame.columns[0]]
    if frame.width <= _FEWEST or not (kind == pl.String or kind.is_integer()):
        return False
    first, names = frame.to_series(0), frame.columns[1:]
    if first.has_nulls() or first.n_unique() < frame.height:
        return False
    numbers = all(_holds_numbers(frame[name]) for name in names)
    return numbers and (_counted(names) or _dated(names))


def wide_to_long(frame: pl.DataFrame, source: object = None) -> pl.DataFrame:
    """Return the table with a row for each step: series, value, and time if named.

    Parameters
    ----------
    frame : polars.DataFrame
        The first column holds the names, the others the steps in order. Empty cells
        after the last value are no steps, and before the first neither where columns
        are called by times.
    source : object, optional
        The file to name in messages.

    Raises
    ------
    InputError
        A name is missing or comes twice, a value is no number, or a row has none.
    """
    if frame.width < 2:
        raise InputError(
            f"{place(source)}a table with a row for each series has its name in the"
            " first column and a column for each step; this one has one column"
        )
    names = frame.to_series(0)
    if names.has_nulls():
        at = int(names.is_null().arg_true()[0])
        raise InputError(
            f"{place(source)}column {names.name!r}, {row_name(at, source)}: the"
            " series has no name"
        )
    names = names.cast(pl.String)
    if names.n_unique() < len(names):
        at = int(names.is_first_distinct().not_().arg_true()[0])
        raise InputError(
            f"{place(source)}column {names.name!r}, {row_name(at, source)}: a series"
            f" {names[at]!r} came before; a table with a row for each series names"
            " each once"
        )
    steps = frame.columns[1:]
    for name in steps:
        if not _holds_numbers(frame[name]):
            raise InputError(
                f"{place(source)}column {name!r} holds no numbers; a table with a row"
                " for each series has its name in the first column and numbers in all"
                " others"
            )
    values = frame.select(pl.col(steps).cast(pl.Float64)).to_numpy()
    seen = np.isfinite(values)
    if not seen.any(1).all():
        at = int(np.argmin(seen.any(1)))
        raise InputError(
            f"{place(source)}{row_name(at, source)}: series {names[at]!r} has no values"
        )
    ends = values.shape[1] - np.argmax(seen[:, ::-1], 1)
    dated = _dated(steps)
    begins = np.argmax(seen, 1) if dated else np.zeros(len(ends), dtype=np.int64)
    column = np.arange(values.shape[1])
    kept = (column >= begins[:, None]) & (column < ends[:, None])
    row, step = np.nonzero(kept)
    content = {
        ID: names.gather(row),
        TARGET: pl.Series(values[row, step]).fill_nan(None),
    }
    if dated:
        content[TIME] = pl.Series(steps).gather(step)
    return pl.DataFrame(content)


def _holds_numbers(column: pl.Series) -> bool:
    """Tell whether a column holds numbers, or nothing at all."""
    return column.dtype.is_numeric() or column.null_count() == len(column)


def _counted(names: list[str]) -> bool:
    found = [re.fullmatch(r"(\D*)(\d+)", name.strip()) for name in names]
    if not all(found):
        return False
    parts = [(f[1], int(f[2])) for f in found if f]
    numbers = np.array([number for _, number in parts])
    return len({word for word, _ in parts}) == 1 and bool((np.diff(numbers) == 1).all())


def _dated(names: list[str]) -> bool:
    return looks_like_time(pl.Series(names))

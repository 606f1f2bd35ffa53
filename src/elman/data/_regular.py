"""A frame put on a regular time axis, gaps as rows of missing values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from elman._errors import InputError

from ._axis import TimeAxis, infer_grid, place_ordinals
from ._clock import find_time, read_time
from ._columns import place

_COUNTERS = {"", "no", "nr", "no.", "index", "idx", "row", "rownames", "rowid"}
_COUNTERS |= {"row_number", "unnamed: 0", "column_1", "instant", "#"}


@dataclass(frozen=True)
class RegularSeries:
    """A multivariate series without holes in its time.

    Attributes
    ----------
    frame : polars.DataFrame
        T rows, one for each element of the axis, in order; the columns of the
        input without those that held the times. Rows that the input lacked
        are missing in every column.
    axis : TimeAxis
        The times.
    rows : numpy.ndarray
        Shape (T,): the row of the input each row came from, -1 for those it
        lacked; for `numeric_column`, so that messages name the right row.
    inserted : int
        How many rows were missing in the input.
    notes : list of str
        What was decided or filled in, in words.
    """

    frame: pl.DataFrame
    axis: TimeAxis
    rows: np.ndarray
    inserted: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def time(self) -> np.ndarray:
        """The times, shape (T,): datetime64[s], or int64 where rows are counted."""
        return self.axis.values

    @property
    def step(self) -> int:
        """Seconds from one row to the next, or 1 where rows are counted."""
        return self.axis.step

    @property
    def freq(self) -> str:
        """The spacing in words."""
        return self.axis.freq


def regular_series(
    frame: pl.DataFrame,
    time: str | Sequence[str] | None = None,
    source: object = None,
) -> RegularSeries:
    """Put a frame on the regular time axis its time columns describe.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows in order of time.
    time : str or sequence of str, optional
        The column that holds the times, or several that hold its parts (year,
        month, day, hour, minute, second; or a date and an hour or clock time),
        also as one text with commas. None finds it: the first column of dates,
        else columns named year, month, day, …; else rows are counted. ``""``
        or an empty sequence counts rows whatever the columns hold.
    source : object, optional
        The file to name in messages.

    Returns
    -------
    RegularSeries
        The series, with whole missing steps filled in as missing rows.

    Raises
    ------
    InputError
        Times missing, unreadable, unsorted, repeated or unevenly spaced; the
        message names the row.
    """
    if frame.height == 0:
        raise InputError(f"{place(source)}the table has no rows")
    names = find_time(frame) if time is None else _as_names(time)
    if names:
        stamps = read_time(frame, names, source)
        values, notes = stamps.values, list(stamps.notes)
        ordinals, unit, stride = infer_grid(values, source)
    else:
        values, notes = np.arange(frame.height, dtype=np.int64), []
        ordinals, unit, stride = values, "counts", 1
    frame = frame.drop(names)
    counters = [name for name in frame.columns if counts_rows(frame[name])]
    if counters:
        notes.append(f"column {counters[0]!r} only numbers the rows and was left out")
        frame = frame.drop(counters)
    if not frame.width:
        raise InputError(f"{place(source)}there is no column beside the time")
    length = int(ordinals[-1]) + 1
    inserted = length - frame.height
    rows = np.full(length, -1, dtype=np.int64)
    rows[ordinals] = np.arange(frame.height)
    if inserted:
        index = pl.Series(rows).set(pl.Series(rows < 0), None)
        frame = frame.select(pl.all().gather(index))
        notes.append(
            f"{inserted} of {length} {_adjective(unit)}steps were not in the data"
            " and count as missing"
        )
    grid = place_ordinals(values, np.arange(length, dtype=np.int64) * stride, unit)
    axis = TimeAxis(tuple(names), grid, unit, stride)
    return RegularSeries(frame, axis, rows, inserted, notes)


def _as_names(time: str | Sequence[str]) -> list[str]:
    given = time.split(",") if isinstance(time, str) else time
    parts = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(part, str) for part in parts):
        raise InputError(f"time must be column names, got {time!r:.60}")
    return [part.strip() for part in parts if part.strip()]


def _adjective(unit: str) -> str:
    return "" if unit == "counts" else "time "


def counts_rows(series: pl.Series) -> bool:
    """Return whether a column is nothing but row numbers, and called so."""
    if series.name.strip().lower() not in _COUNTERS or not series.dtype.is_integer():
        return False
    if series.has_nulls() or len(series) < 3:
        return False
    return bool((np.diff(series.to_numpy().astype(np.int64)) == 1).all())

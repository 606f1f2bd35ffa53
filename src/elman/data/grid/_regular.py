"""A frame put on a regular time axis, gaps as rows of missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, time_names
from elman.data.times._clock import find_time, read_time
from elman.data.times._written import form_of

from ._axis import TimeAxis
from ._clock_change import without_repeated_hours
from ._gaps import pattern_of_gaps
from ._grid import Grid
from ._spacing import Spacing
from ._zones import choose_grid

_COUNTERS = {"", "no", "nr", "no.", "index", "idx", "row", "rownames", "rowid"}
_INDEX = "index"
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
        """The times, shape (T,): `TimeAxis.values`."""
        return self.axis.values

    @property
    def step(self) -> float:
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
    *,
    freq: str | None = None,
) -> RegularSeries:
    """Put a frame on the regular time axis its time columns describe.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows in order of time.
    time : str or sequence of str, optional
        The column that holds the times, or several that hold its parts (year
        with month and day, quarter, week or day of the year, then hour,
        minute, second; or a date and an hour or clock time), also as one text
        with commas. None finds it: the first column of dates, else columns
        named year, month, day, …; else rows are counted. ``""`` or an empty
        sequence counts rows whatever the columns hold.
    source : object, optional
        The file to name in messages.
    freq : str, optional
        The spacing the series should have, as `RegularSeries.freq` calls it:
        a few rows alone need not show it. It is taken if the times fit it.

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
    names, notes = find_time(frame, source) if time is None else (time_names(time), [])
    if not names and time is None and _counts_steps(frame):
        names = [_INDEX]
        notes.append(f"column {_INDEX!r} counts the steps")
    rest, counters = _without(frame, names)
    if counters:
        notes.append(f"column {counters[0]!r} only numbers the rows and was left out")
    if not rest.width:
        raise InputError(f"{place(source)}there is no column beside the time")
    rows = np.arange(frame.height)
    if names:
        stamps = read_time(frame, names, source)
        expected = Spacing.named(freq) if freq else None
        once = None
        if stamps.local is None:
            once = without_repeated_hours(stamps.values, rest)
        if once is not None:
            values, rest, rows, told = once
            stamps = replace(stamps, values=values, notes=[*stamps.notes, *told])
        grid, more, zone = choose_grid(stamps, source, expected, rest)
        notes = [*stamps.notes, *notes, *more, *grid.notes]
    else:
        values = np.arange(frame.height, dtype=np.int64)
        grid, zone = Grid(values, values, Spacing("counts", 1)), ""
    if names and _leaves_most_out(frame, names, grid):
        notes.append(
            f"{place(source)}column {names[0]!r} leaves out more than half of the steps"
            " between its numbers: it may hold dates in a form that is not known; write"
            " them as YYYY-MM-DD, or give '' as the time to count rows"
        )
    found = _filled(rest, names, grid, notes, rows)
    form = ""
    if len(names) == 1 and found.axis.is_dated and stamps.local is None:
        form = form_of(frame[names[0]].gather(rows), grid.stamps)
    return replace(found, axis=replace(found.axis, zone=zone, form=form))


def _leaves_most_out(frame: pl.DataFrame, names: list[str], grid: Grid) -> bool:
    """Return whether one column of whole numbers makes a grid that is mostly empty."""
    series = frame[names[0]]
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        whole = bool(series.cast(pl.String).str.contains(r"^\s*[0-9]+\s*$").all())
    else:
        whole = series.dtype.is_numeric()
    return len(names) == 1 and whole and grid.length > 2 * frame.height


def _filled(
    frame: pl.DataFrame,
    names: list[str],
    grid: Grid,
    notes: list[str],
    came_from: np.ndarray,
) -> RegularSeries:
    """Return the series with the rows it lacked as missing ones."""
    inserted = grid.length - frame.height
    rows = np.full(grid.length, -1, dtype=np.int64)
    at = np.full(grid.length, -1, dtype=np.int64)
    at[grid.ordinals] = np.arange(frame.height)
    rows[grid.ordinals] = came_from
    spacing, values = grid.spacing, grid.axis()
    if inserted:
        index = pl.Series(at).set(pl.Series(at < 0), None)
        frame = frame.select(pl.all().gather(index))
        kind = "" if spacing.unit == "counts" else "time "
        notes = [
            *notes,
            f"{inserted} of {grid.length} {kind}steps were not in the data"
            " and count as missing",
            *pattern_of_gaps(values, rows < 0, spacing),
        ]
    axis = TimeAxis(
        tuple(names),
        values,
        spacing.unit,
        spacing.stride,
        spacing.per,
        spacing.week,
        spacing.local,
        spacing.opening,
    )
    return RegularSeries(frame, axis, rows, inserted, notes)


def _without(frame: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """Return the frame without its time and without columns that number the rows."""
    rest = frame.drop(names, strict=False)
    counters = [name for name in rest.columns if counts_rows(rest[name])]
    return rest.drop(counters), counters


def _counts_steps(frame: pl.DataFrame) -> bool:
    """Return whether the first column is an index that rises, with or without gaps."""
    first = frame.to_series(0)
    if first.name != _INDEX or not first.dtype.is_numeric() or first.has_nulls():
        return False
    gaps = np.diff(first.to_numpy())
    return bool((gaps > 0).all()) and not counts_rows(first)


def counts_rows(series: pl.Series) -> bool:
    """Return whether a column is nothing but row numbers, and called so."""
    if series.name.strip().lower() not in _COUNTERS or not series.dtype.is_integer():
        return False
    if series.has_nulls() or len(series) < 3:
        return False
    return bool((np.diff(series.to_numpy().astype(np.int64)) == 1).all())

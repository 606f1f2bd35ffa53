"""A table with an id column: each id's rows on a regular time axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data._columns import (
    Source,
    column_names,
    place,
    require_column,
    row_name,
    time_names,
)
from elman.data.grid._axis import TimeAxis
from elman.data.grid._order import telling_apart
from elman.data.grid._regular import counts_rows
from elman.data.grid._spacing import UNITS, Spacing, place_units
from elman.data.grid._zones import choose_grid
from elman.data.times._clock import find_time, read_time
from elman.data.times._moments import Stamps
from elman.data.times._written import form_of

from ._panel import Panel

# A grid so many times longer than the rows means a mistyped time, not gaps.
_LARGEST_GROWTH = 10
_DIGITS = re.compile("([0-9]+)")
# Rows that each series has on average where its column is found.
_FEWEST = 8


def panel_series(
    frame: pl.DataFrame,
    id_: str | Sequence[str],
    time: str | Sequence[str] | None = None,
    source: object = None,
    *,
    freq: str | None = None,
) -> Panel:
    """Put each series of a long table on the regular time axis of its times.

    Parameters
    ----------
    frame : polars.DataFrame
        A row for each step of each series, in any order.
    id_ : str or sequence of str
        The columns that tell the series apart.
    time : str or sequence of str, optional
        As for `regular_series`; where rows are counted, they are in order.
    source : object, optional
        The file to name in messages.
    freq : str, optional
        The spacing to expect.

    Raises
    ------
    InputError
        An id is missing, or times are missing, unreadable, repeated within an id or
        unevenly spaced; the message names the row and the id.
    """
    columns = column_names("id", id_)
    if not columns:
        raise InputError("id is empty; name the column that tells the series apart")
    for name in columns:
        require_column(frame, name, source)
    if frame.height == 0:
        raise InputError(f"{place(source)}the table has no rows")
    _check_ids(frame, columns, source)
    others = frame.drop(columns)
    names, notes = find_time(others, source) if time is None else (time_names(time), [])
    if both := [name for name in names if name in columns]:
        raise InputError(f"{both[0]!r} is both the time and the id")
    ids, codes = _coded(frame, columns)
    rest = others.drop(names, strict=False)
    counters = [name for name in rest.columns if counts_rows(rest[name])]
    rest = rest.drop(counters)
    notes += [
        f"column {name!r} only numbers the rows and was left out" for name in counters
    ]
    if not rest.width:
        raise InputError(f"{place(source)}there is no column beside the id and time")
    if names:
        stamps = read_time(frame, names, source)
        notes = [*stamps.notes, *notes]
        placed = _placed(stamps, codes, ids, rest, source, freq)
        placed = replace(placed, form=_form(frame, names, stamps))
    else:
        placed = _counted(codes)
    notes += placed.notes
    return _laid_out(rest, ids, names, placed, notes)


def apart(
    frame: pl.DataFrame,
    target: str | Sequence[str] | None,
    time: str | Sequence[str] | None,
    source: object = None,
) -> list[str]:
    """Return the columns that tell series apart whose times repeat, none otherwise.

    Parameters
    ----------
    frame : polars.DataFrame
    target : str or sequence of str
        What is forecast tells nothing apart.
    time : str or sequence of str, optional
        As for `panel_series`.
    source : object, optional
        The file to name in messages.
    """
    names = find_time(frame, source)[0] if time is None else time_names(time)
    if not names or frame.height < _FEWEST:
        return []
    for name in names:
        require_column(frame, name, source)
    stamps = read_time(frame, names, source).values
    if (np.diff(stamps).astype(np.int64) > 0).all():
        return []
    if len(np.unique(stamps)) == len(stamps):
        return []
    targets = [] if target is None else column_names("target", target)
    found = telling_apart(stamps, frame.drop(names, *targets, strict=False))
    # Series of a few rows each are more likely the rows of something else.
    series = frame.select(found).n_unique() if found else 1
    return found if frame.height >= _FEWEST * series else []


def _check_ids(frame: pl.DataFrame, columns: list[str], source: object) -> None:
    for name in columns:
        missing = frame[name].is_null().arg_true()
        if len(missing):
            raise InputError(
                f"{place(source)}column {name!r}, {row_name(int(missing[0]), source)}:"
                f" the id is missing ({len(missing)} in all); fill it in or delete"
                " the row"
            )


def _coded(
    frame: pl.DataFrame, columns: list[str]
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return the ids in order, and each row's number among them.

    Not in the order they come, so that rows in another order are the same panel.
    """
    ids = frame.select(columns).unique(maintain_order=True)
    keys = [_sortable(ids[name]) for name in columns]
    order = sorted(range(ids.height), key=lambda row: [key[row] for key in keys])
    ids = ids[order]
    numbered = ids.with_row_index("\0code")
    coded = frame.select(columns).join(
        numbered, on=columns, how="left", maintain_order="left"
    )
    return ids, coded["\0code"].to_numpy().astype(np.int64)


def _sortable(column: pl.Series) -> list[Any]:
    """Return what sorts ids: numbers by size, also those in texts (H2, H10)."""
    if not isinstance(column.dtype, pl.String | pl.Categorical | pl.Enum):
        return column.to_list()
    # Parts without and with digits take turns.
    return [
        ([int(p) if i % 2 else p for i, p in enumerate(_DIGITS.split(text))], text)
        for text in column.cast(pl.String).to_list()
    ]


@dataclass(frozen=True)
class _Placed:
    """The rows in order of series and time, and where each stands.

    ``order`` (rows,) sorts the input's rows; ``bounds`` (S + 1,) are the series
    among them, ``ordinals`` (rows,) their steps from each series' first;
    ``first`` holds the times of each series' rows.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    times: NDArray
    spacing: Spacing
    notes: list[str]
    zone: str = ""
    form: str = ""


def _counted(codes: NDArray[np.int64]) -> _Placed:
    order = np.argsort(codes, kind="stable")
    bounds = _bounds(codes[order])
    ordinals = np.arange(len(codes)) - np.repeat(bounds[:-1], np.diff(bounds))
    return _Placed(order, bounds, ordinals, ordinals, Spacing("counts", 1), [])


def _bounds(sorted_codes: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.bincount(sorted_codes)
    return np.concatenate([[0], np.cumsum(counts)])


def _placed(
    stamps: Stamps,
    codes: NDArray[np.int64],
    ids: pl.DataFrame,
    rest: pl.DataFrame,
    source: object,
    freq: str | None,
) -> _Placed:
    order = np.lexsort((stamps.values, codes))
    bounds = _bounds(codes[order])
    values = stamps.values[order]
    again = (np.diff(codes[order]) == 0) & (values[1:] == values[:-1])
    if again.any():
        at = int(np.flatnonzero(again)[0]) + 1
        raise InputError(
            f"{place(source)}{row_name(int(order[at]), source)}: the time"
            f" {values[at]} comes twice for {_called(ids, codes[order[at]])}"
            f" ({int(again.sum())} such rows); keep one row for each, or name every"
            " column that tells the series apart as the id"
        )
    longest = int(np.argmax(np.diff(bounds)))
    rows = order[bounds[longest] : bounds[longest + 1]]
    expected = Spacing.named(freq) if freq else None

    def grid_of(
        chosen: NDArray[np.int64],
    ) -> tuple[Spacing, NDArray, list[str], str]:
        local = None if stamps.local is None else stamps.local[chosen]
        part = replace(stamps, values=stamps.values[chosen], local=local)
        part_rows = _part_of(source, chosen)
        grid, more, zone = choose_grid(part, part_rows, expected, rest[chosen])
        in_zone = any("are those of" in note for note in more)
        every = stamps.local if in_zone and stamps.local is not None else stamps.values
        return grid.spacing, every[order], [*more, *grid.notes], zone

    spacing, times, notes, zone = grid_of(rows)
    ordinals, failed = _ordinals(times, bounds, stamps.per, spacing)
    if failed is not None:
        # The times of all series together may tell what one alone does not.
        _, once = np.unique(stamps.values, return_index=True)
        try:
            spacing, times, notes, zone = grid_of(once)
        except InputError:
            pass
        else:
            ordinals, failed = _ordinals(times, bounds, stamps.per, spacing)
    if failed is not None:
        at = int(order[bounds[failed]])
        raise InputError(
            f"{place(source)}{_called(ids, failed)} (from {row_name(at, source)} on):"
            f" the times are not {spacing.name}, as those of"
            f" {_called(ids, longest)} are; resample the series to one spacing, or"
            " give '' as the time to count rows"
        )
    _check_growth(times, bounds, ordinals, ids, source)
    return _Placed(order, bounds, ordinals, times, spacing, notes, zone)


def _form(frame: pl.DataFrame, names: list[str], stamps: Stamps) -> str:
    """Return how the one column of times writes them, "" where that is not known."""
    if len(names) > 1 or stamps.values.dtype.kind != "M" or stamps.local is not None:
        return ""
    column = frame[names[0]]
    once = column.arg_unique()
    return form_of(column.gather(once), stamps.values[once.to_numpy()])


def _part_of(source: object, chosen: NDArray[np.int64]) -> Source:
    """Return the source of some rows, so that messages name those of the whole."""
    lines = getattr(source, "lines", None)
    numbers = chosen + 1 if not source else chosen + 2
    return Source(source or "", numbers if lines is None else lines[chosen])


def _ordinals(
    times: NDArray, bounds: NDArray[np.int64], per: int, spacing: Spacing
) -> tuple[NDArray[np.int64], int | None]:
    """Return the steps of each row, and the first series that does not fit."""
    out = np.zeros(len(times), dtype=np.int64)
    if times.dtype.kind == "M" and spacing.unit == "seconds":
        finer = times.astype(f"M8[{UNITS[spacing.per]}]")
        if (finer != times).any():
            return out, int(np.searchsorted(bounds, np.argmax(finer != times), "right"))
        times = finer
    elif times.dtype.kind != "M":
        times = times * (spacing.per // per)
    for i, (start, stop) in enumerate(pairwise(bounds)):
        units = spacing.units(times[start:stop])
        if units is None or (units % spacing.stride).any():
            return out, i
        out[start:stop] = units // spacing.stride
    return out, None


def _check_growth(
    times: NDArray,
    bounds: NDArray[np.int64],
    ordinals: NDArray[np.int64],
    ids: pl.DataFrame,
    source: object,
) -> None:
    length, rows = ordinals[bounds[1:] - 1] + 1, np.diff(bounds)
    beyond = np.flatnonzero(length > _LARGEST_GROWTH * rows + 1000)
    if not len(beyond):
        return
    i = int(beyond[0])
    own = slice(bounds[i], bounds[i + 1])
    at = int(np.argmax(np.diff(ordinals[own])))
    raise InputError(
        f"{place(source)}{_called(ids, i)}: the time jumps from {times[own][at]} to"
        f" {times[own][at + 1]}, {int(np.diff(ordinals[own])[at])} steps; correct that"
        " time, or keep the rows on one side of the gap"
    )


def _called(ids: pl.DataFrame, code: int | np.integer) -> str:
    row = ids.row(int(code), named=True)
    return ", ".join(f"{name} {value!r}" for name, value in row.items())


def _laid_out(
    rest: pl.DataFrame,
    ids: pl.DataFrame,
    names: list[str],
    placed: _Placed,
    notes: list[str],
) -> Panel:
    """Return the panel with the steps that series lacked as missing ones."""
    bounds, spacing = placed.bounds, placed.spacing
    lengths = placed.ordinals[bounds[1:] - 1] + 1
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.full(starts[-1], -1, dtype=np.int64)
    rows[np.repeat(starts[:-1], np.diff(bounds)) + placed.ordinals] = placed.order
    times = []
    for i, (start, stop) in enumerate(pairwise(bounds)):
        units = np.arange(lengths[i], dtype=np.int64) * spacing.stride
        times.append(place_units(placed.times[start:stop], units, spacing))
    absent = rows < 0
    if absent.any():
        holed = int(np.add.reduceat(absent, starts[:-1]).astype(bool).sum())
        notes = [
            *notes,
            f"{int(absent.sum()):,} of {len(rows):,} steps, in {holed:,} of"
            f" {len(lengths):,} series, were not in the data and count as missing",
        ]
    index = pl.Series(rows).set(pl.Series(absent), None)
    longest = int(np.argmax(lengths))
    axis = TimeAxis(
        tuple(names),
        times[longest],
        spacing.unit,
        spacing.stride,
        spacing.per,
        spacing.week,
        spacing.local,
        spacing.opening,
        placed.zone,
        placed.form,
    )
    return Panel(
        ids,
        rest.select(pl.all().gather(index)),
        starts,
        np.concatenate(times),
        axis,
        rows,
        notes,
    )

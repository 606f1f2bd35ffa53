"""Whatever data a user gives, with what was decided while it was read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from ._columns import Source
from ._frames import WIDE, to_frame
from ._table import Table, open_table
from .panel._layout import Layout
from .panel._wide import ID, TARGET, TIME, looks_wide, wide_to_long
from .values._missing import Given, Missing, without_missing


def to_table(
    data: Any, *, missing: Given | None = None, words: Sequence[str] = ()
) -> Table:
    """Return a data frame of any library, a mapping or a file as a table.

    Parameters
    ----------
    data : data frame, mapping, str, path or Table
        As for `to_frame`; a table that was read comes back as it is.
    missing : number, str or sequence of them, optional
        Values that stand for missing ones.
    words : sequence of str
        Columns of a text file that hold categories, whatever they look like.

    Raises
    ------
    InputError
        As `to_frame` and `open_table`.
    """
    if isinstance(data, str | os.PathLike):
        return open_table(data, missing=missing, words=words)
    gone = Missing.of(missing)
    if isinstance(data, Table):
        frame = without_missing(data.frame, gone, data.kept)
        both = Missing.of([*data.missing.words, *gone.words])
        return replace(data, frame=frame, missing=both)
    frame = to_frame(data)
    notes = _rounded(data, frame)
    return Table(without_missing(frame, gone), notes, Source(""), (), gone)


def _rounded(data: Any, frame: pl.DataFrame) -> list[str]:
    """Return a note for each column of whole numbers too long for 64 bits."""
    if not isinstance(data, pl.DataFrame | pl.LazyFrame):
        return []
    schema = data.collect_schema()
    return [
        f"column {name!r}: {kind} holds whole numbers beyond 64 bits, which are"
        " rounded to 16 digits"
        for name, kind in schema.items()
        if str(kind) in WIDE and frame.schema[name] == pl.Float64
    ]


def as_long(table: Table, wide: bool | None) -> Table:
    """Return a table with a row for each series as one with a row for each step.

    Parameters
    ----------
    table : Table
    wide : bool or None
        Whether it has a row for each series; None looks, and says so in a note.

    Raises
    ------
    InputError
        It should have a row for each series, and has not.
    """
    if table.layout is not None or wide is False:
        return table
    if wide is None and not looks_wide(table.frame):
        return table
    frame = wide_to_long(table.frame, table.source)
    notes = list(table.notes)
    if wide is None:
        notes.append(
            f"the table has a row for each series: {table.frame.height:,} series of up"
            f" to {table.frame.width - 1:,} steps"
        )
    time = TIME if TIME in frame.columns else None
    layout = Layout(ID, TARGET, time, wide=True)
    return replace(table, frame=frame, notes=notes, layout=layout)

"""Read a table back and say what is wrong with what came."""

from __future__ import annotations

import contextlib
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from elman import InputError
from elman.data import numeric_column, read_table, regular_series
from fuzz.table_files import Table, bytes_of, simpler

Read = Callable[[Path, Table], tuple[Any, list[str]]]


def read(file: Path, table: Table) -> tuple[Any, list[str]]:
    """Return the series that Elman makes of a file, and all it says about it."""
    with warnings.catch_warnings(record=True) as said, _logged() as logged:
        warnings.simplefilter("always")
        frame = read_table(file)
        asked = table.notation.time_name if table.notation.ask_for_time else None
        series = regular_series(frame, time=asked, source=file)
    return series, [*series.notes, *(str(w.message) for w in said), *logged]


@contextlib.contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what readers log of a file as a whole, instead of printing it."""
    logger, messages = logging.getLogger("elman.data"), []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


def check(table: Table, folder: Path, reader: Read = read) -> str | None:
    """Return what is wrong with a table read back, or None.

    An error has to name the file; a reading that is not what was written has to be
    told in a note that names the column.
    """
    file = folder / "table.csv"
    file.write_bytes(bytes_of(table))
    try:
        series, notes = reader(file, table)
    except InputError as error:
        message = str(error)
        if str(file) in message and "\n" not in message:
            return None
        return f"an error that does not say where: {message}"
    except Exception as error:  # whatever a user would meet
        return f"a traceback: {type(error).__name__}: {error}"
    wrong = _wrong(table, series)
    return next((how for column, how in wrong if not _told(column, notes)), None)


def was_read(table: Table, folder: Path) -> bool:
    """Say whether a table was read back without an error."""
    file = folder / "table.csv"
    file.write_bytes(bytes_of(table))
    try:
        read(file, table)
    except InputError:
        return False
    return True


def smallest(table: Table, folder: Path, reader: Read = read) -> tuple[Table, str]:
    """Return a table that fails with no more odd notation than it needs."""
    found = check(table, folder, reader)
    assert found is not None
    while True:
        for candidate in simpler(table):
            again = check(candidate, folder, reader)
            if again is not None:
                table, found = candidate, again
                break
        else:
            return table, found


def _told(column: str, notes: list[str]) -> bool:
    return any(f"'{column}'" in note or f'"{column}"' in note for note in notes)


def _wrong(table: Table, series: Any) -> list[tuple[str, str]]:
    """Return columns that are not what was written, each with how."""
    name = table.notation.time_name
    span = table.every
    found = series.time
    if not np.issubdtype(found.dtype, np.datetime64):
        return [(name, f"{name!r}: rows are counted")]
    expected = np.array(span, dtype="datetime64[us]")
    got = found.astype("datetime64[us]")
    if len(got) != len(expected) or (got != expected).any():
        return [
            (
                name,
                f"{name!r}: {len(got)} times {got[0]} to {got[-1]}, written "
                f"{len(expected)} from {expected[0]} to {expected[-1]}",
            )
        ]
    rows = {t: i for i, t in enumerate(table.times)}
    wrong = []
    for column, values in table.columns.items():
        if column not in series.frame.columns:
            wrong.append((column, f"{column!r}: not there"))
            continue
        written = [values[rows[t]] if t in rows else None for t in span]
        difference = _difference(series, column, written)
        if difference:
            wrong.append((column, f"{column!r}: {difference}"))
    return wrong


def _difference(series: Any, column: str, written: list[Any]) -> str | None:
    if any(isinstance(v, str) for v in written):
        got = series.frame[column].to_list()
        for g, w in zip(got, written, strict=True):
            if g != w:
                return f"{g!r}, written {w!r}"
        return None
    try:
        got = numeric_column(series.frame, column).tolist()
    except InputError as error:
        return f"not read as numbers ({error})"
    for g, w in zip(got, written, strict=True):
        if (w is None) != math.isnan(g) or (w is not None and g != w):
            return f"{g!r}, written {w!r}"
    return None

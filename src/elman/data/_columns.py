"""Columns of a frame, checked the moment they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from elman._arguments import LARGEST
from elman._errors import InputError, did_you_mean

_BINARY = (".parquet", ".pq")


def column_names(argument: str, value: str | Sequence[str]) -> list[str]:
    """Return column names from one name or several, in a list.

    Parameters
    ----------
    argument : str
        What the names were given for, to be named in the message.
    value : str or sequence of str
        The name or the names.

    Raises
    ------
    InputError
        One of them is not text.
    """
    several = isinstance(value, Iterable) and not isinstance(value, str)
    names: list[str] = list(value) if several else [value]  # type: ignore[list-item]
    if not all(isinstance(name, str) for name in names):
        number = next(name for name in names if not isinstance(name, str))
        raise InputError(
            f"{argument} must be column names, got {value!r:.60}; names are text: "
            f"write '{number!s:.60}'"
        )
    return names


def time_names(time: str | Sequence[str]) -> list[str]:
    """Return the time's columns; in text, a comma separates two of them."""
    parts = time.split(",") if isinstance(time, str) else column_names("time", time)
    return [part.strip() for part in parts if part.strip()]


def require_column(frame: pl.DataFrame, name: str, source: object = None) -> str:
    """Return `name` if the frame has that column, else raise with the nearest one.

    Parameters
    ----------
    frame : polars.DataFrame
        Where the column should be.
    name : str
        The column asked for.
    source : object, optional
        The file or other origin to name in the message.

    Raises
    ------
    InputError
        The frame has no such column.
    """
    if name in frame.columns:
        return name
    shown = ", ".join(frame.columns[:12]) + (", …" if frame.width > 12 else "")
    raise InputError(
        f"{place(source)}no column {name!r}{did_you_mean(name, frame.columns)}"
        f" (columns: {' '.join(shown.split())})"
    )


def numeric_column(
    frame: pl.DataFrame,
    name: str,
    source: object = None,
    *,
    rows: np.ndarray | None = None,
) -> np.ndarray:
    """Return a column as float64, missing values as NaN.

    Parameters
    ----------
    frame : polars.DataFrame
        Where the column is.
    name : str
        The column; numbers or booleans (true is 1).
    source : object, optional
        The file or other origin to name in a message.
    rows : numpy.ndarray, optional
        The row of the input each row came from, where the frame was rebuilt
        (`RegularSeries.rows`); messages then name the input's row.

    Returns
    -------
    numpy.ndarray
        Shape (rows,), float64.

    Raises
    ------
    InputError
        No such column, text where numbers belong, no value at all, or a value
        that is infinite or too large to square; the message names the first row
        concerned.
    """
    series = frame.get_column(require_column(frame, name, source))
    where = f"{place(source)}column {name!r}"
    if series.null_count() == len(series):
        raise InputError(
            f"{where} has no value in any of its {len(series)} rows; leave the"
            " column out or check how missing values are written"
        )
    if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        _reject_text(series, where, source, rows)
    values = series.cast(pl.Float64).to_numpy(writable=True)
    if np.isnan(values).all():
        raise InputError(
            f"{where} has no value in any of its {len(series)} rows; leave the"
            " column out or check how missing values are written"
        )
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        at = row_name(_origin(int(infinite[0]), rows), source)
        raise InputError(
            f"{where}, {at}: the value is infinite"
            f" ({len(infinite)} in all); write a number, or leave it empty"
            " for missing"
        )
    large = np.flatnonzero(np.abs(values) > LARGEST)
    if len(large):
        at = row_name(_origin(int(large[0]), rows), source)
        raise InputError(
            f"{where}, {at}: {values[large[0]]:g} is too large to compute with"
            f" ({len(large)} in all are beyond ±{LARGEST:g}); write the column in a"
            " larger unit"
        )
    return values


def _reject_text(
    series: pl.Series, where: str, source: object, rows: np.ndarray | None
) -> None:
    """Name the first value that is no number, and how many there are."""
    if series.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise InputError(
            f"{where} holds {series.dtype} values, not numbers; leave the column out"
        )
    text = series.cast(pl.String)
    bad = text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    index = bad.arg_true()
    if not len(index):
        raise InputError(f"{where} holds numbers written as text; convert it first")
    first = int(index[0])
    row = row_name(_origin(first, rows), source)
    raise InputError(
        f"{where}, {row}: {str(text[first])[:40]!r} is not a number"
        f" ({len(index)} of {len(series)} values are text); correct it, leave it"
        " empty for missing, or leave the column out"
    )


def _origin(index: int, rows: np.ndarray | None) -> int:
    return index if rows is None else int(rows[index])


def complete_column(
    frame: pl.DataFrame, name: str, source: object, advice: str
) -> pl.Series:
    """Return a column in which nothing is missing.

    Parameters
    ----------
    frame : polars.DataFrame
    name : str
    source : object
        The file or other origin to name in the message.
    advice : str
        What to do where something is missing.

    Raises
    ------
    InputError
        There is no such column, or a value is missing.
    """
    series = frame[require_column(frame, name, source)]
    gone = series.is_null().arg_true()
    if len(gone):
        raise InputError(
            f"{place(source)}{row_name(int(gone[0]), source)}: column {name!r} is"
            f" empty ({len(gone)} in all); {advice}"
        )
    return series


def place(source: object) -> str:
    """Return ``'file: '``, or nothing when the data did not come from a file."""
    return f"{source}: " if source else ""


class Source(str):
    """The name of a file, and the line in it that each row came from.

    Attributes
    ----------
    lines : ndarray or None
        None where rows follow a header in the first line without a gap.
    """

    __slots__ = ("lines",)
    lines: np.ndarray | None

    def __new__(cls, name: object, lines: np.ndarray | None = None) -> Source:
        """Return the name with its lines."""
        made = super().__new__(cls, str(name))
        made.lines = lines
        return made


def row_name(index: int, source: object = None) -> str:
    """Return how a message calls a row of a frame.

    In a text file that is its line, the header being line 1 if `source` does not
    know better; elsewhere rows count from 1.
    """
    lines = getattr(source, "lines", None)
    if lines is not None and 0 <= index < len(lines):
        return f"row {lines[index]}"
    is_text = source is not None and not str(source).lower().endswith(_BINARY)
    return f"row {index + 2 if is_text else index + 1}"

"""Anyone's data frame, as a Polars frame."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from elman._errors import InputError

from ._table import read_table
from .times._clock import find_time

_UNNAMED = "index"
_HEAD = 100
WIDE = ("Int128", "UInt128")


def to_frame(data: Any) -> pl.DataFrame:
    """Return a data frame of any library, a mapping of columns or a file as Polars.

    Parameters
    ----------
    data : data frame, series with a name, mapping, str or path
        A Polars, pandas, PyArrow, Modin or cuDF frame (anything narwhals
        knows), a mapping from column names to equally long columns, or the
        path of a file for `read_table`. A pandas index that says more than the
        numbers of the rows becomes the first columns, one for each level,
        named as the level, else ``time`` for times and ``index`` for the
        rest; whole numbers beside a
        column of times are left out.

    Returns
    -------
    polars.DataFrame
        The same columns, their names as text; the input is never changed.

    Raises
    ------
    InputError
        `data` is none of these, or its columns cannot stand in one frame.
    """
    if isinstance(data, pl.DataFrame):
        return _in_64_bits(data)
    if isinstance(data, pl.LazyFrame):
        return _in_64_bits(data.collect())
    if isinstance(data, (str, os.PathLike)):
        return read_table(data)
    if isinstance(data, pl.Series):
        return _in_64_bits(pl.DataFrame([data.alias(data.name or "value")]))
    if isinstance(data, Mapping):
        return _from_mapping(data)
    if isinstance(data, np.ndarray):
        raise InputError(
            f"an array of shape {data.shape} has no column names; give a mapping of"
            " columns, {'y': array} for a single one"
        )
    try:
        if hasattr(data, "index") and hasattr(data, "reset_index"):
            data = _from_pandas(data)
        return nw.from_native(data, eager_only=True).to_polars()
    except TypeError:
        raise InputError(
            f"expected a data frame (polars, pandas, pyarrow), a mapping of columns"
            f" or the path of a file, got {type(data).__name__}"
        ) from None
    # Libraries raise what they like about columns of mixed objects.
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"the data frame cannot be used: {_line(error)}") from None


def _from_mapping(data: Mapping[Any, Any]) -> pl.DataFrame:
    columns = {}
    for key, values in data.items():
        name = str(key)
        if name in columns:
            raise InputError(f"the mapping names the column {name!r} twice")
        columns[name] = _as_polars_takes_it(values)
    try:
        return _in_64_bits(pl.DataFrame(columns, strict=False))
    except (
        TypeError,
        ValueError,
        OverflowError,
        AttributeError,
        pl.exceptions.PolarsError,
    ) as error:
        raise InputError(f"the mapping is no table: {_line(error)}") from None


def _in_64_bits(frame: pl.DataFrame) -> pl.DataFrame:
    """Return whole numbers of 128 bits, which NumPy lacks, as others that hold them."""
    changed = []
    for series in frame.get_columns():
        if str(series.dtype) in WIDE:
            whole = series.cast(pl.Int64, strict=False)
            lost = whole.null_count() > series.null_count()
            changed.append(series.cast(pl.Float64) if lost else whole)
    return frame.with_columns(changed) if changed else frame


def _as_polars_takes_it(values: Any) -> Any:
    """Return periods as their start, and times in a unit that Polars has."""
    if hasattr(values, "dtype") and type(values.dtype).__name__ == "PeriodDtype":
        times = getattr(values, "dt", values).to_timestamp()
        return times.to_numpy()
    if hasattr(values, "to_series") and hasattr(values, "get_level_values"):
        return values.to_numpy()
    if isinstance(values, np.ndarray) and values.dtype.kind in "mM":
        unit = np.datetime_data(values.dtype)[0]
        if unit not in ("D", "ms", "us", "ns"):
            return values.astype(f"{values.dtype.kind}8[ms]")
    return values


def _from_pandas(data: Any) -> Any:
    """Return a pandas-like frame whose index and names are kept as columns."""
    if not hasattr(data, "columns"):
        name = data.name
        data = data.to_frame("value" if name is None else name)
    names = [_name_of(name) for name in data.columns]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InputError(
            f"the frame names the column {twice!r} more than once; rename all but one"
        )
    if names != list(data.columns):
        data = data.set_axis(names, axis=1)
    for name in names:
        kind = type(data[name].dtype).__name__
        if kind == "PeriodDtype":
            data = data.assign(**{name: data[name].dt.to_timestamp()})
        elif kind == "SparseDtype":
            data = data.assign(**{name: data[name].sparse.to_dense()})
    return _with_index(data)


def _with_index(data: Any) -> Any:
    """Keep an index that is data, which narwhals would drop."""
    index = data.index
    levels = [_as_times(index.get_level_values(i)) for i in range(index.nlevels)]
    data = data.reset_index(drop=True)
    if len(levels) == 1 and index.name is None and _is_numbering(levels[0], data):
        return data
    fresh = {}
    for i, level in enumerate(levels):
        name = level.name
        if name is None:
            dated = type(level).__name__ in ("DatetimeIndex", "TimedeltaIndex")
            times = dated and "time" not in fresh
            name = "time" if times else f"level_{i}" if len(levels) > 1 else _UNNAMED
        name = _name_of(name)
        if name in fresh:
            raise InputError(f"the frame's index names the level {name!r} twice")
        if name in data.columns:
            if list(data[name]) == list(level):
                continue
            raise InputError(
                f"the frame has an index and a column called {name!r} that differ;"
                " rename one of them, or call reset_index(drop=True)"
            )
        fresh[name] = level
    for place, (name, level) in enumerate(fresh.items()):
        data.insert(place, name, level)
    return data


def _as_times(level: Any) -> Any:
    return level.to_timestamp() if type(level).__name__ == "PeriodIndex" else level


def _is_numbering(level: Any, data: Any) -> bool:
    """Return whether a nameless index numbers the rows and says no more.

    A range does, or a part of one without gaps; beside a column of times any
    whole numbers do.

    Raises
    ------
    InputError
        The numbers run backwards or repeat, and no column holds the times.
    """
    values = level.to_numpy()
    if values.dtype.kind not in "iu" or len(values) < 2:
        return values.dtype.kind in "iu"
    gaps = np.diff(values.astype(np.int64))
    if gaps[0] > 0 and (gaps == gaps[0]).all():
        return True
    head = nw.from_native(data.head(_HEAD), eager_only=True).to_polars()
    try:
        timed = bool(find_time(head)[0])
    except InputError:
        timed = True
    if not timed and (gaps <= 0).any():
        at = int(np.flatnonzero(gaps <= 0)[0])
        raise InputError(
            f"the frame's index goes from {values[at]} to {values[at + 1]} at row"
            f" {at + 2}, and no column holds the times: put the rows in order"
            " (sort_index), or call reset_index(drop=True) if they are"
        )
    return timed


def _name_of(name: Any) -> str:
    """Return a column's name as text; the levels of a name are joined."""
    if isinstance(name, tuple):
        return "_".join(str(part) for part in name if str(part))
    return str(name)


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__

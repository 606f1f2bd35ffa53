"""Anyone's data frame, as a Polars frame."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import polars as pl

from elman._errors import InputError

from ._table import read_table


def to_frame(data: Any) -> pl.DataFrame:
    """Return a data frame of any library, a mapping of columns or a file as Polars.

    Parameters
    ----------
    data : data frame, mapping, str or path
        A Polars, pandas, PyArrow, Modin or cuDF frame (anything narwhals
        knows), a mapping from column names to equally long columns, or the
        path of a file for `read_table`. A pandas index of times becomes the
        first column, named as the index or ``time``.

    Returns
    -------
    polars.DataFrame
        The same columns; the input is never changed.

    Raises
    ------
    InputError
        `data` is none of these, or its columns cannot stand in one frame.
    """
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if isinstance(data, (str, os.PathLike)):
        return read_table(data)
    try:
        if isinstance(data, Mapping):
            return pl.DataFrame({str(key): data[key] for key in data}, strict=False)
        return nw.from_native(_times_as_column(data), eager_only=True).to_polars()
    except TypeError as error:
        if isinstance(data, Mapping):
            raise InputError(f"the mapping is no table: {_line(error)}") from None
        raise InputError(
            f"expected a data frame (polars, pandas, pyarrow), a mapping of columns"
            f" or the path of a file, got {type(data).__name__}"
        ) from None
    except (ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise InputError(f"the data frame cannot be used: {_line(error)}") from None


def _times_as_column(data: Any) -> Any:
    """Keep a pandas index of times, which narwhals would drop with the index."""
    index: Any = getattr(data, "index", None)
    kind = type(index).__name__
    if kind not in ("DatetimeIndex", "PeriodIndex"):
        return data
    if kind == "PeriodIndex":
        data = data.set_axis(index.to_timestamp(), axis=0)
    name = index.name if index.name is not None else "time"
    if name in data.columns:
        return data
    return data.rename_axis(index=name).reset_index()


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__

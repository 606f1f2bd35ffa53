"""Covariates: numbers as they are, categories one-hot."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import numeric_column

_MOST_CATEGORIES = 50
# A number at the beginning, or a word of its own: '8:32', 'R$ 5', not 'Q1' or 'B12'.
_NUMBER_IN_TEXT = r"(?:^|[^\pL\pN_])\pN"


@dataclass(frozen=True)
class Column:
    """One covariate and how it becomes numbers.

    Parameters
    ----------
    name : str
    kind : {"number", "category"}
    categories : list of str
        The one-hot columns of a category; another value is all zero.
    """

    name: str
    kind: str
    categories: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def inspect(frame: pl.DataFrame, name: str, *, asked: bool) -> Column | str:
    """Return how a column enters, or the reason why it is left out.

    Parameters
    ----------
    frame : DataFrame
        The training rows.
    name : str
        A column of it.
    asked : bool
        Whether the user named the column; then a reason is an error.
    """
    reason = _unusable(frame, name)
    if reason and asked:
        raise InputError(f"column {name!r} {reason}; leave it out")
    if reason:
        return f"{name}: {reason}, left out"
    column = frame[name]
    if _is_text(column):
        categories = sorted(column.cast(pl.String).drop_nulls().unique().to_list())
        return Column(name, "category", categories)
    return Column(name, "number")


def numbers_in_words(frame: pl.DataFrame, column: Column, source: object) -> list[str]:
    """Return a note where most texts of a category have a number in them.

    Parameters
    ----------
    frame : DataFrame
        The training rows.
    column : Column
        A category of it.
    source : object
        The file, for messages.
    """
    text = frame[column.name].cast(pl.String).drop_nulls()
    numbered = text.filter(text.str.contains(_NUMBER_IN_TEXT))
    # Another type is the user's own word for categories.
    if frame.schema[column.name] != pl.String or 2 * len(numbered) <= len(text):
        return []
    where = f"{source}: " if source else ""
    return [
        f"{where}column {column.name!r} holds numbers with signs or words,"
        f" such as {numbered[0][:40]!r}, and was taken as {len(column.categories)}"
        " categories; if they are amounts, write them as plain numbers"
    ]


def encode(frame: pl.DataFrame, columns: list[Column]) -> NDArray[np.float64]:
    """Return the columns as numbers, (T, width); NaN where missing."""
    parts = [np.zeros((len(frame), 0))]
    for column in columns:
        if column.kind == "number":
            # A prediction frame may lack every value of a column.
            present = frame[column.name].drop_nulls()
            empty = not len(present) or (
                present.dtype.is_float() and bool(present.is_nan().all())
            )
            values = (
                np.full(len(frame), np.nan)
                if empty
                else numeric_column(frame, column.name)
            )
            parts.append(values[:, None])
            continue
        text = frame[column.name].cast(pl.String)
        hot = np.stack(
            [(text == c).fill_null(False).to_numpy() for c in column.categories], 1
        ).astype(np.float64)
        hot[text.is_null().to_numpy()] = np.nan
        parts.append(hot)
    return np.concatenate(parts, 1)


def encoded_names(columns: list[Column]) -> list[str]:
    """Return what each number is called in notes: column, or column and category."""
    return [
        name
        for column in columns
        for name in (
            [column.name]
            if column.kind == "number"
            else [f"{column.name} = {category}" for category in column.categories]
        )
    ]


def unseen(frame: pl.DataFrame, columns: list[Column]) -> list[str]:
    """Return a line for each column with categories it did not have in training."""
    notes = []
    for column in columns:
        if column.kind == "number":
            continue
        text = frame[column.name].cast(pl.String).drop_nulls()
        new = text.filter(~text.is_in(column.categories))
        if len(new):
            shown = ", ".join(repr(c[:40]) for c in sorted(set(new.to_list()))[:3])
            more = ", …" if new.n_unique() > 3 else ""
            notes.append(
                f"{column.name}: {len(new):,} of {len(text):,} values are no category "
                f"of the training part ({shown}{more}) and count as none of them"
            )
    return notes


def holes(frame: pl.DataFrame, columns: list[Column], time: NDArray) -> list[str]:
    """Return a line for each column with rows that have no value.

    Parameters
    ----------
    frame : DataFrame
        The rows that are forecast.
    columns : list of Column
    time : ndarray
        Of these rows.
    """
    notes = []
    for column in columns:
        values = frame[column.name]
        gone = values.is_null()
        if values.dtype.is_float():
            gone |= values.is_nan().fill_null(True)
        empty = np.flatnonzero(gone.to_numpy())
        if not len(empty):
            continue
        rows = [str(moment).replace("T", " ") for moment in time[empty[:3]]]
        more = ", …" if len(empty) > 3 else ""
        notes.append(
            f"{column.name}: {len(empty)} of the {len(frame)} rows to forecast have no "
            f"value ({', '.join(rows)}{more}); the one before is carried forward: fill "
            "them in for a forecast that knows better"
        )
    return notes


def is_switch(values: NDArray[np.float64]) -> bool:
    """Tell whether an encoded column takes the values 0 and 1, both and only."""
    known = values[~np.isnan(values)]
    return bool(np.isin(known, (0.0, 1.0)).all() and len(np.unique(known)) == 2)


def _is_text(column: pl.Series) -> bool:
    if column.dtype == pl.Categorical or isinstance(column.dtype, pl.Enum):
        return True
    if column.dtype != pl.String:
        return False
    # Mostly numbers: a number column with something wrong in it, and
    # `numeric_column` says where.
    present = column.drop_nulls()
    numbers = present.cast(pl.Float64, strict=False).is_not_null().sum()
    return numbers < 0.5 * len(present)


def _unusable(frame: pl.DataFrame, name: str) -> str | None:
    column = frame[name]
    present = column.drop_nulls()
    if column.dtype.is_float():
        present = present.drop_nans()
    if not len(present):
        return "has no values in the training part"
    if column.dtype.is_temporal() or column.dtype.is_nested():
        return f"is of type {column.dtype}"
    if present.n_unique() == 1:
        return "never changes in the training part"
    if _is_text(column):
        count = present.n_unique()
        if count > _MOST_CATEGORIES:
            return f"has {count} different texts, more than {_MOST_CATEGORIES}"
        return None
    if column.dtype.is_integer() and len(present) == len(column) > 2:
        steps = np.diff(column.to_numpy())
        if (steps == steps[0]).all():
            return "counts the rows"
    return None

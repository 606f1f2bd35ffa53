"""The cells of a sequence, channel by channel, and what they say."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError

_MISSING = ("NAType", "NaTType")
_WORD = re.compile(r"\w+|[^\w\s]")


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing: None, NaN, pandas' NA, an empty text."""
    if value is None or (isinstance(value, str) and not value):
        return True
    if isinstance(value, float | np.floating):
        return bool(value != value)
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return type(value).__name__ in _MISSING


def said(value: Any) -> str:
    """Return a cell as the name of a category: 3 and 3.0 are one, as are True, true."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def words_of(text: str) -> list[str]:
    """Return the words and signs of a text, in lower case."""
    return _WORD.findall(text.lower())


def cells_of(row: Any, channels: int | None, where: str) -> list[list[Any]]:
    """Return the cells of a sequence: a list a channel.

    Parameters
    ----------
    row : array-like or data frame
        (T, C), or (T,) for one channel.
    channels : int or None
        How many there have to be.
    where : str
        What a message calls the sequence.

    Raises
    ------
    InputError
        It has no step, or another number of channels.
    """
    names = getattr(row, "columns", None)
    if names is not None and hasattr(row, "__getitem__"):
        found = [_listed(row[name]) for name in names]
    else:
        try:
            values = np.asarray(row, dtype=object)
        except ValueError as error:
            raise InputError(f"{where} is not a table ({error})") from None
        values = values[:, None] if values.ndim == 1 else values
        if values.ndim != 2:
            raise InputError(
                f"{where} has shape {values.shape}; a sequence is (T, C), or (T,) for"
                " one channel"
            )
        found = [column.tolist() for column in values.T]
    if channels is not None and len(found) != channels:
        raise InputError(
            f"{where} has {len(found)} channels, the others have {channels}; each"
            " sequence must be (T, C) with the same C"
        )
    if not found or not found[0]:
        raise InputError(f"{where} has no steps; drop it, and its target")
    return found


def numbers_of(cells: list[Any], where: str) -> NDArray[np.float64]:
    """Return cells as numbers, NaN where nothing is known.

    Raises
    ------
    InputError
        One is no number; the step is named.
    """
    found = np.full(len(cells), np.nan)
    for step, value in enumerate(cells):
        if is_missing(value):
            continue
        try:
            found[step] = float(value)
        except (TypeError, ValueError):
            raise InputError(
                f"{where}, step {step}: {value!r:.40} is not a number; correct it, or"
                " say what the column is: columns={NAME: 'category'} or 'text'"
            ) from None
    return found


def gaps_of(cells: list[Any], where: str) -> NDArray[np.float64]:
    """Return the time since the step before, NaN for the first, of a column of times.

    Seconds of moments, else in the unit of the numbers.

    Raises
    ------
    InputError
        A time is missing, or earlier than the one before it.
    """
    if any(is_missing(value) for value in cells):
        step = next(i for i, value in enumerate(cells) if is_missing(value))
        raise InputError(f"{where}, step {step}: the time is missing; fill it in")
    if isinstance(cells[0], dt.date | np.datetime64):
        moments = np.array(cells, dtype="M8[us]")
        times = (moments - moments[0]) / np.timedelta64(1, "s")
    else:
        times = numbers_of(cells, where)
    gaps = np.diff(times, prepend=np.nan)
    back = np.flatnonzero(gaps < 0)
    if len(back):
        raise InputError(
            f"{where}, step {back[0]}: the time is before that of the step before; sort"
            " the steps by time"
        )
    return gaps


def _listed(column: Any) -> list[Any]:
    found = column.to_list() if hasattr(column, "to_list") else list(column)
    return list(found)

"""Where training ends, validation ends and the test begins: always in time order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError


@dataclass(frozen=True)
class Split:
    """Rows 0 … train_end − 1 train, then validation up to test_start, then test.

    ``rows`` is one past the last row with an observed target; later rows only
    carry what is known of the future.
    """

    train_end: int
    test_start: int
    rows: int


def split_series(
    time: NDArray,
    rows: int,
    *,
    horizon: int,
    context: int,
    validation_fraction: float,
    test: int | float | str | dt.date | None,
) -> Split:
    """Return the split, or say how much longer the series would have to be.

    Parameters
    ----------
    time : ndarray
        (T,), datetime64[s] or int64.
    rows : int
        One past the last observed row.
    horizon, context : int
        Of a window.
    validation_fraction : float
        Of the rows before the test; at least one window is taken.
    test : int, float, str, date or None
        Rows held out, their share, or the time at which they start.
    """
    test_start = test_row(time, rows, test)
    if rows > test_start > rows - horizon:
        raise InputError(
            f"the test part has {rows - test_start} rows, fewer than the horizon of "
            f"{horizon}; give a larger test part or a shorter horizon"
        )
    validation = max(round(validation_fraction * test_start), horizon)
    train_end = test_start - validation
    # One window to learn from is the least; folds and scales want a few more.
    least = context + 2 * horizon + 8
    if train_end < least:
        needed = least + validation + (rows - test_start)
        raise InputError(
            f"the series has {rows} rows, but a context of {context} and a horizon of "
            f"{horizon} with validation and test parts need about {needed}; give "
            "a longer series, or a smaller context or horizon"
        )
    return Split(train_end, test_start, rows)


def test_row(time: NDArray, rows: int, test: int | float | str | dt.date | None) -> int:
    """Return the first row of the test part; ``rows`` if there is none."""
    if test is None:
        return rows
    if isinstance(test, str | dt.date):
        return _row_at(time, rows, test)
    if isinstance(test, bool) or not isinstance(test, int | float):
        raise InputError(f"test must be a number of rows, a share or a time: {test!r}")
    if isinstance(test, float) and not 0 <= test < 1:
        raise InputError(f"test as a share must be at least 0 and below 1, got {test}")
    count = round(test * rows) if isinstance(test, float) else test
    if not 0 <= count < rows:
        raise InputError(f"test must leave rows to train on: {count} of {rows} rows")
    return rows - count


def _row_at(time: NDArray, rows: int, test: str | dt.date) -> int:
    start = _moment(time, rows, test)
    row = int(np.searchsorted(time[:rows], start))
    if not 0 < row < rows:
        raise InputError(
            f"test={test!r} is outside the series, {time[0]} to {time[rows - 1]}"
        )
    return row


def _moment(time: NDArray, rows: int, test: str | dt.date) -> np.datetime64 | float:
    """Return the time at which the test starts, of the kind that the series has."""
    if not np.issubdtype(time.dtype, np.datetime64):
        try:
            return float(str(test))
        except ValueError:
            raise InputError(
                f"test={test!r} is not a number, but the times are: {time[0]} to "
                f"{time[rows - 1]}; give the one at which the test part starts"
            ) from None
    try:
        return np.datetime64(str(test).replace(" ", "T"), "s")
    except ValueError:
        raise InputError(
            f"test={test!r} is not a time; write it as 2011-11-01 or 2011-11-01T06:00"
        ) from None

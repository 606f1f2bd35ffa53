"""Where training ends, validation ends and the test begins: always in time order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError

from ._size import least_rows, longest_horizon


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
    asked: int | float | str | dt.date | None = None,
    adapts: bool = False,
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
    asked : int, float, str, date or None
        The same before a share was enlarged to one horizon.
    adapts : bool
        Whether the context was chosen, and would be for another horizon.
    """
    test_start = test_row(time, rows, test)
    held_out = rows - test_start
    plural = "s" if held_out != 1 else ""

    def advice() -> str:
        return horizon_advice(
            rows,
            validation_fraction,
            test if asked is None else asked,
            held_out,
            None if adapts else context,
        )

    if 0 < held_out < horizon:
        raise InputError(
            f"the test part has {held_out} row{plural}, fewer than the horizon of "
            f"{horizon}; {advice()}"
        )
    validation = max(round(validation_fraction * test_start), horizon)
    train_end = test_start - validation
    # One window to learn from is the least; folds and scales want a few more.
    least = least_rows(context, horizon)
    if train_end < least:
        needed = least + validation + held_out
        raise InputError(
            f"the series has {rows} rows, but a context of {context} and a horizon of "
            f"{horizon} with validation and test parts need about {needed}; {advice()}"
        )
    return Split(train_end, test_start, rows)


def horizon_advice(
    rows: int, fraction: float, test: object, held_out: int, context: int | None
) -> str:
    """Say which horizon would do, with this test part and without one."""
    fits = longest_horizon(rows, fraction, test, held_out, context)
    alone = longest_horizon(rows, fraction, None, 0, context) if held_out else 0
    kept = "" if context is None else f" with a context of {context}"
    if fits:
        more = f" ({alone} without a test part)" if alone > fits else ""
        return f"give a longer series, or a shorter horizon: at most {fits}{kept}{more}"
    if alone:
        return (
            f"give a longer series, or no test part and a horizon of at most "
            f"{alone}{kept}"
        )
    if context is not None:
        return f"give a longer series or a smaller context: no horizon fits{kept}"
    return "give a longer series: no horizon fits"


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

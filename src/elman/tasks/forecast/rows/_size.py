"""How far ahead, how far back and how many rows held out: what a series allows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.diagnosis import Need
from elman.tasks.forecast.columns._calendar import DAY

_HORIZON = 24
# A year of months or quarters, a quarter of weeks; nobody plans 24 years ahead.
_LONGER_STEPS = ((300 * DAY, 5), (80 * DAY, 4), (27 * DAY, 12), (6 * DAY, 13))
_FEWEST_WINDOWS = 3


def default_horizon(time: NDArray, step: float, rows: int) -> int:
    """Return the steps ahead that suit the calendar, a sixth of the rows at most."""
    steps = _HORIZON
    if np.issubdtype(time.dtype, np.datetime64):
        steps = next((h for least, h in _LONGER_STEPS if step >= least), _HORIZON)
    return max(1, min(steps, rows // 6))


def whole_test(
    test: Any, rows: int, horizon: int
) -> tuple[int | float | str | dt.date | None, list[str]]:
    """Return what to hold out, a share enlarged to one horizon, and a note if so."""
    share = isinstance(test, float) and 0 < test < 1
    if not share or round(test * rows) >= horizon or horizon >= rows:
        return test, []
    return horizon, [
        f"a share of {test:g} is {round(test * rows)} of {rows} rows, less than one "
        f"forecast: the last {horizon} rows are the test part"
    ]


def context_of(need: Need, season: int, horizon: int, train_rows: int) -> int:
    """Return the steps to look back: what the data need, if the series allows."""
    return _back(max(need.steps, season, 2 * horizon), horizon, train_rows)


def _back(wanted: int, horizon: int, train_rows: int) -> int:
    room = train_rows - horizon - _FEWEST_WINDOWS
    return max(1, min(wanted, train_rows // 4, room))


def least_rows(context: int, horizon: int) -> int:
    """Return the rows a training part has to have: a few windows."""
    return context + horizon + _FEWEST_WINDOWS


def longest_horizon(
    rows: int, fraction: float, test: Any, held_out: int, context: int | None
) -> int:
    """Return the longest horizon that a series of so many rows allows, or 0.

    Parameters
    ----------
    rows : int
    fraction : float
        Of the validation part.
    test : object
        As given: a share grows with the horizon, a number or a time does not.
    held_out : int
        Rows of the test part.
    context : int or None
        None where it adapts.
    """
    for horizon in range(rows // 2, 0, -1):
        held = held_out
        if isinstance(test, float) and held_out:
            held = max(round(test * rows), horizon)
        if 0 < held < horizon:
            continue
        start = rows - held
        train = start - max(round(fraction * start), horizon)
        back = context or _back(2 * horizon, horizon, train)
        if train >= least_rows(back, horizon):
            return horizon
    return 0

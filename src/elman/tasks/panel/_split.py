"""Where each series' training ends, its validation ends and its test begins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from elman._errors import InputError
from elman.data import Panel
from elman.tasks.forecast.rows._split import test_row

from ._series import Rows

_LEAST_TRAINING = 3


@dataclass(frozen=True)
class PanelSplit:
    """Steps of each series, counted from its first.

    Attributes
    ----------
    train_end, test_start, stop : ndarray
        (S,): training before ``train_end``, validation before ``test_start``, test
        before ``stop``. A series too short for a part has none.
    """

    train_end: Rows
    test_start: Rows
    stop: Rows

    @property
    def tested(self) -> int:
        """How many series have a test part."""
        return int((self.test_start < self.stop).sum())


def split_panel(
    panel: Panel,
    stops: Rows,
    horizon: int,
    fraction: float,
    test: int | float | str | dt.date | None,
) -> tuple[PanelSplit, list[str]]:
    """Return the split and notes on the series that are too short for it.

    Parameters
    ----------
    panel : Panel
    stops : ndarray
        (S,): one past each series' last observed step.
    horizon : int
    fraction : float
        Of the rows before the test that validation takes, at least one horizon.
    test : int, float, str, date or None
        Steps held out at the end of each series, their share (at least one horizon),
        or the time they start at.

    Raises
    ------
    InputError
        No series is long enough for a validation part, or for the test asked for.
    """
    start = np.array(
        [
            _test_start(panel, i, int(stop), horizon, test)
            for i, stop in enumerate(stops)
        ],
        dtype=np.int64,
    )
    notes = []
    short = (start < horizon + _LEAST_TRAINING) & (start < stops)
    start = np.where(short, stops, start)
    asked = test is not None and test != 0
    if short.any():
        notes.append(
            f"{int(short.sum()):,} of {len(stops):,} series are too short for a test"
            f" part; the shortest has {int(stops[short].min())} steps"
        )
    if asked and not (start < stops).any():
        raise InputError(
            f"no series is long enough for a test part: the longest has"
            f" {int(stops.max())} steps, and a horizon of {horizon} with a test part"
            f" takes {2 * horizon + _LEAST_TRAINING}; give a shorter horizon, or no"
            " test part"
        )
    validation = np.maximum(np.round(fraction * start).astype(np.int64), horizon)
    end = start - validation
    end = np.where(end < _LEAST_TRAINING, start - horizon, end)
    end = np.where(end < _LEAST_TRAINING, start, end)
    if not (end < start).any():
        raise InputError(
            f"the longest series has {int(stops.max())} steps, too few to forecast"
            f" {horizon} steps ahead; give longer series or a shorter horizon"
        )
    return PanelSplit(end, start, stops), notes


def _test_start(
    panel: Panel,
    i: int,
    stop: int,
    horizon: int,
    test: int | float | str | dt.date | None,
) -> int:
    if isinstance(test, str | dt.date):
        own = panel.time[panel.starts[i] : panel.starts[i] + stop]
        try:
            return test_row(own, stop, test)
        except InputError:
            # The series ends before, or begins after: no test part of its own.
            if _misread(own, test):
                raise
            return stop
    if isinstance(test, float) and 0 < test < 1:
        return stop - max(round(test * stop), horizon)
    # One series decides whether the number makes sense at all.
    longest = int(panel.lengths.max())
    held_out = longest - test_row(panel.time, longest, test)
    if 0 < held_out < horizon:
        raise InputError(
            f"test={held_out} is fewer steps than the horizon of {horizon}"
        )
    return stop - held_out


def _misread(time: np.ndarray, test: str | dt.date) -> bool:
    """Return whether the text is no time at all, for any series."""
    if time.dtype.kind == "M":
        try:
            np.datetime64(str(test).replace(" ", "T"), "s")
        except ValueError:
            return True
        return False
    try:
        float(str(test))
    except ValueError:
        return True
    return False

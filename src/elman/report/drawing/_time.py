"""A time axis with few, plain labels; it takes dates and bare numbers alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from elman.report._numbers import MONTHS

from ._style import Sheet, tick

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR_0 = 12 * 1970  # months from the calendar's start to the clock's
_SECONDS = [
    *(1, 5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY),
]
_CALENDAR = [1, 2, 3, 6, *(12 * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500))]


def time_axis(axes: Axes, time: NDArray[Any], sheet: Sheet) -> None:
    """Label the x axis of `axes`, which shows `time`, to suit its span and width."""
    room = 5 if sheet.narrow else 8
    if time.dtype.kind != "M":
        axes.xaxis.set_major_locator(MaxNLocator(room, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        return
    ticks = date_ticks(time[0], time[-1], room)
    axes.xaxis.set_major_locator(FixedLocator(list(date2num(ticks))))
    axes.xaxis.set_major_formatter(FixedFormatter(date_labels(ticks)))


def date_ticks(start: np.datetime64, stop: np.datetime64, room: int) -> NDArray[Any]:
    """Return at most `room` round moments between two, as datetime64[s]."""
    first, last = (int(t.astype("datetime64[s]").astype(int)) for t in (start, stop))
    for step in _SECONDS:
        # Mondays: the epoch was a Thursday.
        offset = 4 * _DAY if step % (7 * _DAY) == 0 else 0
        begin = -(-(first - offset) // step) * step + offset
        if (last - begin) // step + 1 <= room:
            found = np.arange(begin, last + 1, step)
            return found.astype("datetime64[s]")
    low, high = (int(t.astype("datetime64[M]").astype(int)) for t in (start, stop))
    low += int(np.datetime64(low, "M") < start)
    for months in _CALENDAR:
        begin = -(-(low + _YEAR_0) // months) * months - _YEAR_0
        if (high - begin) // months + 1 <= room:
            break
    found = np.arange(begin, high + 1, months)
    return found.astype("datetime64[M]").astype("datetime64[s]")


def date_labels(ticks: NDArray[Any]) -> list[str]:
    """Return a label a tick, each as short as its round moment allows."""
    stamps = [datetime.fromtimestamp(int(t), UTC) for t in ticks.astype(int)]
    labels = []
    for place, s in enumerate(stamps):
        month = MONTHS[s.month - 1]
        if (s.hour, s.minute, s.second) != (0, 0, 0):
            clock = f"{s:%H:%M:%S}" if s.second else f"{s:%H:%M}"
            text = clock if place else f"{s.day} {month} {clock}"
        elif s.day != 1 or any(t.day != 1 for t in stamps):
            text = f"{s.day} {month}"
        elif s.month != 1:
            text = month if place else f"{month} {s.year}"
        else:
            text = str(s.year)
        labels.append(text)
    return labels

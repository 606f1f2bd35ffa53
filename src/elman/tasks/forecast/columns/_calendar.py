"""What a time stamp alone says: place in the day, the week and the year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._holidays import holiday_flags, local_times

DAY = 86_400
_WEEK = 7 * DAY
_YEAR = 365.2425 * DAY
_MONDAY = 4 * DAY  # 1970-01-05, the first Monday of the epoch


@dataclass(frozen=True)
class Calendar:
    """Which cycles the calendar features of a series describe.

    Parameters
    ----------
    slots : int
        Steps of the day told apart, 1 for daily or slower series.
    week : bool
        Whether the day of the week matters (a step of a day or less, or of one of
        the weekdays that the series has).
    months : bool
        Whether the month is told apart (monthly or quarterly series).
    year : bool
        Whether the training part spans a year and a half, so that the time of
        the year can be learned and not merely extrapolated.
    zone : str
        Where times are UTC: the zone whose clocks count.
    holidays : str
        Whose holidays are told apart, "" for none.
    """

    slots: int
    week: bool
    months: bool
    year: bool
    zone: str = ""
    holidays: str = ""

    @classmethod
    def of(
        cls, time: NDArray, step: float, zone: str = "", holidays: str = ""
    ) -> Calendar:
        """Choose the cycles for the time stamps of the training part."""
        if not np.issubdtype(time.dtype, np.datetime64):
            return cls(slots=1, week=False, months=False, year=False)
        span = float((time[-1] - time[0]) / np.timedelta64(1, "s"))
        slots = 1
        if step < DAY:
            slots = int(DAY // step) if DAY % step == 0 and step >= 900 else 24
        return cls(
            slots=slots,
            # Where some weekdays are left out, a step is no whole number of days.
            week=step <= DAY or (step < 3 * DAY and step % DAY > 0),
            months=27 * DAY < step < 100 * DAY,
            year=step < 27 * DAY and span >= 1.5 * _YEAR,
            zone=zone,
            holidays=holidays,
        )

    def slot(self, time: NDArray) -> NDArray[np.int64]:
        """Return the step of the day, shape (T,), 0 ≤ slot < slots."""
        return (_seconds(time) % DAY) * self.slots // DAY

    def smooth(self, time: NDArray) -> NDArray[np.float64]:
        """Return the network's features, shape (T, F), all within [-1, 1].

        Three harmonics of the day, the day of the week one-hot, one harmonic
        of the year, the month one-hot, whether it is a holiday, the day before or
        after one; whichever the series has.
        """
        time = local_times(time, self.zone)
        columns = [np.zeros((len(time), 0))]
        if self.slots > 1:
            columns.append(_harmonics((_seconds(time) % DAY) / DAY, 3))
        if self.week:
            columns.append(np.eye(7)[self._weekday(time)])
        if self.year:
            columns.append(_harmonics((_seconds(time) % _YEAR) / _YEAR, 1))
        if self.months:
            columns.append(np.eye(12)[_month(time)])
        if self.holidays:
            columns.append(holiday_flags(self.holidays, time))
        return np.concatenate(columns, 1)

    def categories(
        self, time: NDArray, switches: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the linear model's features, shape (T, F).

        The step of the day one-hot, again for weekends, for holidays and for each
        switch: a commuter's morning is not a holiday's. The day of the week, the
        month, the time of the year and holidays as in `smooth`.

        Parameters
        ----------
        time : ndarray
            (T,), datetime64[s].
        switches : ndarray
            (T, S), known columns that are 0 or 1.
        """
        columns = [np.zeros((len(time), 0))]
        time = local_times(time, self.zone)
        if self.holidays:
            flags = holiday_flags(self.holidays, time)
            columns.append(flags)
            switches = np.concatenate([switches, flags[:, :1]], 1)
        if self.slots > 1:
            slot = np.eye(self.slots)[self.slot(time)]
            weekend = (self._weekday(time) >= 5).astype(np.float64)
            columns.append(slot)
            for switch in (weekend, *switches.T):
                columns.append(slot * switch[:, None])
        if self.week:
            columns.append(np.eye(7)[self._weekday(time)])
        if self.year:
            columns.append(_harmonics((_seconds(time) % _YEAR) / _YEAR, 2))
        if self.months:
            columns.append(np.eye(12)[_month(time)])
        return np.concatenate(columns, 1)

    def _weekday(self, time: NDArray) -> NDArray[np.int64]:
        return ((_seconds(time) - _MONDAY) % _WEEK) // DAY


def _seconds(time: NDArray) -> NDArray[np.int64]:
    if not np.issubdtype(time.dtype, np.datetime64):
        return np.zeros(len(time), np.int64)
    return time.astype("datetime64[s]").astype(np.int64)


def _month(time: NDArray) -> NDArray[np.int64]:
    return time.astype("datetime64[M]").astype(np.int64) % 12


def _harmonics(phase: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    angle = 2 * np.pi * phase[:, None] * np.arange(1, count + 1)
    return np.concatenate([np.sin(angle), np.cos(angle)], 1)

"""Bare digits of rarer kinds: quarters, weeks, the year last, ticks since 1601."""

from __future__ import annotations

import re

import numpy as np

from elman._errors import InputError

from ._fields import month_start, valid_days
from ._moments import Stamps
from ._numeric_days import is_even

_QUARTERS = {"quarter", "qtr", "quartal", "trimestre", "kwartaal", "yearquarter", "yq"}
_WEEKS = {"week", "wk", "woche", "kw", "semaine", "semana", "settimana", "yearweek"}
_WEEKS |= {"isoweek", "yyyyww", "yw"}
# 100 nanoseconds since 1601 and since the year 1, in 1970 and in 2100.
_TICKS = (
    ("1601", 116_444_736 * 10**9, 157_469_184 * 10**9, 1601),
    ("the year 1", 621_355_968 * 10**9, 662_380_416 * 10**9, 1),
)


def period_of(name: str) -> str | None:
    """Return whether a column is called as quarters or as weeks are, or neither."""
    words = set(re.split(r"[\W_\d]+", name.lower()))
    if words & _QUARTERS:
        return "quarter"
    return "week" if words & _WEEKS else None


def named_periods(values: np.ndarray, name: str, where: str) -> Stamps | None:
    """Read 20101 and 201001 as quarters and 201001 as weeks, in columns called so."""
    period, high = period_of(name), int(values.max())
    digits = len(str(high))
    if period is None or values.min() < 10 ** (digits - 1) or digits not in (5, 6):
        return None
    per = 10 ** (digits - 4)
    year, number = values // per, values % per
    if year.min() < 1800 or year.max() > 2200 or number.min() < 1:
        return None
    if period == "quarter" and number.max() <= 4:
        stamps = month_start(year, number * 3 - 2).astype("M8[s]")
        form = "yyyyq" if digits == 5 else "yyyyqq"
        return Stamps(stamps, [_note(where, values, f"{form}, quarters of years")])
    if period == "week" and digits == 6 and number.max() <= 53:
        fourth = (year - 1970).astype("M8[Y]").astype("M8[D]") + 3
        monday = fourth - (fourth.astype(np.int64) + 3) % 7 + (number - 1) * 7
        after = (year - 1969).astype("M8[Y]").astype("M8[D]")
        if (monday + 3 >= after).any():
            raise InputError(
                f"{where}: numbers such as {values[0]} may be years and weeks, but"
                f" {values[monday + 3 >= after][0]} is no ISO week; write the first"
                " day of each week as YYYY-MM-DD"
            )
        note = _note(where, values, "yyyyww, the Mondays of ISO weeks")
        return Stamps(monday.astype("M8[s]"), [note])
    return None


def year_last(values: np.ndarray, where: str) -> Stamps | None:
    """Read ddmmyyyy or mmddyyyy, whichever alone the column allows.

    Raises
    ------
    InputError
        Both are possible, or neither puts the days in order.
    """
    first, second, year = values // 10**6, values // 10**4 % 100, values % 10**4
    if year.min() < 1600 or year.max() > 2200 or values.min() < 10**6:
        return None
    found = {}
    for form, day, month in (
        ("ddmmyyyy", first, second),
        ("mmddyyyy", second, first),
    ):
        if valid_days(year, month, day).all():
            start = month_start(year, month).astype("M8[D]")
            found[form] = start + (day - 1), year * 10000 + month * 100 + day
    if not found:
        return None
    for test in (lambda n: bool((np.diff(n) >= 0).all()), is_even):
        left = {form: both for form, both in found.items() if test(both[1])}
        found = left or found
    if len(found) > 1 and len({both[1].tobytes() for both in found.values()}) > 1:
        raise InputError(
            f"{where}: {values[0]} may be read as ddmmyyyy or as mmddyyyy; write"
            " YYYY-MM-DD"
        )
    form, (days, _) = next(iter(found.items()))
    return Stamps(days.astype("M8[s]"), [_note(where, values, form)])


def short_years_with_clocks(values: np.ndarray, where: str) -> Stamps | None:
    """Read yymmddhh, yymmddhhmm and yymmddhhmmss where the times are then even."""
    digits = (len(str(int(values.max()))) + 1) // 2 * 2
    if digits not in (8, 10, 12) or len(values) < 4 or values.min() < 10**6:
        return None
    whole = values * 10 ** (12 - digits)
    days, clock = whole // 10**6, whole % 10**6
    short, month, day = days // 10000, days // 100 % 100, days % 100
    hour, minute, second = clock // 10000, clock // 100 % 100, clock % 100
    year = np.where(short >= 69, 1900 + short, 2000 + short)
    fits = valid_days(year, month, day) & (hour < 24) & (minute < 60) & (second < 60)
    if not fits.all():
        return None
    start = (month_start(year, month).astype("M8[D]") + (day - 1)).astype("M8[s]")
    stamps = start + (hour * 3600 + minute * 60 + second).astype("m8[s]")
    gaps, others = np.diff(stamps).astype(np.int64), np.diff(values)
    # Numbers that are even as they stand count, or are seconds since 1970.
    if (gaps <= 0).any() or (others == others[0]).all():
        return None
    sizes, counts = np.unique(gaps, return_counts=True)
    if (gaps % sizes[0]).any() or counts.max() < len(gaps) / 2:
        return None
    form = "yymmddhhmmss"[:digits]
    note = _note(where, values, f"{form} ({stamps[0]}), the years as 1969 to 2068")
    return Stamps(stamps, [note])


def refuse_ticks(values: np.ndarray, where: str) -> None:
    """Refuse numbers that may be nanoseconds since 1970 or ticks of 100 of them.

    Raises
    ------
    InputError
        The numbers would be years of the 1970s or 1990 one way, and any year
        from 1970 to 2100 the other.
    """
    low, high = int(values.min()), int(values.max())
    for word, least, most, year in _TICKS:
        if least <= low and high < most:
            nano = np.datetime64(low // 10**9, "s")
            tick = np.datetime64(f"{year:04d}-01-01", "s") + low // 10**7
            raise InputError(
                f"{where}: {low} may be nanoseconds since 1970 ({nano}) or units of"
                f" 100 nanoseconds since {word} ({tick}); write the times as"
                " YYYY-MM-DD HH:MM:SS, or in seconds since 1970"
            )


def _note(where: str, values: np.ndarray, form: str) -> str:
    return f"{where}: numbers such as {values[0]} were read as {form}"

"""Which columns hold the time, and how to read them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, require_column

from ._digit_forms import period_of
from ._digits import (
    called_time,
    dates_in_digits,
    fractions_are_dates,
    may_be_called_time,
)
from ._moments import Stamps, reduced
from ._parts import PARTS, clock_numbers, from_parts, role_of
from ._stamps import looks_like_time, parse_stamps
from ._text import read_clock
from ._unread import check_unread

_SAMPLE = 50
_MICRO = 10**6
_USUAL = (1600, 2200)
# What may stand beside the year, the first that is there.
_WITHIN = (("month", "day"), ("yearday",), ("quarter",), ("week",))


def find_time(
    frame: pl.DataFrame, source: object = None
) -> tuple[list[str], list[str]]:
    """Return the columns that hold the time, none if rows must be counted, and notes.

    Raises
    ------
    InputError
        A column is called as columns of times are, and cannot be read.
    """
    dates = [name for name in frame.columns if looks_like_time(frame[name])]
    if len(dates) > 1:
        # One without gaps, in order if there is one, before a birthday or a remark.
        dates = [name for name in dates if not frame[name].has_nulls()] or dates
        dates = [name for name in dates if _reads_as_dates(frame[name])] or dates
    if dates:
        return _with_clock(frame, dates[0]), []
    roles: dict[str, str] = {}
    for name in frame.columns:
        role = role_of(name)
        if role and role not in roles:
            roles[role] = name
    if "year" in roles and _are_years(frame[roles["year"]]):
        for within in _WITHIN:
            if within[0] in roles:
                used = {"year", *within, "hour", "minute", "second"} & set(roles)
                return [roles[part] for part in PARTS if part in used], []
    numbers = [name for name in frame.columns if _counts_time(frame[name])]
    numbers = [n for n in numbers if _reads_as_dates(frame[n])] or numbers
    if numbers:
        return _with_clock(frame, numbers[0]), []
    for name in frame.columns:
        if name.strip().lower() == "year" and _are_years(frame[name]):
            return [name], []
    for name in frame.columns[:1]:
        if _dates_in_numbers(frame[name]):
            return _with_clock(frame, name), []
    return [], check_unread(frame, source)


def _dates_in_numbers(series: pl.Series) -> bool:
    """Return whether the numbers of a column can hardly be anything but dates."""
    if series.has_nulls():
        return False
    if series.dtype == pl.String and _all_digits(series):
        series = series.cast(pl.Int64, strict=False)
    if series.dtype.is_integer():
        # What no 64 bits hold becomes missing.
        series = series.cast(pl.Int64, strict=False)
        return not series.has_nulls() and dates_in_digits(series.to_numpy())
    if not series.dtype.is_float() or len(series) < 12:
        return False
    return fractions_are_dates(series.cast(pl.Float64).to_numpy())


def _counts_time(series: pl.Series) -> bool:
    """Return whether numbers in a column called so are, or may be, its times."""
    numbers = series.dtype.is_numeric() or series.dtype == pl.Duration
    if not numbers and not (series.dtype == pl.String and _all_digits(series)):
        return False
    plain = series.name.strip().lower()
    unsure = plain == "period" or "year" in plain
    unsure |= role_of(plain) == "month" or period_of(plain) is not None
    if called_time(series.name) and not unsure:
        return True
    if not unsure and not may_be_called_time(series.name):
        return False
    # These may be covariates as well: only what reads as dates, in order, is the time.
    return _reads_as_dates(series)


def _reads_as_dates(series: pl.Series) -> bool:
    """Return whether a column reads as dates that do not run backwards."""
    try:
        stamps = parse_stamps(series).values
    except InputError:
        return False
    rising = (np.diff(stamps).astype(np.int64) >= 0).all()
    return stamps.dtype.kind == "M" and bool(rising)


def _all_digits(series: pl.Series) -> bool:
    digits = series.str.contains(r"^\s*[0-9]{4,}\s*$")
    return not series.has_nulls() and bool(digits.all())


def read_time(frame: pl.DataFrame, names: Sequence[str], source: object) -> Stamps:
    """Read the time from one column, or from several that hold its parts."""
    found = _read_time(frame, names, source)
    if found.values.dtype.kind != "M" or not len(found.values):
        return found
    for at in (found.values.min(), found.values.max()):
        year = int(at.astype("M8[Y]").astype(np.int64)) + 1970
        if not _USUAL[0] <= year <= _USUAL[1]:
            note = (
                f"{place(source)}column {', '.join(map(repr, names))}: times lie in the"
                f" year {year}; correct them if another calendar or form was meant"
            )
            return replace(found, notes=[*found.notes, note])
    return found


def _read_time(frame: pl.DataFrame, names: Sequence[str], source: object) -> Stamps:
    for name in names:
        require_column(frame, name, source)
    if len(set(names)) < len(names):
        raise InputError(f"{place(source)}the time names {names[0]!r} twice")
    if len(names) == 1:
        return parse_stamps(frame[names[0]], source)
    roles = {role_of(name) or name: name for name in names}
    parts = set(roles) <= set(PARTS) and len(roles) == len(names)
    dates = [name for name in names if looks_like_time(frame[name])]
    if len(names) == 2 and (len(dates) == 1 or role_of(names[0]) is None):
        date = dates[0] if dates else names[0]
        clock = names[1] if date == names[0] else names[0]
        return _date_and_clock(frame, date, clock, source)
    if parts:
        return from_parts(frame, roles, source)
    odd = next((name for name in names if role_of(name) is None), names[-1])
    raise InputError(
        f"{place(source)}column {odd!r} is no part of a time; several time columns"
        " must be named year, quarter, month, week, day, hour, minute, second, or be a"
        " date and an hour or clock time"
    )


def _date_and_clock(
    frame: pl.DataFrame, date: str, clock: str, source: object
) -> Stamps:
    """Read a column of days and one of hours or clock times."""
    days = parse_stamps(frame[date], source)
    if days.values.dtype.kind != "M":
        raise InputError(
            f"{place(source)}column {date!r} holds no dates; give one time column, or"
            " a date and an hour"
        )
    where = f"{place(source)}column {clock!r}"
    notes = list(days.notes)
    series = frame[clock]
    if not series.has_nulls() and series.dtype == pl.Time:
        ticks = series.cast(pl.Int64).to_numpy() // 1000
    elif not series.has_nulls() and series.dtype == pl.Duration:
        ticks = series.cast(pl.Duration("us")).cast(pl.Int64).to_numpy()
    elif series.dtype == pl.String and not series.has_nulls():
        found = read_clock(series, where, source)
        if found is None:
            joined = frame.select(
                pl.concat_str([pl.col(date).cast(pl.String), clock], separator=" ")
            )
            return parse_stamps(joined.to_series().alias(f"{date},{clock}"), source)
        ticks = found
    else:
        seconds, more = clock_numbers(frame, clock, source)
        ticks, notes = seconds * _MICRO, notes + more
    whole = days.values.astype("M8[us]").astype(np.int64) + ticks
    return Stamps(reduced(whole), notes)


def _with_clock(frame: pl.DataFrame, date: str) -> list[str]:
    clock = _clock_beside(frame, date)
    return [date, clock] if clock else [date]


def _clock_beside(frame: pl.DataFrame, date: str) -> str | None:
    """Return the column with the hour or the clock of the days in another."""
    if not _only_days(frame[date]):
        return None
    for name in frame.columns:
        if role_of(name) == "hour" and _in_hours(frame[name]):
            return name
    if frame[date].n_unique() == frame.height:
        return None
    for name in frame.columns:
        series = frame[name]
        if name == date or series.has_nulls():
            continue
        if series.dtype == pl.Time:
            return name
        sample = series.head(_SAMPLE)
        if series.dtype == pl.String and sample.str.contains(r"\d[:.]\d\d").all():
            try:
                if read_clock(sample, "", None) is not None:
                    return name
            except InputError:
                continue
        if called_time(name) and series.dtype.is_integer() and _of_a_day(series):
            return name
    return None


def _of_a_day(series: pl.Series) -> bool:
    return bool(series.is_between(0, 240000).all()) and series.n_unique() > 1


def _only_days(series: pl.Series) -> bool:
    try:
        stamps = parse_stamps(series.drop_nulls().head(_SAMPLE)).values
    except InputError:
        # Day and month are not to be told apart in so few.
        return not series.cast(pl.String).str.contains(r"\d[:.]\d\d(\D|$)").any()
    return bool((stamps == stamps.astype("M8[D]")).all())


def _in_hours(series: pl.Series) -> bool:
    if not series.dtype.is_integer() or series.has_nulls():
        return False
    return bool(series.is_between(0, 24).all()) and series.n_unique() > 1


def _are_years(series: pl.Series) -> bool:
    return (
        series.dtype.is_integer()
        and not series.has_nulls()
        and bool(series.is_between(1000, 3000).all())
    )

"""Which columns hold the time, and how to read them together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from elman._errors import InputError

from ._columns import numeric_column, place, require_column, row_name
from ._stamps import Stamps, looks_like_time, parse_stamps

_PARTS = {
    "year": ("year", "yr", "yyyy"),
    "month": ("month", "mnth", "mon", "mm"),
    "day": ("day", "dom", "mday", "day_of_month", "dd"),
    "hour": ("hour", "hr", "hh", "hours"),
    "minute": ("minute", "min", "minutes"),
    "second": ("second", "sec", "seconds"),
}
_ROLE = {alias: part for part, aliases in _PARTS.items() for alias in aliases}
_LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 23)}
_LIMITS |= {"minute": (0, 59), "second": (0, 59), "year": (1, 9999)}
# fmt: off
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
)
# fmt: on
_EPOCH_NAMES = ("time", "timestamp", "datetime", "date", "epoch", "unix", "unixtime")


def find_time(frame: pl.DataFrame) -> list[str]:
    """Return the columns that hold the time, or none if rows must be counted."""
    for name in frame.columns:
        if looks_like_time(frame[name]):
            hour = [c for c in frame.columns if _ROLE.get(c.lower()) == "hour"]
            if hour and _only_days(frame[name]) and _in_hours(frame[hour[0]]):
                return [name, hour[0]]
            return [name]
    roles: dict[str, str] = {}
    for name in frame.columns:
        role = _ROLE.get(name.strip().lower())
        if role and role not in roles:
            roles[role] = name
    if {"year", "month"} <= set(roles) and _are_years(frame[roles["year"]]):
        used = [part for part in _PARTS if part in roles]
        return [roles[part] for part in used]
    for name in frame.columns:
        if name.lower() in _EPOCH_NAMES and frame[name].dtype.is_numeric():
            return [name]
        if name.lower() == "year" and _are_years(frame[name]):
            return [name]
    return []


def read_time(frame: pl.DataFrame, names: Sequence[str], source: object) -> Stamps:
    """Read the time from one column, or from several that hold its parts."""
    for name in names:
        require_column(frame, name, source)
    if len(names) == 1:
        return parse_stamps(frame[names[0]], source)
    roles = {_ROLE.get(name.strip().lower(), name): name for name in names}
    if set(roles) <= set(_PARTS):
        return _from_parts(frame, roles, source)
    if len(names) == 2:
        return _date_and_clock(frame, names[0], names[1], source)
    odd = next(name for name in names if name.strip().lower() not in _ROLE)
    raise InputError(
        f"{place(source)}column {odd!r} is no part of a time; several time columns"
        " must be named year, month, day, hour, minute, second, or be a date and an"
        " hour"
    )


def _from_parts(frame: pl.DataFrame, roles: dict[str, str], source: object) -> Stamps:
    if "year" not in roles:
        raise InputError(
            f"{place(source)}the time columns {', '.join(roles.values())} have no year;"
            " add a column 'year', or give '' as the time to count rows"
        )
    parts = {role: _part(frame, role, name, source) for role, name in roles.items()}
    one = np.ones(frame.height, dtype=np.int64)
    day = parts.get("day", one)
    by_year_day = "month" not in parts or (day > 31).any()
    if by_year_day:
        base = (parts["year"] - 1970).astype("M8[Y]").astype("M8[D]")
        limit, word = np.full(frame.height, 366), "year"
    else:
        month = (parts["year"] - 1970).astype("M8[Y]").astype("M8[M]") + (
            parts["month"] - 1
        )
        base = month.astype("M8[D]")
        limit = ((month + 1).astype("M8[D]") - base).astype(np.int64)
        word = "month"
    wrong = np.flatnonzero((day < 1) | (day > limit))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"{place(source)}column {roles.get('day')!r}, {row_name(at, source)}:"
            f" there is no day {day[at]} in that {word}"
        )
    stamps = (base + (day - 1)).astype("M8[s]")
    for role, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
        if role in parts:
            stamps = stamps + (parts[role] * seconds).astype("m8[s]")
    return Stamps(stamps)


def _part(frame: pl.DataFrame, role: str, name: str, source: object) -> np.ndarray:
    series = frame[name]
    if role == "month" and series.dtype == pl.String:
        number = {month: i + 1 for i, month in enumerate(_MONTHS)}
        short = series.str.strip_chars().str.to_lowercase().str.slice(0, 3)
        frame = frame.with_columns(
            short.replace_strict(number, default=series, return_dtype=pl.String)
            .cast(pl.Int64, strict=False)
            .alias(name)
        )
    values = numeric_column(frame, name, source)
    low, high = _LIMITS[role]
    if role == "day":
        high = 366
    bad = np.flatnonzero(
        ~((values >= low) & (values <= high)) | (values != np.floor(values))
    )
    if len(bad):
        at = int(bad[0])
        raise InputError(
            f"{place(source)}column {name!r}, {row_name(at, source)}: {series[at]!r} is"
            f" no {role}; allowed are whole numbers from {low} to {high}"
        )
    return values.astype(np.int64)


def _date_and_clock(
    frame: pl.DataFrame, date: str, clock: str, source: object
) -> Stamps:
    """Read a column of days and one of hours or clock times."""
    if frame[clock].dtype == pl.String:
        joined = frame.select(
            pl.concat_str([pl.col(date).cast(pl.String), pl.col(clock)], separator=" ")
        )
        return parse_stamps(joined.to_series().alias(f"{date},{clock}"), source)
    days = parse_stamps(frame[date], source)
    if days.values.dtype.kind != "M":
        raise InputError(
            f"{place(source)}column {date!r} holds no dates; give one time column, or"
            " a date and an hour"
        )
    hours = _part(frame, "hour", clock, source)
    return Stamps(days.values + (hours * 3600).astype("m8[s]"), days.notes)


def _only_days(series: pl.Series) -> bool:
    stamps = parse_stamps(series.drop_nulls().head(50)).values
    return bool((stamps == stamps.astype("M8[D]")).all())


def _in_hours(series: pl.Series) -> bool:
    if not series.dtype.is_integer() or series.has_nulls():
        return False
    return bool(series.is_between(0, 23).all()) and series.n_unique() > 1


def _are_years(series: pl.Series) -> bool:
    return (
        series.dtype.is_integer()
        and not series.has_nulls()
        and bool(series.is_between(1000, 3000).all())
    )

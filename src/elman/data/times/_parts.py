"""Times in several columns: year, month, day and clock, each in its own."""

from __future__ import annotations

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import numeric_column, place, row_name
from elman.data.grid._spacing import DAY

from ._forms import MONTHS
from ._moments import Stamps
from ._month_names import in_english

PARTS = {
    "year": ("year", "yr", "yyyy", "jahr", "année", "annee", "año", "anno", "jaar"),
    "quarter": ("quarter", "qtr", "q", "quartal", "trimestre", "kwartaal"),
    "month": (
        *("month", "mnth", "mon", "mm", "mo"),
        *("monat", "mois", "mes", "mês", "mese", "maand"),
    ),
    "week": (
        *("week", "iso_week", "isoweek", "weekofyear", "week_of_year", "wk"),
        *("woche", "kw", "semaine", "semana", "settimana"),
    ),
    "yearday": ("doy", "yday", "dayofyear", "day_of_year", "yearday", "julian"),
    "day": (
        *("day", "dom", "mday", "day_of_month", "dd"),
        *("tag", "jour", "día", "dia", "giorno", "dag"),
    ),
    "hour": (
        *("hour", "hr", "hh", "hours"),
        *("stunde", "heure", "hora", "ora", "uur"),
    ),
    "minute": ("minute", "min", "minutes"),
    "second": ("second", "sec", "seconds"),
}
ROLE = {alias: part for part, aliases in PARTS.items() for alias in aliases}
_LIMITS = {"year": (1, 9999), "quarter": (1, 4), "month": (1, 12), "week": (1, 53)}
_LIMITS |= {"yearday": (1, 366), "day": (1, 366)}
_LIMITS |= {"hour": (0, 24), "minute": (0, 59), "second": (0, 59)}
_CLOCK = (("hour", 3600), ("minute", 60), ("second", 1))


def role_of(name: str) -> str | None:
    """Return which part of a time a column is called, or None."""
    return ROLE.get(name.strip().lower())


def from_parts(frame: pl.DataFrame, roles: dict[str, str], source: object) -> Stamps:
    """Return the times whose parts stand in the columns named.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    roles : dict
        The column of each part.
    source : object
        The file to name.

    Raises
    ------
    InputError
        No year, two parts that say the same, or a day that does not exist.
    """
    if "year" not in roles:
        raise InputError(
            f"{place(source)}the time columns {', '.join(roles.values())} have no year;"
            " add a column 'year', or give '' as the time to count rows"
        )
    within = [r for r in ("quarter", "month", "week", "yearday") if r in roles]
    if len(within) > 1 or ("day" in roles and within not in ([], ["month"])):
        shown = ", ".join(repr(roles[r]) for r in [*within, "day"] if r in roles)
        raise InputError(
            f"{place(source)}the time columns {shown} say twice where in the year a"
            " row lies; name one of them, or a month and its day"
        )
    parts = {role: part(frame, role, name, source) for role, name in roles.items()}
    days = _days(parts, roles, source)
    stamps = days.astype("M8[s]")
    for role, seconds in _CLOCK:
        if role in parts:
            stamps = stamps + (parts[role] * seconds).astype("m8[s]")
    return Stamps(stamps)


def _days(
    parts: dict[str, np.ndarray], roles: dict[str, str], source: object
) -> np.ndarray:
    """Return datetime64[D]."""
    year = (parts["year"] - 1970).astype("M8[Y]")
    start = year.astype("M8[D]")
    one = np.ones(len(year), dtype=np.int64)
    if "week" in parts:
        return _weeks(parts["week"], start, year, roles, source)
    if "quarter" in parts:
        return (year.astype("M8[M]") + (parts["quarter"] - 1) * 3).astype("M8[D]")
    day, key = parts.get("day", one), "day"
    if "yearday" in parts:
        day, key = parts["yearday"], "yearday"
    by_year = "month" not in parts or (day > 31).any()
    if by_year:
        limit, word = ((year + 1).astype("M8[D]") - start).astype(np.int64), "year"
    else:
        month = year.astype("M8[M]") + (parts["month"] - 1)
        start, word = month.astype("M8[D]"), "month"
        limit = ((month + 1).astype("M8[D]") - start).astype(np.int64)
    wrong = np.flatnonzero((day < 1) | (day > limit))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"{place(source)}column {roles.get(key)!r}, {row_name(at, source)}:"
            f" there is no day {day[at]} in that {word}"
        )
    return np.asarray(start + (day - 1))


def _weeks(
    week: np.ndarray,
    start: np.ndarray,
    year: np.ndarray,
    roles: dict[str, str],
    source: object,
) -> np.ndarray:
    """Return the Mondays of ISO weeks: week 1 holds 4 January."""
    fourth = start + 3
    monday = fourth - (fourth.astype(np.int64) + 3) % 7
    found = monday + (week - 1) * 7
    wrong = np.flatnonzero(found + 3 >= (year + 1).astype("M8[D]"))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"{place(source)}column {roles['week']!r}, {row_name(at, source)}: there is"
            f" no ISO week {week[at]} in {year[at]}; write the day of each row"
        )
    return np.asarray(found)


def part(frame: pl.DataFrame, role: str, name: str, source: object) -> np.ndarray:
    """Return one part as whole numbers within their limits."""
    series = frame[name]
    if role == "month" and series.dtype in (pl.String, pl.Categorical, pl.Enum):
        number = {month: i + 1 for i, month in enumerate(MONTHS)}
        text, _ = in_english(series.cast(pl.String))
        short = text.str.strip_chars().str.to_lowercase().str.slice(0, 3)
        frame = frame.with_columns(
            short.replace_strict(number, default=text, return_dtype=pl.String)
            .cast(pl.Int64, strict=False)
            .alias(name)
        )
    elif role == "quarter" and series.dtype == pl.String:
        digit = series.str.extract(r"(?i)^\s*Q?([1-4])(?:Q|st|nd|rd|th)?\s*$", 1)
        frame = frame.with_columns(digit.cast(pl.Int64).alias(name))
    if frame[name].null_count() == len(series) > series.null_count():
        raise InputError(
            f"{place(source)}column {name!r}, {row_name(0, source)}: {series[0]!r} is"
            f" no {role}"
        )
    values = numeric_column(frame, name, source)
    low, high = _LIMITS[role]
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


def clock_numbers(
    frame: pl.DataFrame, name: str, source: object
) -> tuple[np.ndarray, list[str]]:
    """Return seconds since midnight from hours, or from hhmm and hhmmss."""
    values = numeric_column(frame, name, source)
    whole = np.isfinite(values) & (values == np.floor(values)) & (values >= 0)
    hours = not (whole & (values > 24)).any() or role_of(name) == "hour"
    if not whole.all() or hours:
        hour = part(frame, "hour", name, source)
        last = [f"hour 24 of column {name!r} is the end of its day"]
        return hour * 3600, last if (hour == 24).any() else []
    form = "hhmm" if values.max() <= 2400 else "hhmmss"
    number = values.astype(np.int64) * (100 if form == "hhmm" else 1)
    hour, minute, second = number // 10000, number // 100 % 100, number % 100
    bad = np.flatnonzero((minute > 59) | (second > 59) | (number > 240000))
    if len(bad):
        at = int(bad[0])
        raise InputError(
            f"{place(source)}column {name!r}, {row_name(at, source)}: {frame[name][at]}"
            f" is no time of the day as {form}; write it as HH:MM:SS"
        )
    seconds = np.minimum(hour * 3600 + minute * 60 + second, DAY)
    return seconds, [f"column {name!r} was read as {form}"]

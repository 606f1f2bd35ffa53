"""The parts of written times as numbers: years, months, days, clocks."""

from __future__ import annotations

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import row_name

from ._forms import MONTHS, Form
from ._moments import NoSuchTimeError

_MICRO = 10**6
_PIVOT = 69  # POSIX: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.


class Fields:
    """The groups of a form, for every row of a column."""

    def __init__(self, texts: dict[str, pl.Series], height: int) -> None:
        self._texts = {k: t for k, t in texts.items() if t.null_count() < height}
        self._height = height

    @classmethod
    def read(cls, clean: pl.Series, form: Form) -> Fields:
        """Return the groups of a column that the form reads."""
        return cls.of_pattern(clean, form.pattern)

    @classmethod
    def of_pattern(cls, clean: pl.Series, pattern: str) -> Fields:
        """Return the groups of any pattern with named ones."""
        found = clean.str.extract_groups(pattern).struct.unnest()
        return cls({name: found[name] for name in found.columns}, len(clean))

    def __contains__(self, name: str) -> bool:
        """Return whether any row has this part."""
        return name in self._texts

    def text(self, name: str) -> pl.Series:
        """Return a part as it was written, null where it is not."""
        if name in self._texts:
            return self._texts[name]
        return pl.Series(name, [None] * self._height, dtype=pl.String)

    def number(self, name: str, default: int) -> np.ndarray:
        """Return a part as whole numbers."""
        return self.text(name).cast(pl.Int64).fill_null(default).to_numpy()

    def renamed(self, names: dict[str, str]) -> Fields:
        """Return the same parts under other names."""
        texts = {names.get(name, name): text for name, text in self._texts.items()}
        return Fields(texts, self._height)


def years(fields: Fields) -> np.ndarray:
    """Return the years, those of two digits by the rule of POSIX."""
    if "yy" not in fields:
        return fields.number("y", 0)
    short = fields.number("yy", 0)
    full = np.where(short >= _PIVOT, 1900 + short, 2000 + short)
    return np.where(fields.text("y").is_null().to_numpy(), full, fields.number("y", 0))


def months(fields: Fields) -> np.ndarray:
    """Return the months, from numbers, names, quarters or halves."""
    if "b" in fields:
        names = fields.text("b").str.to_lowercase().str.slice(0, 3)
        code = {name: i + 1 for i, name in enumerate(MONTHS)}
        # Letters that only fold into those of a name make no month.
        number = names.replace_strict(code, default=0, return_dtype=pl.Int64)
        return number.to_numpy()
    if "q" in fields:
        return np.asarray(fields.number("q", 1) * 3 - 2)
    if "h" in fields:
        return np.asarray(fields.number("h", 1) * 6 - 5)
    return fields.number("m", 1)


def valid_days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return which of the dates exist."""
    inside = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    start = month_start(year, np.clip(month, 1, 12))
    length = ((start + 1).astype("M8[D]") - start.astype("M8[D]")).astype(np.int64)
    return np.asarray(inside & (day <= length))


def month_start(year: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Return datetime64[M] of years and months."""
    return np.asarray(((year - 1970) * 12 + month - 1).astype("M8[M]"))


def day_numbers(
    fields: Fields, clean: pl.Series, where: str, source: object
) -> tuple[np.ndarray, list[str]]:
    """Return days since 1970, and what is to be said about them."""
    year = years(fields)
    notes = _short_years(fields, year, clean, where)
    if "j" in fields or "w" in fields:
        days, wrong = _by_year(fields, year)
    else:
        month, day = months(fields), fields.number("d", 1)
        wrong = ~valid_days(year, month, day)
        start = month_start(year, np.clip(month, 1, 12))
        days = start.astype("M8[D]").astype(np.int64) + day - 1
        _months_or_quarters(fields, where)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise NoSuchTimeError(
            f"{where}, {row_name(at, source)}: {str(clean[at])[:40]!r} is not a time:"
            " there is no such day; write times as YYYY-MM-DD HH:MM:SS"
        )
    return days, notes


def _by_year(fields: Fields, year: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = month_start(year, np.ones_like(year)).astype("M8[D]").astype(np.int64)
    length = month_start(year + 1, np.ones_like(year)).astype("M8[D]")
    length = length.astype(np.int64) - first
    if "j" in fields:
        day = fields.number("j", 1)
        return first + day - 1, (day < 1) | (day > length) | (year < 1)
    # The week that holds 4 January is the first; weeks begin on Mondays.
    week, weekday = fields.number("w", 1), fields.number("u", 1)
    monday = first + 3 - (first + 3 + 3) % 7
    thursday = monday + (week - 1) * 7 + 3
    wrong = (week < 1) | (thursday >= first + length) | (year < 1)
    return monday + (week - 1) * 7 + weekday - 1, wrong


def _short_years(
    fields: Fields, year: np.ndarray, clean: pl.Series, where: str
) -> list[str]:
    if "yy" not in fields:
        return []
    alone = "b" in fields and "d" not in fields and len(year) > 1
    if alone and len(np.unique(months(fields))) == 1 and _within_a_month(fields):
        raise InputError(
            f"{where}: {clean[0]!r} may be a month of a year or a day of a month;"
            " write YYYY-MM or YYYY-MM-DD"
        )
    short = fields.number("yy", 0)
    if (short < _PIVOT).any() and (short >= _PIVOT).any():
        rising = (np.diff(short) >= 0).all() and not (np.diff(year) >= 0).all()
        if rising:
            raise InputError(
                f"{where}: years of two digits run from {short[0]:02d} to"
                f" {short[-1]:02d}, and 69 to 99 count as 1969 to 1999, 00 to 68 as"
                " 2000 to 2068; write years with four digits"
            )
    return [
        f"{where}: years of two digits were read as 1969 to 2068"
        f" ({str(clean[0])[:40]!r} lies in {year[0]})"
    ]


def _within_a_month(fields: Fields) -> bool:
    return bool((fields.number("yy", 0) <= 31).all())


def _months_or_quarters(fields: Fields, where: str) -> None:
    """Refuse 1990-1, 1990-2, 1990-3, 1990-4 and so on: quarters or months."""
    if "m" not in fields or "d" in fields:
        return
    text = fields.text("m")
    if len(text) > 4 and sorted(text.unique()) == ["1", "2", "3", "4"]:
        raise InputError(
            f"{where}: the numbers 1 to 4 after the years may be quarters or months;"
            " write 1990Q1 for a quarter or 1990-01 for a month"
        )


def clock_ticks(
    fields: Fields, clean: pl.Series, where: str, source: object
) -> np.ndarray:
    """Return microseconds since midnight; 24:00 is the end of the day."""
    hour = fields.number("H", 0) + fields.number("H2", 0)
    minute = fields.number("M", 0) + fields.number("M2", 0)
    seconds = fields.text("S2").str.slice(0, 2).cast(pl.Int64).fill_null(0).to_numpy()
    second = fields.number("S", 0) + seconds
    fraction = fields.text("f").fill_null(fields.text("f2")).fill_null("")
    nano = fraction.str.pad_end(9, "0").cast(pl.Int64).to_numpy()
    wrong = (hour > 24) | (minute > 59) | (second > 59)
    # A second is put in at the end of a few days; the clock then shows 60.
    leap = (hour == 23) & (minute == 59) & (second == 60)
    wrong &= ~leap
    wrong |= (hour == 24) & ((minute > 0) | (second > 0) | (nano > 0))
    if "ap" in fields:
        half = fields.text("ap").str.to_lowercase().str.slice(0, 1)
        given = half.is_not_null().to_numpy()
        wrong |= given & ((hour < 1) | (hour > 12))
        after = (half == "p").fill_null(False).to_numpy()
        hour = np.where(given, hour % 12 + 12 * after, hour)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise NoSuchTimeError(
            f"{where}, {row_name(at, source)}: {str(clean[at])[:40]!r} is not a time:"
            " no clock shows it; write times as YYYY-MM-DD HH:MM:SS"
        )
    fine = np.flatnonzero(nano % 1000)
    if len(fine):
        raise InputError(
            f"{where}, {row_name(int(fine[0]), source)}: the time"
            f" {str(clean[int(fine[0])])[:40]!r} has a fraction of a microsecond; round"
            " the times, or give '' as the time to count rows"
        )
    whole = (hour * 3600 + minute * 60 + second) * _MICRO
    return np.asarray(whole + nano // 1000)

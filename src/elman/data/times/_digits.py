"""Times written as bare numbers: compact dates, time since 1970, years, counts."""

from __future__ import annotations

import numpy as np

from elman._errors import InputError
from elman.data._columns import row_name

from ._digit_forms import (
    named_periods,
    period_of,
    refuse_ticks,
    short_years_with_clocks,
    year_last,
)
from ._fields import month_start, valid_days
from ._moments import Stamps, reduced

_EPOCHS = (
    # The numbers from 1973 on; smaller ones may count anything.
    ("seconds", 10**8, 10**11, 10**6),
    ("milliseconds", 10**11, 10**14, 10**3),
    ("microseconds", 10**14, 10**17, 1),
)
_NANO = 10**17
_TIME_NAMES = {
    *("time", "timestamp", "datetime", "date", "epoch", "unix", "unixtime", "ds", "ts"),
    *("period", "month", "quarter", "date_time", "yearmonth", "year_month"),
    *("datum", "zeit", "fecha", "jahr", "dates", "times"),
    *("monat", "mois", "mes", "mês", "mese", "maand"),
}
# What a column of plain counts is hardly called.
_DATED_NAMES = {"date", "datetime", "date_time", "timestamp", "unix", "unixtime"}
_SHEET = (20_000, 80_000)  # Days of a spreadsheet from 1954 to 2119.
_PARTS = 6  # Decimals of a count.


def called_time(name: str) -> bool:
    """Return whether a column is called as columns of times are."""
    return _plain(name) in _TIME_NAMES or "year" in name.lower()


def _plain(name: str) -> str:
    return name.strip("<> ").lower().replace(" ", "_")


def may_be_called_time(name: str) -> bool:
    """Return whether a name has a word for times in it, as sale_date has."""
    plain = name.strip().lower()
    return any(word in plain for word in ("date", "time", "stamp", "yyyy", "ymd"))


def whole_numbers(values: np.ndarray, name: str, where: str) -> Stamps:
    """Return what a column of whole numbers says about time."""
    compact = named_periods(values, name, where) or _compact(values, where)
    if compact is None and (called_time(name) or may_be_called_time(name)):
        compact = year_last(values, where) or short_years_with_clocks(values, where)
    if compact is None and called_time(name):
        compact = _short_dates(values, where)
    if compact is not None:
        return compact
    low, high = int(values.min()), int(values.max())
    largest = max(-low, high)
    named = called_time(name)
    for word, least, most, micro in _EPOCHS:
        # Far below zero lies the time before 1970; near it, anything may count.
        if (low >= least or (named and low <= -least)) and largest < most:
            note = f"column {name!r} was read as {word} since 1970 (UTC)"
            return Stamps(reduced(values * micro), [note])
    if low >= _NANO:
        refuse_ticks(values, where)
        if (values % 1000).any():
            raise InputError(
                f"{where}: nanoseconds since 1970 that are no whole microseconds are"
                " too fine; round the times, or give '' as the time to count rows"
            )
        note = f"column {name!r} was read as nanoseconds since 1970 (UTC)"
        return Stamps(reduced(values // 1000), [note])
    if _are_years(values, name):
        notes = []
        if "year" not in name.lower():
            notes.append(f"column {name!r} was read as years")
        return Stamps((values - 1970).astype("M8[Y]").astype("M8[s]"), notes)
    notes = []
    if named and low >= _SHEET[0] and high < _SHEET[1]:
        notes.append(f"column {name!r} {_as_sheet(low)}, but counts here; {_ADVICE}")
    elif _plain(name) in _DATED_NAMES:
        notes.append(f"column {name!r} holds no dates and counts; {_ADVICE}")
    elif _near_years(values):
        notes.append(
            f"column {name!r} was read as counts, not as years; call it 'year' to have"
            " a calendar"
        )
    return Stamps(values, notes)


_ADVICE = "write dates as YYYY-MM-DD to have a calendar"


def _as_sheet(number: float) -> str:
    day = np.datetime64("1899-12-30") + int(number)
    return f"may hold a spreadsheet's days ({number:.12g} would be {day})"


def _are_years(values: np.ndarray, name: str) -> bool:
    low, high = int(values.min()), int(values.max())
    if "year" in name.lower():
        return low >= 1000 and high <= 3000
    return called_time(name) and _near_years(values)


def _near_years(values: np.ndarray) -> bool:
    gaps = np.abs(np.diff(values))
    inside = int(values.min()) >= 1600 and int(values.max()) <= 2200
    return inside and len(values) > 1 and bool((gaps <= 10).all())


def _compact(values: np.ndarray, where: str) -> Stamps | None:
    """Read yyyymm, yyyyddd, yyyymmdd, yyyymmddhh, …mm and …ss."""
    low, high = int(values.min()), int(values.max())
    digits = len(str(high))
    if low <= 0 or len(str(low)) != digits or digits not in (6, 7, 8, 10, 12, 14):
        return None
    year = values // 10 ** (digits - 4)
    if year.min() < (1000 if digits == 8 else 1800) or year.max() > 2200:
        return None
    if digits == 6:
        return _year_months(values, year, where)
    if digits == 7:
        return _year_days(values, year, where)
    rest = values // 10 ** (digits - 8)
    month, day = rest // 100 % 100, rest % 100
    clock = values % 10 ** (digits - 8) * 10 ** (14 - digits)
    hour, minute, second = clock // 10000, clock // 100 % 100, clock % 100
    valid = valid_days(year, month, day) & (minute < 60) & (second < 60)
    if not (valid & (hour * 10000 + clock % 10000 <= 240000)).all():
        return None
    start = month_start(year, month).astype("M8[D]").astype("M8[s]")
    seconds = (day - 1) * 86400 + hour * 3600 + minute * 60 + second
    notes = []
    if digits > 8:
        form = "yyyymmddhhmmss"[:digits]
        notes.append(f"{where}: numbers such as {values[0]} were read as {form}")
    return Stamps(start + seconds.astype("m8[s]"), notes)


def _short_dates(values: np.ndarray, where: str) -> Stamps | None:
    """Read yymmdd where the days then rise."""
    if len(values) < 4 or values.min() < 10**5 or values.max() > 991231:
        return None
    short, month, day = values // 10000, values // 100 % 100, values % 100
    year = np.where(short >= 69, 1900 + short, 2000 + short)
    if not valid_days(year, month, day).all():
        return None
    days = month_start(year, month).astype("M8[D]") + (day - 1)
    gaps = np.diff(days).astype(np.int64)
    if (gaps <= 0).any() or np.median(gaps) > 31:
        return None
    note = (
        f"{where}: numbers such as {values[0]:06d} were read as yymmdd ({days[0]}),"
        " the years as 1969 to 2068"
    )
    return Stamps(days.astype("M8[s]"), [note])


def _year_months(values: np.ndarray, year: np.ndarray, where: str) -> Stamps | None:
    month = values % 100
    if ((month < 1) | (month > 12)).any():
        return None
    if len(values) > 4 and set(month) == {1, 2, 3, 4}:
        raise InputError(
            f"{where}: the numbers 01 to 04 after the years, as in {values[0]}, may be"
            " quarters or months; write 1990Q1 for a quarter or 1990-01 for a month"
        )
    months = month_start(year, month)
    short = values // 10000
    full = np.where(short >= 69, 1900 + short, 2000 + short)
    if valid_days(full, values // 100 % 100, values % 100).all() and len(values) > 1:
        days = month_start(full, values // 100 % 100).astype("M8[D]")
        other = days.astype(np.int64) + values % 100
        if _steady(other) and not (_steady(months.astype(np.int64)) and len(other) > 9):
            raise InputError(
                f"{where}: {values[0]} may be read as yyyymm or as yymmdd; write"
                " YYYY-MM or YYYY-MM-DD"
            )
    note = f"{where}: numbers such as {values[0]} were read as yyyymm"
    return Stamps(months.astype("M8[s]"), [note])


def _year_days(values: np.ndarray, year: np.ndarray, where: str) -> Stamps | None:
    day = values % 1000
    first = month_start(year, np.ones_like(year)).astype("M8[D]")
    after = month_start(year + 1, np.ones_like(year)).astype("M8[D]")
    if ((day < 1) | (day > (after - first).astype(np.int64))).any():
        return None
    note = f"{where}: numbers such as {values[0]} were read as yyyyddd"
    return Stamps((first + (day - 1)).astype("M8[s]"), [note])


def _steady(numbers: np.ndarray) -> bool:
    gaps = np.diff(numbers)
    return bool((gaps == gaps[0]).all() and gaps[0] > 0)


def decimals(values: np.ndarray, name: str, where: str, source: object) -> Stamps:
    """Return what a column of numbers with decimals says about time.

    Raises
    ------
    InputError
        A time is infinite, or the decimals tell of no even parts.
    """
    off = np.flatnonzero(~np.isfinite(values) | (np.abs(values) > 2**53))
    if len(off):
        raise InputError(
            f"{where}, {row_name(int(off[0]), source)}: the time {values[off[0]]} is"
            " not a number that can count; correct it, or give '' as the time to"
            " count rows"
        )
    if (values == np.round(values)).all():
        return whole_numbers(values.astype(np.int64), name, where)
    by_year = _year_fractions(values, name) or _months_first(values, name)
    if by_year is not None:
        return by_year
    low, high = float(values.min()), float(values.max())
    far = called_time(name) and low < 0
    for word, least, most, micro in _EPOCHS:
        if (-low if far else low) >= least and max(-low, high) < most:
            note = f"column {name!r} was read as {word} since 1970 (UTC)"
            # A float64 is exact to about a microsecond there.
            fine = np.round(values * micro).astype(np.int64)
            coarse = np.round(fine / 1000).astype(np.int64) * 1000
            near = np.abs(coarse - fine).max() <= 2
            return Stamps(reduced(coarse if near else fine), [note])
    parts = _parts(values)
    if parts is not None and _may_be_quarters(values):
        if period_of(name) == "quarter":
            whole = np.round(values * 10).astype(np.int64)
            found = named_periods(whole, name, where)
            if found is not None:
                return found
        raise InputError(
            f"{where}: {values[0]:.12g} may be a year and a quarter; write 1990Q1, or"
            " give '' as the time to count rows"
        )
    if parts is not None:
        notes = []
        if called_time(name) and low >= _SHEET[0] and high < _SHEET[1]:
            notes = [f"column {name!r} {_as_sheet(low)}, but counts here; {_ADVICE}"]
        return Stamps(parts[0], notes, per=parts[1])
    at = int(np.flatnonzero(values != np.round(values))[0])
    hint = ""
    if low >= _SHEET[0] and high < _SHEET[1]:
        hint = f" (the column {_as_sheet(low)}; {_ADVICE})"
    raise InputError(
        f"{where}, {row_name(at, source)}: the time {values[at]} is"
        f" not a whole number{hint}; round the times, or give '' as the time to count"
        " rows"
    )


def _may_be_quarters(values: np.ndarray) -> bool:
    """Return whether the numbers are 1990.1, .2, .3, .4, 1991.1 …."""
    year = np.floor(values + 1e-9)
    tenths = np.round((values - year) * 10)
    inside = values.min() >= 1600 and values.max() <= 2200 and len(values) > 4
    exact = bool(np.abs((values - year) * 10 - tenths).max() < 1e-6)
    return inside and exact and set(tenths) <= {1.0, 2.0, 3.0, 4.0}


def _parts(values: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Return the numbers as whole parts of a count, and how many make one."""
    for digits in range(1, _PARTS + 1):
        per = 10**digits
        ticks = np.round(values * per)
        if np.abs(ticks).max() < 2**53 and np.abs(values * per - ticks).max() < 1e-4:
            return ticks.astype(np.int64), per
    size = float(np.median(np.diff(values))) if len(values) > 1 else 0.0
    per = round(1 / size) if 1e-6 < size < 1 else 0
    # Only parts that decimals write exactly, such as 1/256, have a name.
    if per and 10**12 % per == 0 and np.abs(values).max() * per < 2**53:
        ticks = np.round(values * per)
        if np.abs(values * per - ticks).max() < 1e-4:
            return ticks.astype(np.int64), per
    return None


def fractions_are_dates(values: np.ndarray) -> bool:
    """Return whether numbers are years and months, whatever their column is called."""
    if not np.isfinite(values).all():
        return False
    return bool(_year_fractions(values, "") or _months_first(values, ""))


def _year_fractions(values: np.ndarray, name: str) -> Stamps | None:
    """Read 1980.01, 1980.02 … as months, and 1980.083 or 1980.25 as parts of years.

    Only in order, and with gaps only where there are many: a price of 1980.25
    is no time.
    """
    if len(values) < 4 or not (np.diff(values) > 0).all():
        return None
    if values.min() < 1600 or values.max() > 2200:
        return None
    year = np.floor(values + 1e-9).astype(np.int64)
    hundredths = np.round((values - year) * 100)
    exact = np.abs((values - year) * 100 - hundredths).max() < 1e-6
    if exact and hundredths.min() >= 1 and hundredths.max() <= 12:
        months = year * 12 + hundredths.astype(np.int64) - 1
        how = "year.month"
    else:
        months = np.round(values * 12).astype(np.int64)
        if np.abs(values * 12 - months).max() > 0.07:
            return None
        how = "years and their parts"
    gaps = np.diff(months)
    even = (gaps == gaps[0]).all() and gaps[0] in (1, 2, 3, 4, 6)
    if not even and (len(months) <= 12 or gaps.min() < 1 or np.median(gaps) > 6):
        return None
    stamps = (months - 1970 * 12).astype("M8[M]").astype("M8[s]")
    return Stamps(stamps, [f"column {name!r} was read as {how}"])


def _months_first(values: np.ndarray, name: str) -> Stamps | None:
    """Read 1.198, 2.198 …, which were written 01.1980, 02.1980 …."""
    month = np.floor(values)
    year = np.round((values - month) * 10**4)
    exact = np.abs((values - month) * 10**4 - year).max() < 1e-6
    if len(values) < 4 or not exact or year.min() < 1500 or year.max() > 2200:
        return None
    months = (year * 12 + month - 1).astype(np.int64)
    if month.min() < 1 or month.max() > 12 or (np.diff(months) < 1).any():
        return None
    stamps = (months - 1970 * 12).astype("M8[M]").astype("M8[s]")
    return Stamps(stamps, [f"column {name!r} was read as month.year"])


def dates_in_digits(values: np.ndarray) -> bool:
    """Return whether numbers are dates and rise, whatever their column is called.

    Six and seven digits count as dates only in columns called so: they number
    many other things.
    """
    if len(values) < 4 or values.min() < 10**7 or (np.diff(values) < 0).any():
        return False
    if _compact(values, "") is not None:
        return True
    # Whole minutes since 1970, from 2001 to 2033.
    for per in (1, 1000):
        inside = values.min() >= 10**9 * per and values.max() < 2 * 10**9 * per
        if inside and not (np.diff(values) % (60 * per)).any():
            return bool((np.diff(values) > 0).all())
    return False

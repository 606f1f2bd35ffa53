"""Times as people write them, as seconds since 1970 or plain counts."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from elman._errors import InputError

from ._columns import place, row_name

# Tried in order on whole columns; the first that reads every value is taken.
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y")
_DATES_EXTRA = ("%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y")
_DAY_FIRST, _MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"
_CLOCKS = ("", " %H:%M:%S%.f", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_CLOCKS_EXTRA = (" %H.%M.%S", " %H%M%S", " %H")
_OFFSET = r"(Z|[+-]\d{2}:?\d{2})$"
_SLASHED = re.compile(r"^\d{1,2}/\d{1,2}/\d{4}")
_EARLIEST_EPOCH = 10**8  # 1973: smaller whole numbers are counts, not seconds.
_LARGEST_SECONDS = 10**11  # Above this a number of seconds is one of milliseconds.


@dataclass(frozen=True)
class Stamps:
    """A column of times read.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (rows,), datetime64[s] or int64.
    notes : list of str
        What was decided on the way.
    """

    values: np.ndarray
    notes: list[str] = field(default_factory=list)


def parse_stamps(
    series: pl.Series,
    source: object = None,
) -> Stamps:
    """Read one column of times.

    Dates and date times (ISO 8601, with dots, slashes or month names, with a
    zone), quarters (2001Q3), months (2001-03), eight-digit days, seconds or
    milliseconds since 1970, years in a column named so, or whole numbers that
    count.

    Raises
    ------
    InputError
        A time is missing or cannot be read (the row is named), or day and
        month cannot be told apart.
    """
    where = f"{place(source)}column {series.name!r}"
    missing = series.is_null()
    if missing.any():
        first = missing.arg_true()
        raise InputError(
            f"{where}, {row_name(int(first[0]), source)}: the time is missing"
            f" ({len(first)} in all); fill it in or delete the row"
        )
    if series.dtype in (pl.Date, pl.Datetime):
        return _native(series, where, source)
    if series.dtype.is_integer():
        return _whole_numbers(series.cast(pl.Int64).to_numpy(), series.name)
    if series.dtype.is_float():
        return _floats(series, where, source)
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        return _text(series.cast(pl.String), where, source)
    raise InputError(f"{where} holds {series.dtype} values, not times")


def looks_like_time(series: pl.Series) -> bool:
    """Return whether a column holds dates or times beyond doubt."""
    if series.dtype in (pl.Date, pl.Datetime):
        return True
    if series.dtype != pl.String:
        return False
    sample = series.drop_nulls().head(20)
    try:
        return len(sample) > 0 and len(_text(sample, "", None).values) > 0
    except InputError as error:
        return "day and month" in str(error)


def _native(series: pl.Series, where: str, source: object) -> Stamps:
    notes = []
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone not in (
        None,
        "UTC",
    ):
        notes.append(f"times in {series.dtype.time_zone} were converted to UTC")
        series = series.dt.convert_time_zone("UTC")
    values = series.cast(pl.Datetime("us")).to_numpy()
    return Stamps(_whole_seconds(values, where, source), notes)


def _whole_seconds(values: np.ndarray, where: str, source: object) -> np.ndarray:
    seconds = values.astype("datetime64[s]")
    off = np.flatnonzero(seconds != values)
    if len(off):
        raise InputError(
            f"{where}, {row_name(int(off[0]), source)}: the time {values[off[0]]} has a"
            " fraction of a second, and a step is a whole number of seconds; round"
            " the times, or give '' as the time to count rows"
        )
    return np.asarray(seconds)


def _whole_numbers(values: np.ndarray, name: str) -> Stamps:
    low, high = int(values.min()), int(values.max())
    if low >= 19000101 and high <= 22001231:
        text = pl.Series(values).cast(pl.String)
        days = text.str.to_date("%Y%m%d", strict=False)
        if not days.has_nulls():
            return Stamps(days.cast(pl.Datetime("us")).to_numpy().astype("M8[s]"))
    if low >= 1000 and high <= 3000 and "year" in name.lower():
        return Stamps((values - 1970).astype("M8[Y]").astype("M8[s]"))
    if low >= _EARLIEST_EPOCH and high < _LARGEST_SECONDS:
        note = f"column {name!r} was read as seconds since 1970 (UTC)"
        return Stamps(values.astype("M8[s]"), [note])
    if low >= _LARGEST_SECONDS and high < _LARGEST_SECONDS * 1000:
        note = f"column {name!r} was read as milliseconds since 1970 (UTC)"
        return Stamps((values // 1000).astype("M8[s]"), [note])
    return Stamps(values.astype(np.int64))


def _floats(series: pl.Series, where: str, source: object) -> Stamps:
    values = series.cast(pl.Float64).to_numpy()
    off = np.flatnonzero(
        ~np.isfinite(values) | (np.abs(values) > 2**53) | (values != np.round(values))
    )
    if len(off):
        raise InputError(
            f"{where}, {row_name(int(off[0]), source)}: the time {values[off[0]]} is"
            " not a whole number; round the times, or give '' as the time to count rows"
        )
    return _whole_numbers(values.astype(np.int64), series.name)


def _text(series: pl.Series, where: str, source: object) -> Stamps:
    clean = series.str.strip_chars().str.replace(r"^(\d{4}-\d{2}-\d{2})T", "$1 ")
    notes: list[str] = []
    offsets = clean.str.contains(r":\d{2}(\.\d+)? ?" + _OFFSET)
    shift = np.zeros(len(clean), dtype="m8[s]")
    if offsets.any():
        if not offsets.all():
            first = int((~offsets).arg_true()[0])
            raise InputError(
                f"{where}, {row_name(first, source)}: this time has no zone while"
                " others have one; write all of them with or without"
            )
        shift = _offset_seconds(clean)
        if shift.any():
            notes.append("times were converted to UTC")
        clean = clean.str.replace(r" ?" + _OFFSET, "")
    if bool(clean.str.contains(_SLASHED.pattern).all()):
        values = _slashed(clean, where, source)
    else:
        found = _parse(clean, (*_DATES, *_DATES_EXTRA))
        if found is None:
            found = _periods(clean)
        if found is None:
            raise InputError(_unreadable(clean, where, source))
        values = found
    return Stamps(_whole_seconds(values, where, source) - shift, notes)


def _offset_seconds(clean: pl.Series) -> np.ndarray:
    offset = clean.str.extract(_OFFSET, 1).str.replace("Z", "+0000", literal=True)
    sign = offset.str.slice(0, 1).replace_strict({"+": 1, "-": -1})
    digits = offset.str.replace_all(r"\D", "")
    hours = digits.str.slice(0, 2).cast(pl.Int64)
    minutes = digits.str.slice(2, 2).cast(pl.Int64)
    seconds: pl.Series = sign * (hours * 3600 + minutes * 60)
    return seconds.to_numpy().astype("m8[s]")


def _parse(series: pl.Series, dates: tuple[str, ...]) -> np.ndarray | None:
    """Return the times by the first pattern that reads every value, or None."""
    probe = series.head(50)
    for date in dates:
        for clock in (*_CLOCKS, *_CLOCKS_EXTRA):
            if _strptime(probe, date, clock).has_nulls():
                continue
            whole = _strptime(series, date, clock)
            if not whole.has_nulls():
                return whole.to_numpy()
    return None


def _strptime(series: pl.Series, date: str, clock: str) -> pl.Series:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if not clock:
                days = series.str.to_date(date, strict=False)
                return days.cast(pl.Datetime("us"))
            if clock == " %H":
                # No parser accepts an hour alone: give it its minutes.
                series, clock = series + ":00", " %H:%M"
            return series.str.to_datetime(date + clock, strict=False, time_unit="us")
        except pl.exceptions.PolarsError:
            return pl.Series([None] * len(series), dtype=pl.Datetime("us"))


def _slashed(series: pl.Series, where: str, source: object) -> np.ndarray:
    """Tell day/month from month/day by the values that allow only one of them."""
    day_first = _parse(series, (_DAY_FIRST,))
    month_first = _parse(series, (_MONTH_FIRST,))
    if day_first is None and month_first is None:
        raise InputError(_unreadable(series, where, source))
    if day_first is None or month_first is None:
        found = day_first if day_first is not None else month_first
        assert found is not None  # noqa: S101 - for the type checker
        return found
    if np.array_equal(day_first, month_first):
        return day_first
    raise InputError(
        f"{where}, {row_name(0, source)}: in {series[0]!r} day and month cannot be told"
        " apart; write the dates as YYYY-MM-DD"
    )


def _periods(series: pl.Series) -> np.ndarray | None:
    """Read months (2001-03, 2001M03) and quarters (2001Q3, 2001-Q3)."""
    year = series.str.extract(r"^(\d{4})", 1).cast(pl.Int64, strict=False)
    month = series.str.extract(r"^\d{4}[-/ ]?M?(\d{1,2})$", 1)
    quarter = series.str.extract(r"^\d{4}[-/ ]?Q([1-4])$", 1)
    if not month.has_nulls():
        number = month.cast(pl.Int64)
    elif not quarter.has_nulls():
        number = quarter.cast(pl.Int64) * 3 - 2
    else:
        return None
    if year.has_nulls() or not number.is_between(1, 12).all():
        return None
    months = (year.to_numpy() - 1970) * 12 + number.to_numpy() - 1
    return months.astype("M8[M]").astype("M8[us]")


def _unreadable(series: pl.Series, where: str, source: object) -> str:
    """Name the first value that the pattern of most values does not read."""
    best: pl.Series | None = None
    for date in (*_DATES, *_DATES_EXTRA, _DAY_FIRST, _MONTH_FIRST):
        for clock in (*_CLOCKS, *_CLOCKS_EXTRA):
            trial = _strptime(series, date, clock)
            if best is None or trial.null_count() < best.null_count():
                best = trial
    bad = 0 if best is None else int(best.is_null().arg_true()[0])
    return (
        f"{where}, {row_name(bad, source)}: {str(series[bad])[:40]!r} is not a time;"
        " write times as YYYY-MM-DD HH:MM:SS"
    )

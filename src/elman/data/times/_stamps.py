"""Times as people write them, as moments or plain counts."""

from __future__ import annotations

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, row_name

from ._digits import decimals, whole_numbers
from ._moments import NoSuchTimeError, Stamps, reduced
from ._text import read_text, reads_as_time

_SAMPLE = 50
_TEXT = (pl.String, pl.Categorical, pl.Enum)
_DIGITS = r"^\d+$"


def parse_stamps(series: pl.Series, source: object = None) -> Stamps:
    """Read one column of times.

    Dates and date times in the forms of `_forms`, with a clock and a zone or
    without; bare digits (20240301, 2024030112, 202403); seconds to
    nanoseconds since 1970; years in a column named so; or numbers that count.

    Raises
    ------
    InputError
        A time is missing or cannot be read (the row is named), or day and
        month cannot be told apart.
    """
    where = f"{place(source)}column {series.name!r}"
    missing = series.is_null()
    if series.dtype.is_float():
        missing |= series.is_nan()
    if missing.any():
        first = missing.arg_true()
        raise InputError(
            f"{where}, {row_name(int(first[0]), source)}: the time is missing"
            f" ({len(first)} in all); fill it in or delete the row"
        )
    if series.dtype in (pl.Date, pl.Datetime):
        return _native(series, where, source)
    if series.dtype == pl.Duration:
        micro = series.cast(pl.Duration("us")).cast(pl.Int64).to_numpy() / 1e6
        return decimals(micro, series.name, where, source)
    if series.dtype.is_integer():
        numbers = series.cast(pl.Int64, strict=False)
        if numbers.has_nulls():
            at = int(numbers.is_null().arg_true()[0])
            raise InputError(
                f"{where}, {row_name(at, source)}: {series[at]} is too large for a time"
            )
        return whole_numbers(numbers.to_numpy(), series.name, where)
    if series.dtype.is_float():
        values = series.cast(pl.Float64).to_numpy()
        return decimals(values, series.name, where, source)
    if series.dtype in _TEXT:
        return _text(series.cast(pl.String), where, source)
    raise InputError(f"{where} holds {series.dtype} values, not times")


def looks_like_time(series: pl.Series) -> bool:
    """Return whether a column holds dates or times beyond doubt."""
    if series.dtype in (pl.Date, pl.Datetime):
        return True
    if series.dtype not in _TEXT:
        return False
    sample = series.drop_nulls().head(_SAMPLE).cast(pl.String)
    if not len(sample) or sample.str.contains(_DIGITS).all():
        return False
    if not reads_as_time(sample):
        return False
    try:
        read_text(sample, "", None)
    except NoSuchTimeError:
        return False
    except InputError:
        # A form that is known, whatever is wrong with it.
        return True
    return True


def _native(series: pl.Series, where: str, source: object) -> Stamps:
    if series.dtype == pl.Date:
        return Stamps(series.to_numpy().astype("M8[s]"))
    zone = getattr(series.dtype, "time_zone", None)
    local = None
    if zone not in (None, "UTC"):
        local = _micro(series.dt.replace_time_zone(None), where, source)
        series = series.dt.convert_time_zone("UTC")
    values = _micro(series.dt.replace_time_zone(None), where, source)
    if local is None:
        return Stamps(reduced(values))
    return Stamps(reduced(values), local=reduced(local), zone=str(zone))


def _micro(series: pl.Series, where: str, source: object) -> np.ndarray:
    exact = series.to_numpy()
    micro = exact.astype("M8[us]")
    fine = np.flatnonzero(micro != exact)
    if len(fine):
        raise InputError(
            f"{where}, {row_name(int(fine[0]), source)}: the time {exact[fine[0]]} has"
            " a fraction of a microsecond; round the times, or give '' as the time to"
            " count rows"
        )
    return np.asarray(micro.astype(np.int64))


def _text(series: pl.Series, where: str, source: object) -> Stamps:
    if series.str.strip_chars().str.contains(_DIGITS).all():
        numbers = series.str.strip_chars().cast(pl.Int64, strict=False)
        if not numbers.has_nulls():
            return whole_numbers(numbers.to_numpy(), series.name, where)
    found = read_text(series, where, source)
    if found.offset is None or not found.offset.any():
        return Stamps(reduced(found.local), found.notes)
    utc = reduced(found.local - found.offset)
    return Stamps(utc, found.notes, reduced(found.local), "the zone written")

"""What stands out among the numbers of a column: values that may stand for missing."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import polars as pl

_NINES = re.compile(r"^-?(9{3,}(\.9+|\.0)?|99\.9+)$")
# The fill values of netCDF, HDF and statistics programs, and the ends of whole numbers.
_FILLS: tuple[float, ...] = (
    1e20,
    1e30,
    1e36,
    9.969209968386869e36,
    3.4028234663852886e38,
    8.99e307,
)
_FILLS += (32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0, 4294967295.0)
# How far outside a value must be, in ranges of the other values.
_FAR, _FAR_FOR_KNOWN = 3.0, 0.5
_FEWEST = 5
_EXACT = 2**53
# A number with a unit behind it, or one of base 16.
_STARTS_WITH_NUMBER = r"^[^\pL\d]{0,3}\d[\d.,' ]*[^\d\s:/-]{1,8}\d?$|^0[xX][\da-fA-F]+$"


def suspects(values: np.ndarray) -> list[tuple[float, int]]:
    """Return values that are repeated, alone and far outside, and how often.

    A value counts where it is the lowest or highest, comes more than once, and its
    distance from all others is several times their range. For values that programs
    write for missing ones (-999, 1e20) half the range is enough, or one occurrence.

    Parameters
    ----------
    values : ndarray
        Numbers; NaN is missing.
    """
    flat = values[~np.isnan(values)] if values.dtype.kind == "f" else values.ravel()
    found: list[tuple[float, int]] = []
    for _ in range(4):
        more = _outermost(flat)
        if not more:
            break
        found += more
        flat = flat[~np.isin(flat, [value for value, _ in more])]
    return found


def _outermost(values: np.ndarray) -> list[tuple[float, int]]:
    if len(values) < _FEWEST:
        return []
    low, high = float(values.min()), float(values.max())
    if low == high:
        return []
    ends = {end: int((values == end).sum()) for end in (low, high)}
    ends = {e: n for e, n in ends.items() if n > 1 or _is_known(e)}
    if not ends:
        return []
    rest = values[~np.isin(values, list(ends))]
    if len(rest) < 3:
        return []
    bottom, top = float(rest.min()), float(rest.max())
    spread = top - bottom
    # A switch is 0 or 1; of fewer than three values none is outside.
    if spread <= 0 or not ((rest > bottom) & (rest < top)).any():
        return []
    found = []
    for end, count in ends.items():
        gap = bottom - end if end < bottom else end - top
        known = _is_known(end)
        far = _FAR_FOR_KNOWN if known and count > 1 else _FAR
        if gap > far * spread:
            found.append((end, count))
    return found


def _is_known(value: float) -> bool:
    return bool(
        _NINES.match(f"{value:.6f}".rstrip("0").rstrip("."))
        or np.isclose(abs(value), _FILLS, rtol=1e-6, atol=0).any()
    )


def suspect_notes(
    columns: Iterable[tuple[str, np.ndarray]], where: str, remedy: str
) -> list[str]:
    """Return one line for each value that looks like one for missing.

    Parameters
    ----------
    columns : pairs of name and ndarray
    where : str
        The file with a colon, or nothing.
    remedy : str
        How to say what is missing.
    """
    notes = []
    for name, values in columns:
        for value, count in suspects(values):
            shown = written(value)
            times = "once" if count == 1 else f"{count:,} times"
            notes.append(
                f"{where}{name}: {shown} stands there {times}, far from all other"
                f" values, and was taken for a measurement; if it means missing, "
                + remedy.format(value=shown)
            )
    return notes


def is_suspect_note(note: str) -> bool:
    """Return whether a note is one of `suspect_notes`."""
    return "if it means missing, " in note


def written(value: float) -> str:
    """Return a number as short as it can be said."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def column_notes(frame: pl.DataFrame, names: Iterable[str], source: str) -> list[str]:
    """Return what to know about the values of these columns.

    Values that may stand for missing ones, whole numbers that a float cannot hold,
    and texts that are numbers with something beside them.

    Parameters
    ----------
    frame : DataFrame
    names : iterable of str
    source : str
        The file to name, or nothing.
    """
    where = f"{source}, " if source else ""
    notes: list[str] = []
    for name in names:
        series = frame[name]
        at = f"column {name!r}"
        if series.dtype.is_numeric():
            notes += _large(series, f"{where}{at}")
            values = series.drop_nulls().cast(pl.Float64).to_numpy()
            notes += suspect_notes([(at, values)], where, REMEDY)
        elif series.dtype == pl.String:
            notes += _nearly_numbers(series, f"{where}{at}")
    return notes


REMEDY = "name it: missing={value}, or --missing {value}"


def _large(series: pl.Series, at: str) -> list[str]:
    if series.null_count() == len(series):
        return []
    low, high = series.min(), series.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return []
    if max(-low, high) <= _EXACT:
        return []
    return [
        f"{at}: whole numbers beyond 2^53 were rounded to 16 digits; subtract what"
        " they have in common, or leave the column out if it is an id"
    ]


def _nearly_numbers(series: pl.Series, at: str) -> list[str]:
    text = series.drop_nulls()
    if not len(text):
        return []
    numbers = text.cast(pl.Float64, strict=False).is_not_null()
    share = float(numbers.sum()) / len(text)
    if share >= 0.1:
        odd = text.filter(~numbers)
        if not len(odd):
            return []
        return [
            f"{at}: {int(numbers.sum()):,} of {len(text):,} values are numbers, others"
            f" text such as {odd[0][:20]!r}; all were read as words. If such a text"
            " means missing, name it: missing= or --missing"
        ]
    begin = text.str.contains(_STARTS_WITH_NUMBER)
    if begin.sum() > 0.5 * len(text):
        return [
            f"{at}: values such as {text.filter(begin)[0][:20]!r} were read as words,"
            " not as numbers; write plain numbers if they are amounts"
        ]
    return []

"""Dates of three numbers: which is the day, by what the whole column allows."""

from __future__ import annotations

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import row_name

from ._fields import Fields, months, valid_days, years
from ._forms import Form
from ._moments import NoSuchTimeError

_WORDS = {
    "dm": "day/month/year",
    "md": "month/day/year",
    "ym": "year/month/day",
}


def sort_out(
    fields: Fields, form: Form, clean: pl.Series, where: str, source: object
) -> tuple[Fields, list[str]]:
    """Return the fields with day, month and year named.

    Readings under which a date does not exist are dropped. Of several, the one
    is taken under which alone the times do not run backwards, or under which
    alone they are evenly apart, and a note says so. Between dots the day comes
    first.

    Raises
    ------
    InputError
        No reading, or several and nothing decides.
    """
    if "c" in form.groups:
        readings = {
            "dm": {"a": "d", "e": "m", "c": "yy"},
            "md": {"a": "m", "e": "d", "c": "yy"},
            "ym": {"a": "yy", "e": "m", "c": "d"},
        }
    else:
        readings = {"dm": {"a": "d", "e": "m"}, "md": {"a": "m", "e": "d"}}
    named = {key: fields.renamed(names) for key, names in readings.items()}
    days, wrong = {}, {}
    for key, found in named.items():
        year, month, day = years(found), months(found), found.number("d", 1)
        good = valid_days(year, month, day)
        wrong[key] = np.flatnonzero(~good)
        days[key] = year * 10000 + month * 100 + day
    open_ = [key for key in named if not len(wrong[key])]
    if not open_:
        # The reading that goes farthest, so that the row named is the odd one.
        key = max(named, key=lambda k: int(wrong[k][0]))
        at = int(wrong[key][0])
        raise NoSuchTimeError(
            f"{where}, {row_name(at, source)}: {str(clean[at])[:40]!r} is not a time as"
            f" {_WORDS[key]}, nor any other way round; write dates as YYYY-MM-DD"
        )
    first = open_[0]
    if all(np.array_equal(days[key], days[first]) for key in open_):
        return named[first], []
    for test in (runs_forward, is_even):
        left = [key for key in open_ if test(days[key])]
        if len(left) == 1:
            rest = " or ".join(_WORDS[key] for key in open_ if key != left[0])
            note = (
                f"{where}: dates such as {str(clean[0])[:40]!r} were read as"
                f" {_WORDS[left[0]]}, as read as {rest} they would be out of order"
                " or uneven"
            )
            return named[left[0]], [note]
        open_ = left or open_
    if form.dotted and "dm" in open_:
        note = f"{where}: dates such as {str(clean[0])[:40]!r} have the day first"
        return named["dm"], [note]
    both = " or ".join(_WORDS[key] for key in open_)
    raise InputError(
        f"{where}, {row_name(0, source)}: in {str(clean[0])[:40]!r} day and month"
        f" cannot be told apart ({both}); write the dates as YYYY-MM-DD"
    )


def runs_forward(days: np.ndarray) -> bool:
    return bool((np.diff(days) >= 0).all())


def is_even(days: np.ndarray) -> bool:
    """Return whether the different days are evenly apart, in days or months."""
    several = np.unique(days)
    if len(several) < 3:
        return True
    month = several // 10000 * 12 + several // 100 % 100
    gaps = np.diff(month)
    if (gaps == gaps[0]).all() and len(np.unique(several % 100)) == 1:
        return True
    start = (month - 1 - 1970 * 12).astype("M8[M]").astype("M8[D]").astype(np.int64)
    gaps = np.diff(start + several % 100)
    return bool((gaps == gaps[0]).all())

"""Times written as the file wrote them, where one form reproduces every row."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl

_MONTHS = (
    *("%Y-%m", "%Y/%m", "%Y.%m", "%m/%Y", "%m.%Y", "%m-%Y", "%YM%m", "%Y-M%m", "%Y%m"),
    *("%b %Y", "%B %Y", "%Y %b", "%Y %B", "%b-%Y", "%Y-%b", "%b-%y", "%b %y"),
    *("%YQ%q", "%Y-Q%q", "%Y Q%q", "Q%q %Y", "Q%q-%Y", "%Y"),
)
_DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"),
    *(
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%d.%m.%y",
        "%d/%m/%y",
        "%m/%d/%y",
        "%d-%m-%y",
        "%y-%m-%d",
    ),
    *("%-d.%-m.%Y", "%-d/%-m/%Y", "%-m/%-d/%Y", "%-d.%-m.%y", "%-d/%-m/%y"),
    *("%-m/%-d/%y", "%Y/%-m/%-d", "%Y-%-m-%-d"),
    *("%d %b %Y", "%-d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y"),
)
_CLOCKS = (
    *("%H:%M", "%H:%M:%S", "%H:%M:%S%.3f", "%H:%M:%S%.6f", "%-H:%M", "%-H:%M:%S"),
    *("%I:%M %p", "%-I:%M %p", "%I:%M:%S %p", "%-I:%M:%S %p", "%H%M%S"),
)
_FORMS = (
    *_DAYS,
    *_MONTHS,
    *("%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"),
    *(day + between + clock for day, between, clock in product(_DAYS, " T", _CLOCKS)),
)
_SAMPLE = 24


def form_of(column: pl.Series, times: np.ndarray) -> str:
    """Return the form in which a column writes its times, "" where there is none.

    Parameters
    ----------
    column : polars.Series
        As it was read.
    times : numpy.ndarray
        (rows,), datetime64: what its rows were read as.
    """
    if column.dtype == pl.Date:
        return "%Y-%m-%d"
    if (
        column.dtype not in (pl.String, pl.Categorical)
        and not column.dtype.is_integer()
    ):
        return ""
    text = column.cast(pl.String)
    few = np.unique(np.linspace(0, len(times) - 1, _SAMPLE).astype(np.int64))
    for form in _FORMS:
        if written(times[few], form).equals(text.gather(few)) and written(
            times, form
        ).equals(text):
            return form
    return ""


def written(times: np.ndarray, form: str) -> pl.Series:
    """Return times as texts.

    Parameters
    ----------
    times : ndarray
        (rows,), datetime64.
    form : str
        As `TimeAxis.form` has it: strftime's words, and %q for the quarter.
    """
    moments = pl.Series(times.astype("M8[us]"))
    before, quarter, after = form.partition("%q")
    texts = moments.dt.strftime(before)
    if not quarter:
        return texts
    numbers = moments.dt.quarter().cast(pl.String)
    return texts + numbers + (moments.dt.strftime(after) if after else "")

"""Columns that look like times and are not read: named, never passed over."""

from __future__ import annotations

import polars as pl

from ._columns import place
from ._stamps import parse_stamps

_SAMPLE = 200
_CERTAIN = ("date", "time", "timestamp", "datetime", "date_time", "ds", "utc")
_WORDS = ("date", "time", "stamp", "period", "datum", "fecha", "zeit", "year")
_MONTH = r"(?i)(?:^|[^a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# Two numbers with a sign between at the beginning, or a day, a word and a year.
_NUMBERS = r"(?i)^(?:[a-z]{3,9}\.?,? )?\d{1,4}[-/.:_年]\d{1,2}(?:\D|$)"
_WORDED = r"(?:^|\D)\d{1,2}\D{1,14}(?:1[5-9]|20|21)\d\d(?:\D|$)"
_MOST = 0.8


def check_unread(frame: pl.DataFrame, source: object) -> list[str]:
    """Return a note for each column that looks like times, where none was found.

    Raises
    ------
    InputError
        The column is called ``date``, ``time`` or the like and holds digits.
    """
    notes = []
    for name in frame.columns:
        series = frame[name]
        if series.dtype not in (pl.String, pl.Categorical, pl.Enum):
            continue
        text = series.cast(pl.String).drop_nulls().head(_SAMPLE)
        if not len(text):
            continue
        plain = name.strip().lower().replace(" ", "_")
        digits = float(text.str.contains(r"\d").sum()) / len(text)
        if plain in _CERTAIN and digits >= _MOST:
            parse_stamps(series, source)
        shaped = text.str.contains(_NUMBERS) | text.str.contains(_WORDED)
        shaped |= text.str.contains(_MONTH) & text.str.contains(r"\d")
        varied = text.n_unique() > len(text) / 2
        called = any(word in plain for word in _WORDS) and digits > 0
        if called or (varied and float(shaped.sum()) >= _MOST * len(text)):
            notes.append(
                f"{place(source)}column {name!r} ({text[0][:30]!r}, …) looks like times"
                " that are not read, and the rows were counted; write it as"
                f" YYYY-MM-DD HH:MM:SS and name it as the time ({_option(name)}), or"
                " give '' as the time"
            )
    return notes[:3]


def _option(name: str) -> str:
    return f"--time {name!r}" if " " in name else f"--time {name}"

"""Columns that look like times and are not read: named, never passed over."""

from __future__ import annotations

import polars as pl

from ._columns import place
from ._stamps import parse_stamps

_SAMPLE = 200
_CERTAIN = ("date", "time", "timestamp", "datetime", "date_time", "ds", "utc")
_WORDS = ("date", "time", "stamp", "period")
_MONTH = r"(?i)(?:^|[^a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NUMBERS = r"\d[-/.:_年]\d"
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
        varied = text.n_unique() > len(text) / 2
        shaped = text.str.contains(_NUMBERS) | (
            text.str.contains(_MONTH) & text.str.contains(r"\d")
        )
        called = plain in _CERTAIN or any(word in plain for word in _WORDS)
        if (called and digits > 0 or varied and shaped.sum() >= _MOST * len(text)) or (
            plain in _CERTAIN
        ):
            notes.append(
                f"{place(source)}column {name!r} ({text[0][:30]!r}, …) looks like times"
                " that are not read, and the rows were counted; write it as"
                f" YYYY-MM-DD HH:MM:SS and name it as the time ({_option(name)}), or"
                " give '' as the time"
            )
    if notes:
        return notes[:3]
    return []


def _option(name: str) -> str:
    return f"--time {name!r}" if " " in name else f"--time {name}"

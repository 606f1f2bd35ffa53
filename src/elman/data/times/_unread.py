"""Columns that look like times and are not read: named, never passed over."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from elman.data._columns import place

from ._parts import PARTS
from ._stamps import parse_stamps

_SAMPLE = 200
_CERTAIN = ("date", "time", "timestamp", "datetime", "date_time", "ds", "utc")
_WORDS = ("date", "time", "stamp", "period", "datum", "fecha", "zeit", "year")
# These must be whole words of the name: tag is in stage, mes in names.
_WHOLE = {alias for aliases in PARTS.values() for alias in aliases if len(alias) > 1}
_WHOLE |= {"season", "saison", "temporada", "stagione", "seizoen", "data", "ano", "fy"}
_WHOLE |= {"fiscal", "horodatage", "tijd", "tempo", "dato", "tid", "stunden", "mois"}
_WHOLE |= {"months", "monate", "meses", "mesi", "weeks", "days", "years", "quarters"}
_MONTH = r"(?i)(?:^|[^a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# Two numbers with a sign between at the beginning, or a day, a word and a year.
_NUMBERS = r"(?i)^(?:[a-z]{3,9}\.?,? )?\d{1,4}[-/.:_年]\d{1,2}(?:\D|$)"
_WORDED = r"(?:^|\D)\d{1,2}\D{1,14}(?:1[5-9]|20|21)\d\d(?:\D|$)"
# 1980/1981, FY2018 Q1, styczeń 2020.
_YEARS = r"(?i)^(?:[a-z]{1,3}[ -]?)?(?:1[6-9]|20|21)\d\d[-/ –][a-z]{0,3}\d{1,4}$"
_NAMED = r"^\p{L}{3,}\.?[-/ ,]*(?:1[6-9]|20|21)\d\d$"
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
        plain = name.strip().lower().replace(" ", "_")
        called = any(word in plain for word in _WORDS)
        called |= bool(set(re.split(r"[\W_\d]+", plain)) & _WHOLE)
        if called and _years_in_front(series):
            notes.append(_note(name, str(series[0]), source))
        if series.dtype not in (pl.String, pl.Categorical, pl.Enum):
            continue
        text = series.cast(pl.String).drop_nulls().head(_SAMPLE)
        if not len(text):
            continue
        digits = float(text.str.contains(r"\d").sum()) / len(text)
        if plain in _CERTAIN and digits >= _MOST:
            parse_stamps(series, source)
        shaped = text.str.contains(_NUMBERS) | text.str.contains(_WORDED)
        shaped |= text.str.contains(_MONTH) & text.str.contains(r"\d")
        shaped |= text.str.contains(_YEARS) | text.str.contains(_NAMED)
        varied = text.n_unique() > len(text) / 2
        if (called and digits > 0) or (
            varied and float(shaped.sum()) >= _MOST * len(text)
        ):
            notes.append(_note(name, text[0], source))
    return notes[:3]


def _years_in_front(series: pl.Series) -> bool:
    """Return whether numbers begin with years and go on, as 201953 and 1980.1 do."""
    if not series.dtype.is_numeric() or not series.null_count() < len(series):
        return False
    values = series.drop_nulls().cast(pl.Float64).to_numpy()
    if len(np.unique(values)) < 2 or not (np.isfinite(values) & (values > 0)).all():
        return False
    digits = np.floor(np.log10(values)).astype(np.int64)
    longer = 4 < len(str(int(values.max()))) <= 14
    parts = digits.max() == 3 and bool((values != np.floor(values)).any())
    year = np.floor(values / 10.0 ** (digits - 3))
    inside = bool(((year >= 1600) & (year <= 2200)).all())
    last = values % 10**4
    turned = digits.min() >= 6 and bool(((last >= 1600) & (last <= 2200)).all())
    return (inside and (longer or parts)) or turned


def _note(name: str, shown: str, source: object) -> str:
    return (
        f"{place(source)}column {name!r} ({shown[:30]!r}, …) looks like times"
        " that are not read, and the rows were counted; write it as"
        f" YYYY-MM-DD HH:MM:SS and name it as the time ({_option(name)}), or"
        " give '' as the time"
    )


def _option(name: str) -> str:
    return f"--time {name!r}" if " " in name else f"--time {name}"

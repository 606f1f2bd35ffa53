"""Times written as text: one form for a whole column, day and month told apart."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import row_name

from ._fields import Fields, clock_ticks, day_numbers
from ._forms import CLOCK_ALONE, FORMS, SPAN, TIDY, Form
from ._month_names import WEEKDAY, in_english
from ._numeric_days import sort_out

_MICRO = 10**6
_PROBE = 50
_TWO_LETTERS = r"\p{L}{2}"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PLAIN = (
    (_DAY + r" [0-9]{2}:[0-5][0-9]:[0-5][0-9]$", "%Y-%m-%d %H:%M:%S"),
    (_DAY + r"T[0-9]{2}:[0-5][0-9]:[0-5][0-9]$", "%Y-%m-%dT%H:%M:%S"),
)


@dataclass(frozen=True)
class Written:
    """Times read from text.

    Attributes
    ----------
    local : numpy.ndarray
        (rows,), microseconds since 1970 on the clock that was written.
    offset : numpy.ndarray or None
        (rows,), microseconds that this clock is ahead of UTC, if it is said.
    dated : bool
        Whether a day was written, not a month or a quarter alone.
    notes : list of str
        What was decided.
    """

    local: np.ndarray
    offset: np.ndarray | None
    dated: bool
    notes: list[str] = field(default_factory=list)


def read_text(series: pl.Series, where: str, source: object) -> Written:
    """Return the times a column of text tells.

    Raises
    ------
    InputError
        No form reads every value, a day or an hour does not exist, day and
        month cannot be told apart, or some values have a zone and others not.
    """
    plain = _plain_iso(series)
    if plain is not None:
        return Written(plain, None, dated=True)
    clean, notes = _tidy(series, where)
    form = _form_of(clean)
    if form is None:
        raise InputError(_unreadable(series, clean, where, source))
    fields = Fields.read(clean, form)
    if form.groups & {"a", "c"}:
        fields, more = sort_out(fields, form, clean, where, source)
        notes += more
    days, more = day_numbers(fields, clean, where, source)
    ticks = clock_ticks(fields, clean, where, source)
    offset, zone_notes = _offsets(fields, where, source)
    return Written(
        days * 86400 * _MICRO + ticks,
        offset,
        "d" in fields or "j" in fields or "w" in fields,
        [*notes, *more, *zone_notes],
    )


def _plain_iso(series: pl.Series) -> np.ndarray | None:
    """Return the commonest forms, which need no search, in microseconds."""
    for pattern, form in _PLAIN:
        if series.str.contains(pattern).all():
            found = series.str.to_datetime(form, strict=False, time_unit="us")
            if not found.has_nulls() and (found.dt.year() >= 1).all():
                return found.to_numpy().astype(np.int64)
    return None


def reads_as_time(series: pl.Series) -> bool:
    """Return whether one form reads all the values, whatever they then mean."""
    return _form_of(_tidy(series, "")[0]) is not None


def read_clock(series: pl.Series, where: str, source: object) -> np.ndarray | None:
    """Return times of the day in microseconds; None if the texts are none."""
    clean = series.str.strip_chars()
    if not clean.str.contains(CLOCK_ALONE).all():
        return None
    fields = Fields.of_pattern(clean, CLOCK_ALONE)
    return clock_ticks(fields, clean, where, source)


def _tidy(series: pl.Series, where: str) -> tuple[pl.Series, list[str]]:
    clean = series.str.strip_chars()
    for pattern, kept in TIDY:
        if clean.str.contains(pattern).any():
            clean = clean.str.replace_all(pattern, kept)
    if len(clean) and clean.str.contains(SPAN).all():
        notes = [f"{where}: each span of days counts as its first day"]
        return clean.str.replace(SPAN, "$1"), notes
    if clean.head(_PROBE).str.contains(_TWO_LETTERS).any():
        if clean.str.contains(WEEKDAY).all():
            clean = clean.str.replace(WEEKDAY, "${1}")
        clean, name = in_english(clean)
        if name is not None:
            return clean, [f"{where}: month names such as {name!r} were read"]
    return clean, []


def _form_of(clean: pl.Series) -> Form | None:
    """Return the first form that reads every value, or None."""
    probe = clean.head(_PROBE)
    for form in FORMS:
        if probe.str.contains(form.pattern).all() and (
            len(clean) <= _PROBE or clean.str.contains(form.pattern).all()
        ):
            return form
    return None


def _offsets(
    fields: Fields, where: str, source: object
) -> tuple[np.ndarray | None, list[str]]:
    """Return how far the clocks written are ahead of UTC."""
    abbreviation = fields.text("abbr").str.to_uppercase()
    said = fields.text("z").is_not_null() | fields.text("off").is_not_null()
    utc = abbreviation.is_in(["UTC", "GMT"])
    said |= utc.fill_null(False)
    others = abbreviation.filter(~utc.fill_null(True)).unique().sort().to_list()
    if others and not said.any():
        named = abbreviation.is_null()
        if len(others) > 1 or named.any():
            what = " and ".join(repr(name) for name in others[:3])
            raise InputError(
                f"{where}: the times carry the zone {what}"
                f"{' in some rows only' if named.any() else ''}; abbreviations of"
                " zones have no one meaning: write all times in UTC"
            )
        return None, [f"{where}: times are as the clocks of {others[0]!r} show them"]
    if not said.any():
        return None, []
    if not said.all():
        first = int((~said).arg_true()[0])
        raise InputError(
            f"{where}, {row_name(first, source)}: this time has no zone while"
            " others have one; write all of them with or without"
        )
    digits = fields.text("off").fill_null("+0000").str.replace_all(":", "")
    hours = digits.str.slice(1, 2).cast(pl.Int64).to_numpy()
    minutes = digits.str.slice(3, 2).replace("", "0").cast(pl.Int64).to_numpy()
    sign = np.where(digits.str.starts_with("-").to_numpy(), -1, 1)
    return np.asarray(sign * (hours * 3600 + minutes * 60) * _MICRO), []


def _unreadable(series: pl.Series, clean: pl.Series, where: str, source: object) -> str:
    """Name the first value that the form of most values does not read."""
    read = [clean.str.contains(form.pattern) for form in FORMS]
    best = max(read, key=lambda found: int(found.sum()))
    bad = int((~best).arg_true()[0])
    shown = str(series[bad])[:40]
    return (
        f"{where}, {row_name(bad, source)}: {shown!r} is not a time;"
        " write times as YYYY-MM-DD HH:MM:SS, or give '' as the time to count rows"
    )

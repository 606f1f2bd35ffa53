"""Columns of text as numbers, in whichever notation they are written.

A number is written with a decimal point or a decimal comma, and the other of the two
may divide groups of thousands. ``1.506`` alone can be either: then the other values
of the column decide, after them the other columns, and where nothing in the file does
the column is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from elman._errors import InputError

from ._missing import LONGEST, ONLY_AMONG_NUMBERS, WORDS, Missing
from ._thousands import SIGN, Column, Place, by_file

__all__ = ["Place", "read_columns"]

_SPACE = " \u00a0\u202f\u2009"
_MARK = "'\u2019"
_CURRENCY = (
    r"(?:[A-Z]{0,3}\$|[€£¥₹₽₩₺₴₪]|EUR|USD|GBP|CHF|JPY|PLN|SEK|NOK|DKK|BRL|INR|Rs\.?)"
)
_EXPONENT = "(?:[eE][+-]?\\d+)?"


def _form(decimal: str, group: str) -> str:
    plain = rf"(?:\d+(?:{decimal}\d*)?|{decimal}\d+){_EXPONENT}"
    grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+(?:{decimal}\d*)?"
    return rf"^{SIGN}(?:{plain}|{grouped})$"


# Indian groups, of two digits above the thousands: they stand beside commas only.
_LAKHS = rf"^{SIGN}[1-9]\d?(?:,\d\d)+,\d{{3}}(?:\.\d*)?$"
_POINT, _COMMA = _form(r"\.", ",") + "|" + _LAKHS, _form(",", r"\.")
_SPACED = rf"^{SIGN}\d{{1,3}}(?:[{_SPACE}]\d{{3}})+(?:[.,]\d*)?$"
_MARKED = rf"^{SIGN}\d{{1,3}}(?:[{_MARK}]\d{{3}})+(?:[.,]\d*)?$"
_BEFORE = rf"^({SIGN})({_CURRENCY})\s*({SIGN}[.,]?\d[^\pL%]*)$"
_AFTER = rf"^({SIGN}[.,]?\d[^\pL%$€£]*?)\s*({_CURRENCY}|%)$"
# What a number can begin with; a column without one is text and is looked at no more.
_MAYBE = rf"^[(+\-−–－]?\s*(?:{_CURRENCY})?\s*[+\-−]?[.,]?\d"
_PROBE = 200


def read_columns(
    raw: Sequence[pl.Series],
    delimiter: str,
    place: Place,
    missing: Missing,
    keep: Sequence[str],
    words: Sequence[str] = (),
) -> tuple[list[pl.Series], list[str]]:
    """Return columns of text as whole numbers, numbers, booleans or text.

    Parameters
    ----------
    raw : sequence of Series
        Text without blanks around it, null where a field is empty.
    delimiter : str
        Of the file: between semicolons a comma is a decimal one.
    place : Place
    missing : Missing
        What counts as missing beside the usual words.
    keep : sequence of str
        Columns of names: their texts stay as they are.
    words : sequence of str
        Columns of categories: words whatever they look like.

    Raises
    ------
    InputError
        A column mixes decimal points and commas, or nothing tells one from a
        separator of thousands: the row is named.
    """
    columns = [_begin(series, place, missing, (keep, words)) for series in raw]
    undecided = [c for c in columns if c.done is None]
    points = any(c.point for c in columns)
    commas = any(c.comma for c in columns)
    for column in undecided:
        if column.point and column.comma:
            _refuse_mixed(column, place)
        comma = column.comma
        if column.both and not (column.point or column.comma):
            alone = delimiter if len(columns) > 1 else ""
            comma = by_file(column, alone, points, commas, place)
        _finish(column, missing, comma=comma)
    notes = [f"column {c.name!r}: {note}" for c in columns for note in c.notes]
    return [c.done for c in columns if c.done is not None], notes


def _begin(
    raw: pl.Series,
    place: Place,
    missing: Missing,
    kept: tuple[Sequence[str], Sequence[str]],
) -> Column:
    known = raw
    # Most values are longer than any word for a missing one.
    if (raw.str.len_bytes() <= LONGEST).any():
        gone = raw.str.to_lowercase().is_in(list(WORDS)).fill_null(False)
        known = _without(raw, gone)
    if missing:
        raw = _without(raw, missing.in_words(raw))
        known = _without(known, missing.in_words(known))
    column = Column(raw, known)
    keep, words = kept
    if raw.name in keep:
        column.done = raw
        return column
    if raw.name in words:
        return _as_text(column)
    empty = known.null_count()
    if empty == len(known):
        column.done = known
        return column
    cast = _cast(known)
    if cast is not None:
        if cast.dtype == pl.Float64:
            _weigh(column, known)
        if column.point or not column.both:
            column.done = missing.out_of(cast)
            return column
        column.cleaned = known
        return column
    lower = known.str.to_lowercase()
    if lower.is_in(["true", "false"]).all():
        column.done = (lower == "true").alias(raw.name)
        return column
    # Texts and dates are told by some of them: no need to look at millions.
    present = known.drop_nulls()
    probe = present.gather_every(max(1, len(present) // _PROBE))
    if not probe.str.contains(_MAYBE).any() or not _mostly_numbers(_plain(probe)[0]):
        return _as_text(column)
    cleaned, signs = _plain(known)
    if not _mostly_numbers(cleaned):
        return _as_text(column)
    if signs:
        _check_signs(column, signs, place)
        column.notes.append(f"{', '.join(signs)} beside the numbers was left out")
    _weigh(column, cleaned)
    column.cleaned = cleaned
    return column


def _as_text(column: Column) -> Column:
    """Keep a column of words as it is, but for the words that are none."""
    short = column.raw.str.to_lowercase()
    words = column.known.is_null() & short.is_in(list(ONLY_AMONG_NUMBERS))
    column.done = column.raw.zip_with(words.fill_null(False), column.known)
    gone = column.raw.filter(column.done.is_null() & column.raw.is_not_null())
    if len(gone):
        column.notes.append(
            f"{gone[0]!r} was read as missing ({len(gone):,} of {len(column.raw):,}"
            " values); write another word if it is one"
        )
    return column


def _without(series: pl.Series, gone: pl.Series) -> pl.Series:
    if not gone.any():
        return series
    nothing = pl.Series([None] * len(series), dtype=pl.String)
    return series.zip_with(~gone, nothing)


def _cast(series: pl.Series) -> pl.Series | None:
    """Return the numbers of a column if all its texts are plain ones."""
    for dtype in (pl.Int64, pl.Float64):
        cast = series.cast(dtype, strict=False)
        if cast.null_count() == series.null_count():
            return cast
    return None


def _weigh(column: Column, text: pl.Series) -> None:
    """Note which notations the values of a column allow."""
    if text.head(_PROBE).str.contains(rf"^{SIGN}\d*\.(?:\d{{0,2}}|\d{{4,}})$").any():
        column.point = True  # told by few values: no need to look at millions
        if column.cleaned is None and not text.str.contains(",", literal=True).any():
            return
    point = text.str.contains(_POINT).fill_null(False)
    comma = text.str.contains(_COMMA).fill_null(False)
    column.point = bool((point & ~comma).any())
    column.comma = bool((comma & ~point).any())
    column.both = bool((point & comma & text.str.contains(r"\d[.,]")).any())


def _mostly_numbers(text: pl.Series) -> bool:
    numbers = text.str.contains(f"{_POINT}|{_COMMA}").fill_null(False)
    return 2 * int(numbers.sum()) >= len(text) - text.null_count()


def _plain(text: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return texts with plain signs, without blanks in numbers, and units taken off."""
    text = text.str.replace(r"^[−–－]\s*([\d.,$€£])", "-${1}")
    text = text.str.replace(r"^\(([^()]*\d[^()]*)\)$", "-${1}")
    before, after = text.str.extract(_BEFORE, 2), text.str.extract(_AFTER, 2)
    signs = pl.concat([before.drop_nulls(), after.drop_nulls()]).unique().sort()
    if len(signs):
        text = text.str.replace(_BEFORE, "${1}${3}").str.replace(_AFTER, "${1}")
        text = text.str.strip_chars()
    for form, marks in ((_SPACED, _SPACE), (_MARKED, _MARK)):
        grouped = text.str.contains(form).fill_null(False)
        if grouped.any():
            text = text.str.replace_all(f"[{marks}]", "").zip_with(grouped, text)
    return text.str.replace(r"^(?:\+-|-\+)", "-"), signs.to_list()


def _check_signs(column: Column, signs: list[str], place: Place) -> None:
    """Raise where a column has several units, or per cent beside plain numbers."""
    text = column.known
    found = text.str.extract(_BEFORE, 2).fill_null(text.str.extract(_AFTER, 2))
    plain = found.is_null() & text.str.contains(f"{_POINT}|{_COMMA}").fill_null(False)
    mixed = "%" in signs and bool(plain.any())
    if len(signs) < 2 and not mixed:
        return
    first = found.drop_nulls()[0]
    odd = (found.is_not_null() & (found != first)) if len(signs) > 1 else plain
    at = int(odd.fill_null(False).arg_true()[0])
    raise InputError(
        f"{place.source}: column {column.name!r}, {place.row(at)}:"
        f" {column.raw[at][:40]!r} has another unit than other values"
        f" ({', '.join(signs)}{', none' if mixed else ''}); write the column in one"
        " unit, as plain numbers"
    )


def _refuse_mixed(column: Column, place: Place) -> None:
    text = column.cleaned
    if text is None:
        return
    point = text.str.contains(_POINT).fill_null(False)
    comma = text.str.contains(_COMMA).fill_null(False)
    first = int((point & ~comma).arg_true()[0])
    second = int((comma & ~point).arg_true()[0])
    raise InputError(
        f"{place.source}: column {column.name!r} has a decimal point in"
        f" {place.row(first)} ({column.raw[first][:30]!r}) and a decimal comma in"
        f" {place.row(second)} ({column.raw[second][:30]!r}); write all its numbers in"
        " one notation"
    )


def _finish(column: Column, missing: Missing, *, comma: bool) -> None:
    """Turn a column of known notation into numbers; odd words stay as they are."""
    text = column.cleaned
    if text is None:
        return
    form = _COMMA if comma else _POINT
    here = text.str.contains(form).fill_null(False)
    plain = text.str.replace_all("." if comma else ",", "", literal=True)
    plain = plain.str.replace(",", ".", literal=True) if comma else plain
    text = plain.zip_with(here, column.known)
    cast = _cast(text)
    column.done = (text if cast is None else missing.out_of(cast)).alias(column.name)

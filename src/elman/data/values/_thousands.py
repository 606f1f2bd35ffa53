"""Whether 1,506 and 1.506 hold a separator of thousands, by what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from elman._errors import InputError

SIGN = "[+-]?"
_SHORT_WHOLE = rf"^{SIGN}\d{{1,3}}$"
_LONG_WHOLE = rf"^{SIGN}\d{{4,}}$"
# Usual numbers for a missing value, which have no decimals beside any.
_NO_VALUE = r"^-(?:9{4,}|8{4,}|7{4,}|32768)$"


@dataclass
class Column:
    """A column of text on its way to numbers.

    Attributes
    ----------
    raw : Series
        Text without blanks around it; null where the field is empty.
    known : Series
        The same with the words for missing as null.
    done : Series or None
        The column as it will be, once that is known.
    cleaned : Series or None
        Signs, currencies and blanks between digits put right.
    point, comma : bool
        Whether a value can be read with a decimal point only, a comma only.
    both : bool
        Whether a value has points or commas and can be read with either.
    notes : list of str
    """

    raw: pl.Series
    known: pl.Series
    done: pl.Series | None = None
    cleaned: pl.Series | None = None
    point: bool = False
    comma: bool = False
    both: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The column's name."""
        return self.raw.name


@dataclass(frozen=True)
class Place:
    """Where the columns are from, to say so."""

    source: str
    lines: Sequence[int] | None
    header: int

    def row(self, index: int) -> str:
        """Return what a message calls a row."""
        line = index + self.header + 1 if self.lines is None else self.lines[index]
        return f"row {line}"


def by_file(
    column: Column, delimiter: str, points: bool, commas: bool, place: Place
) -> bool:
    """Return whether a column that allows both notations has decimal commas.

    Its values are whole numbers below 1000 and groups such as 1.506 or 1,506.
    """
    text = column.cleaned
    if text is None:
        return False
    if (
        text.str.contains(".", literal=True).any()
        and text.str.contains(",", literal=True).any()
    ):
        _refuse_group(column, text, place)
    dots = bool(text.str.contains(".", literal=True).any())
    # With a whole number beside it, 1.506 is no number with three decimals: those
    # would be written 641.000 as well.
    mixed = bool(text.str.contains(_SHORT_WHOLE).any())
    long = text.str.contains(_LONG_WHOLE) & ~text.str.contains(_NO_VALUE)
    long = long.fill_null(False)
    if long.any():
        return _beside_long(column, text, long, (dots, mixed, points, commas), place)
    if points != commas:
        if mixed and dots and points and delimiter not in ", ":
            return _said(column, text, decimal_comma=False)
        return commas
    if not (points or commas):
        if delimiter in ("", ",", " ") and dots:
            return False
        if delimiter == "," and mixed:
            return _said(column, text, decimal_comma=False)
        if delimiter == ";" and not dots:
            return True
        if dots and not mixed:
            return _said(column, text, decimal_comma=False)
    _refuse_group(column, text, place)
    return False


def _beside_long(
    column: Column,
    text: pl.Series,
    long: pl.Series,
    seen: tuple[bool, bool, bool, bool],
    place: Place,
) -> bool:
    """Return whether 10,030 beside 9860 has decimals, where other columns tell.

    Programs that write separators often do so from 10,000 on: then 10,030 follows
    9860. As decimals the two would be a factor of 1000 apart.
    """
    dots, mixed, points, commas = seen
    other = long.arg_true()[0]
    if points != commas:
        decimals = points if dots else commas
        # Whole numbers on either side of 1000 may have decimals between them.
        if mixed or not decimals:
            at = int(text.str.contains(r"\d[.,]").fill_null(False).arg_true()[0])
            shown = text[at].replace(",", "." if decimals else "")
            shown = shown if decimals else shown.replace(".", "")
            column.notes.append(
                f"{text[at]!r} was read as {shown}, as other columns write numbers;"
                f" {place.row(int(other))} holds {text[int(other)]!r}"
            )
            return commas
    _refuse_group(column, text, place, beside=int(other))
    return False


def _said(column: Column, text: pl.Series, *, decimal_comma: bool) -> bool:
    at = int(text.str.contains(r"\d[.,]").fill_null(False).arg_true()[0])
    value = text[at].replace("." if decimal_comma else ",", "")
    column.notes.append(
        f"{text[at]!r} was read as {value.replace(',', '.')}: nothing in the file tells"
        " whether it has decimals or a separator of thousands"
    )
    return decimal_comma


def _refuse_group(
    column: Column, text: pl.Series, place: Place, beside: int | None = None
) -> None:
    at = int(text.str.contains(r"\d[.,]").fill_null(False).arg_true()[0])
    whole = text[at].replace(".", "").replace(",", "")
    decimals = text[at].replace(",", ".")
    reading = decimals if decimals.count(".") == 1 else "a number with decimals"
    other = "" if beside is None else f" beside {text[beside]!r} in {place.row(beside)}"
    raise InputError(
        f"{place.source}: column {column.name!r}, {place.row(at)}: {text[at][:30]!r}"
        f"{other} may be {whole} or {reading}, and nothing in the file tells which;"
        " write thousands without a separator, or every value with its decimals"
    )

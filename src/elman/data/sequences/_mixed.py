"""Tables of sequences that hold words: which column is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from elman._errors import InputError, did_you_mean
from elman.data._columns import place, require_column
from elman.data.values._words import (
    CATEGORY,
    ELAPSED,
    KINDS,
    NUMBER,
    TEXT,
    holds_words,
    kind_of_words,
)

_WORDS = (pl.String, pl.Categorical, pl.Enum)


def check_kinds(frame: pl.DataFrame, kinds: Mapping[str, str], source: str) -> None:
    """Raise unless kinds are known, and of columns that are there.

    Raises
    ------
    InputError
        One is not; the nearest name is suggested.
    """
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise InputError(
                f"{place(source)}column {name!r}: its kind must be one of"
                f" {', '.join(KINDS)}, got {kind!r}{did_you_mean(str(kind), KINDS)}"
            )
        if kind != ELAPSED:
            require_column(frame, name, source)


def kinds_of(
    frame: pl.DataFrame, names: Sequence[str], told: Mapping[str, str], source: str
) -> dict[str, str]:
    """Return what each column is: what was told, else what its values look like.

    Raises
    ------
    InputError
        A column was said to hold numbers and holds words.
    """
    found = {}
    for name in names:
        column = frame[name]
        if name in told:
            found[name] = told[name]
            if told[name] == NUMBER:
                refuse_words(column, source)
        elif column.dtype in _WORDS and column.null_count() < len(column):
            found[name] = kind_of_words(column)
        else:
            found[name] = NUMBER
    return found


def as_text(column: pl.Series) -> pl.Series:
    """Return a column of categories or texts as text."""
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        if (whole.cast(pl.Float64) == column).all():  # a gap makes whole numbers floats
            column = whole
    return column.cast(pl.String)


def refuse_words(column: pl.Series, source: str) -> None:
    """Raise for a column of words where numbers belong."""
    if not holds_words(column):
        return
    found = column.cast(pl.String).drop_nulls().unique().sort().head(3)
    words = ", ".join(repr(word[:20]) for word in found)
    raise InputError(
        f"{place(source)}column {column.name!r} holds words ({words}), not numbers;"
        f" leave it out, or have it read as {CATEGORY} or {TEXT} with an id column"
        " beside it, one row a step; if it is the label or the id, name it so"
    )

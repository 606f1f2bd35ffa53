"""Columns of words: whether they name categories, or are short texts."""

from __future__ import annotations

import polars as pl

NUMBER, CATEGORY, TEXT = "number", "category", "text"
CHARACTERS, WORDS = "characters", "words"
ELAPSED, TIME = "elapsed", "time"

KINDS = (NUMBER, CATEGORY, TEXT, ELAPSED)
"""What a column beside others can be."""

_MOSTLY = 0.5  # of the values: so many numbers make a column one of numbers
_OFTEN = 5  # times that a category occurs in the mean, at least


def kind_of_words(column: pl.Series) -> str:
    """Return what a column of text most likely holds.

    Numbers, if at least half of the values are. Short texts, if their median has two
    words or more and a text occurs fewer than five times in the mean: whole texts that
    rare cannot be learned by heart. Else categories.

    Parameters
    ----------
    column : Series
        Text; missing values are null.
    """
    present = column.cast(pl.String).drop_nulls()
    if not len(present):
        return NUMBER
    numbers = present.cast(pl.Float64, strict=False).is_not_null().sum()
    if numbers >= _MOSTLY * len(present):
        return NUMBER
    distinct = present.unique()
    median = distinct.str.count_matches(r"\S+").median()
    many = isinstance(median, int | float) and median >= 2
    return TEXT if many and len(distinct) * _OFTEN > len(present) else CATEGORY


def holds_words(column: pl.Series) -> bool:
    """Return whether a column is text that is not for the greater part numbers."""
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return False
    present = column.drop_nulls()
    return len(present) > 0 and kind_of_words(column) != NUMBER

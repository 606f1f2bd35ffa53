"""Which values count as missing, beside those that every file has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError

MISSING = ("", "NA", "N/A", "NaN", "null", "none", "nil", "?", "-", "#N/A", "<NA>")
WORDS = tuple(sorted({word.lower() for word in MISSING}))
# In a column of words these are as good a word as any other.
ONLY_AMONG_NUMBERS = ("none", "nil", "-")
LONGEST = max(map(len, WORDS))

Given = str | float | Sequence[str | float]


@dataclass(frozen=True)
class Missing:
    """Values that a user says stand for missing ones.

    Attributes
    ----------
    words : tuple of str
        As they stand in a text column.
    numbers : tuple of float
        Those of them that are numbers.
    """

    words: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything was given."""
        return bool(self.words)

    @classmethod
    def of(cls, given: Given | None) -> Missing:
        """Return what was given, as words and numbers.

        Raises
        ------
        InputError
            A value is neither text nor a number.
        """
        if given is None:
            return cls()
        if isinstance(given, bytes | dict):
            raise InputError(
                f"missing is {given!r:.40}; give numbers and words, such as"
                " missing=[-9999, 'n.a.']"
            )
        one = isinstance(given, str) or not hasattr(given, "__iter__")
        values: list[Any] = [given] if one else list(given)  # type: ignore[arg-type]
        words, numbers = [], []
        for value in values:
            if isinstance(value, bool) or not isinstance(
                value, str | int | float | np.number
            ):
                raise InputError(
                    f"missing holds {value!r:.40}; give numbers and words, such as"
                    " missing=[-9999, 'n.a.']"
                )
            word = value.strip() if isinstance(value, str) else f"{value}"
            number = _number(word)
            whole = math.isfinite(number) and number.is_integer() and abs(number) < 1e15
            for way in (word, str(int(number))) if whole else (word,):
                if way and way not in words:
                    words.append(way)
            if math.isfinite(number) and number not in numbers:
                numbers.append(number)
        return cls(tuple(words), tuple(numbers))

    def in_words(self, series: pl.Series) -> pl.Series:
        """Return where a text column holds one of the words."""
        return series.is_in(list(self.words)).fill_null(False)

    def in_numbers(self, values: np.ndarray) -> np.ndarray:
        """Return where an array of numbers holds one of them, to its own precision."""
        found = np.zeros(values.shape, dtype=bool)
        kind = values.dtype
        for number in self.numbers:
            if kind.kind == "f":
                with np.errstate(over="ignore"):
                    found |= values == kind.type(number)
            elif number.is_integer() and kind.kind in "iu":
                limits = np.iinfo(kind)
                if limits.min <= number <= limits.max:
                    found |= values == kind.type(int(number))
        return found

    def out_of(self, series: pl.Series) -> pl.Series:
        """Return a column without them: numbers, or words in a column of text."""
        if not self:
            return series
        if series.dtype.is_float() or series.dtype.is_integer():
            filled = series.fill_null(0).to_numpy()
            here = pl.Series(self.in_numbers(filled)) & series.is_not_null()
        elif series.dtype in (pl.String, pl.Categorical) or isinstance(
            series.dtype, pl.Enum
        ):
            here = self.in_words(series.cast(pl.String).str.strip_chars())
        else:
            return series
        if not here.any():
            return series
        nothing = pl.Series(series.name, [None] * len(series), dtype=series.dtype)
        return series.zip_with(~here, nothing)


def without_missing(
    frame: pl.DataFrame, missing: Missing, keep: Sequence[str] = ()
) -> pl.DataFrame:
    """Return a frame in which the values said to be missing are, but in `keep`."""
    if not missing:
        return frame
    return frame.with_columns(
        [missing.out_of(frame[name]) for name in frame.columns if name not in keep]
    )


def _number(word: str) -> float:
    try:
        return float(word.replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return math.nan

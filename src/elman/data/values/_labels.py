"""Labels and ids as the texts that stand in the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ._missing import WORDS

_WHOLE = r"^(0|-?[1-9]\d{0,17})$"
_TRUTH = {"true", "false"}


def typed_labels(series: pl.Series) -> pl.Series:
    """Return labels as numbers where that loses nothing, else as they are.

    Whole numbers written as such are numbers; ``007`` and ``1E5`` are texts, as
    another text could be the same number. A column with fractions cannot be of
    classes and is of numbers, however they are written; so is one whose texts are
    Python's own for its numbers (``1.0``). Words for missing values beside numbers
    are missing, beside words they are words.

    Parameters
    ----------
    series : Series
        As read; other types than text are returned as they are.
    """
    if series.dtype != pl.String or series.null_count() == len(series):
        return series
    known = series
    words = series.str.to_lowercase().is_in(list(WORDS)).fill_null(False)
    if words.any():
        nothing = pl.Series([None] * len(series), dtype=pl.String)
        known = series.zip_with(~words, nothing).alias(series.name)
    present = known.drop_nulls()
    if not len(present):
        return series
    if present.str.contains(_WHOLE).all():
        return known.cast(pl.Int64)
    numbers = known.cast(pl.Float64, strict=False)
    if numbers.null_count() != known.null_count():
        return series
    values = numbers.drop_nulls()
    fractions = (values != values.floor()) | values.is_infinite()
    if fractions.any() or (present == values.map_elements(repr, pl.String)).all():
        return numbers
    return series


def label_notes(series: pl.Series, where: str) -> list[str]:
    """Return one line for each usual word for missing that is a label or id here."""
    if series.dtype != pl.String:
        return []
    found = series.filter(series.str.to_lowercase().is_in(list(WORDS)).fill_null(False))
    return [
        f"{where}column {series.name!r}: {word!r}"
        f" ({int((found == word).sum()):,} times) was read as a name; if it means"
        f" missing, name it: missing={word!r}, or --missing {word}"
        for word in found.unique(maintain_order=True).to_list()
        if word
    ]


def like(classes: np.ndarray, labels: Any) -> Any:
    """Return labels in the form of the classes they are to be compared with.

    A file of ``7`` and ``8`` holds whole numbers, one of ``07`` and ``8`` holds
    texts: labels are compared as the texts that stand in the files. Runs trained on
    truth values know them in lower case.

    Parameters
    ----------
    classes : ndarray
        Numbers or text.
    labels : ndarray
        Numbers or text.
    """
    given = np.asarray(labels)
    if classes.dtype.kind in "US" and given.dtype.kind in "iufb":
        given = np.array([str(value) for value in given.tolist()])
    elif classes.dtype.kind in "iuf" and given.dtype.kind in "US":
        known = {str(value): value for value in classes.tolist()}
        if set(given.tolist()) <= set(known):
            return np.array([known[text] for text in given.tolist()], classes.dtype)
    if classes.dtype.kind in "US" and given.dtype.kind in "US":
        names = set(classes.tolist())
        lower = [text.lower() for text in given.tolist()]
        if names <= _TRUTH and set(lower) <= _TRUTH:
            return np.array(lower)
    return given


def as_numbers(labels: Any) -> Any:
    """Return labels as numbers if each of their texts is one, else as they are.

    Parameters
    ----------
    labels : ndarray
        A task that predicts numbers takes ``007`` for 7.
    """
    given = np.asarray(labels)
    if given.dtype.kind not in "US":
        return labels
    try:
        return given.astype(np.float64)
    except ValueError:
        return labels

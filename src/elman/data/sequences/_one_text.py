"""Tables with one row a case, whose case is a text or a row of symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import place, row_name
from elman.data.values._words import (
    CATEGORY,
    CHARACTERS,
    NUMBER,
    TEXT,
    WORDS,
    holds_words,
)

_SHARED = 0.75


def chosen_text(
    steps: Sequence[str], told: Mapping[str, str], source: str
) -> tuple[list[str], list[str]]:
    """Return the column of texts that was named, if one was, and a note on the others.

    All columns where none was, or several were.
    """
    named = [name for name in steps if told.get(name) in (CATEGORY, TEXT)]
    if len(named) != 1 or len(steps) == 1:
        return list(steps), []
    others = ", ".join(repr(name) for name in steps if name not in named)
    note = (
        f"{place(source)}each case is the text of column {named[0]!r}; left out:"
        f" {others}"
    )
    return named, [note]


def one_text(
    frame: pl.DataFrame, steps: Sequence[str], told: Mapping[str, str], source: str
) -> tuple[str, list[str]] | None:
    """Return what the steps of each case are, and the cases, where each is one text.

    None if there are several columns, or the one holds numbers. A case is read by its
    characters, or by its words where the column was said to be text.

    Raises
    ------
    InputError
        A text is missing or empty; the row is named.
    """
    if len(steps) != 1:
        return None
    (name,) = steps
    kind = told.get(name)
    if kind == NUMBER or (kind is None and not holds_words(frame[name])):
        return None
    texts = frame[name].cast(pl.String).fill_null("")
    empty = (texts.str.strip_chars() == "").arg_true()
    if len(empty):
        raise InputError(
            f"{place(source)}column {name!r}, {row_name(int(empty[0]), source)}: the"
            f" text is missing or empty ({len(empty)} in all); fill it in or delete"
            " the row"
        )
    return (WORDS if kind == TEXT else CHARACTERS), texts.to_list()


def symbols(
    frame: pl.DataFrame, steps: Sequence[str], told: Mapping[str, str], source: str
) -> list[np.ndarray] | None:
    """Return each row's words as (T_i, 1), where columns are steps that hold words.

    None if no column holds words. Missing values at the end make a row shorter.

    Raises
    ------
    InputError
        Some columns hold words, and not all the same; a row has no value.
    """
    filled = [name for name in steps if frame[name].null_count() < frame.height]
    worded = [n for n in filled if n in told or holds_words(frame[n])]
    if not worded or all(told.get(n) == NUMBER for n in worded):
        return None
    columns = [frame[name].cast(pl.String) for name in filled]
    each = [column.drop_nulls().n_unique() for column in columns]
    every = pl.concat([c.alias("") for c in columns]).drop_nulls().n_unique()
    if len(worded) < len(filled) or every > _SHARED * sum(each):
        raise InputError(
            f"{place(source)}column {worded[0]!r} holds words, and others do not hold"
            " the same: columns are the steps of one sequence where each row is a case;"
            " name the one column of texts with --texts (read by words) or --categories"
            " (by characters), or write a row for each step and name the column of ids"
        )
    values = np.array([column.to_list() for column in columns], dtype=object).T
    present = np.array([[v is not None for v in row] for row in values])
    if not present.any(1).all():
        at = int(np.flatnonzero(~present.any(1))[0])
        raise InputError(
            f"{place(source)}{row_name(at, source)}: the sequence has no value;"
            " delete the row"
        )
    lengths = values.shape[1] - np.argmax(present[:, ::-1], axis=1)
    found: list[Any] = [row[:n, None] for row, n in zip(values, lengths, strict=True)]
    return found

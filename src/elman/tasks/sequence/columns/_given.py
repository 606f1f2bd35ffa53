"""X as it is given, in the one form that everything else reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from elman._errors import InputError, did_you_mean
from elman.tasks.sequence.given._input import (
    Array,
    as_sequences,
    channel_names,
    checked_sequence,
    refuse_empty,
    rows_of,
    texts_of,
)

from ._columns import KNOWN, Columns, Layout


def read_given(
    X: Any, told: Mapping[Any, str] | None
) -> tuple[list[Array], Columns | None]:
    """Return the sequences to fit on, and what their channels are.

    Parameters
    ----------
    X : array-like or list
    told : mapping or None
        As the estimators' ``columns``.

    Returns
    -------
    list of ndarray
        float64 (T_i, C).
    Columns or None
        None where all channels are numbers.
    """
    if not told and not holds_words(X):
        return as_sequences(X), None
    refuse_empty(X)
    rows = texts_of(X)
    names = None if rows is not None else channel_names(X)
    rows = rows_of(X, names) if rows is None else rows
    columns = Columns.of(rows, names, told or {})
    if columns.layout == Layout(len(columns.names)):  # numbers, however written
        try:
            return as_sequences(X), None
        except InputError:
            columns.coded(rows)  # which names the value
            raise
    return _checked(columns.coded(rows)), columns


def read_known(X: Any, columns: Columns, names: Sequence[str] | None) -> list[Array]:
    """Return sequences in the form of those that `columns` was made of.

    Raises
    ------
    InputError
        They have other channels.
    """
    refuse_empty(X)
    rows = texts_of(X)
    if rows is None:
        rows = rows_of(X, None if columns.texts else names)
    return _checked(columns.coded(rows))


def holds_words(X: Any) -> bool:
    """Return whether there is a text anywhere in X."""
    if texts_of(X) is not None:
        return True
    if isinstance(X, np.ndarray) and X.dtype.kind not in "OU":
        return False
    if not hasattr(X, "__iter__") or hasattr(X, "toarray"):
        return False
    if isinstance(X, np.ndarray) and X.dtype.kind == "U":
        return _are_words(X)
    return any(_row_holds_words(row) for row in X if not isinstance(row, str))


def check_columns(value: Any) -> Any:
    """Return ``columns`` if it is None or a mapping of channels to kinds.

    Raises
    ------
    InputError
        It is something else; the nearest kind is suggested.
    """
    if value is None:
        return None
    pairs = dict(value) if isinstance(value, list) else value  # as a run holds it
    if not isinstance(pairs, Mapping):
        raise InputError(
            "columns must be None or a mapping of channels to what they are, such as"
            f" {{'event': 'category'}}, got {value!r:.60}"
        )
    for name, kind in pairs.items():
        if kind not in KNOWN:
            raise InputError(
                f"columns[{name!r}] must be one of {', '.join(KNOWN)}, got"
                f" {kind!r:.40}{did_you_mean(str(kind), KNOWN)}"
            )
    return dict(pairs)


def _row_holds_words(row: Any) -> bool:
    dtypes = getattr(row, "dtypes", None)
    if dtypes is not None:
        return any(_is_worded(str(kind)) for kind in dtypes)
    if isinstance(row, np.ndarray):
        if row.dtype.kind == "U":
            return _are_words(row)
        return row.dtype.kind == "O" and any(isinstance(v, str) for v in row.flat)
    if not isinstance(row, list | tuple):
        return False
    return any(
        isinstance(v, str)
        or (isinstance(v, list | tuple) and any(isinstance(w, str) for w in v))
        for v in row
    )


def _are_words(values: Any) -> bool:
    """Return whether texts in an array are no numbers written as text."""
    try:
        np.asarray(values).astype(np.float64)
    except ValueError:
        return True
    return False


def _is_worded(kind: str) -> bool:
    return kind.lower().startswith(("str", "object", "categor", "enum", "utf8"))


def _checked(sequences: Sequence[Array]) -> list[Array]:
    return [checked_sequence(sequence, i) for i, sequence in enumerate(sequences)]

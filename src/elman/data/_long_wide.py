"""Sequences in a table: one row a step (long) or one row a sequence (wide)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from elman._errors import InputError

from ._clock import read_time
from ._columns import numeric_column, place, require_column, row_name
from ._sequences import Sequences

_ID_NAMES = ("id", "case", "case_id", "sequence", "sequence_id", "series", "series_id")


# Texts of a channel that may be the symbols of an alphabet.
_MOST_SYMBOLS = 100


def from_long(
    frame: pl.DataFrame,
    id_: str,
    label: str | None,
    time: str | Sequence[str] | None,
    source: str,
) -> Sequences:
    """Return the sequences of a table with one row a step."""
    require_column(frame, id_, source)
    if label is not None:
        require_column(frame, label, source)
        if label == id_:
            raise InputError(f"{place(source)}{label!r} is both the label and the id")
    missing = frame[id_].is_null().arg_true()
    if len(missing):
        raise InputError(
            f"{place(source)}column {id_!r}, {row_name(int(missing[0]), source)}: the"
            " id is missing; fill it in or delete the row"
        )
    times = time.split(",") if isinstance(time, str) else list(time or ())
    times = [name.strip() for name in times]
    channels = [c for c in frame.columns if c not in (id_, label, *times)]
    if not channels:
        raise InputError(f"{place(source)}there is no column of values beside the id")
    values = _matrix(frame, channels, source)
    keys = frame[id_].cast(pl.String)
    order, starts, names, notes = _order(frame, keys, times, source)
    pieces = np.split(order, starts[1:])
    y, per_step = _label_of(frame, label, pieces, names, source)
    X = [values[piece] for piece in pieces]
    return Sequences(X, y, channels, source, names, per_step, notes)


def from_wide(
    frame: pl.DataFrame,
    label: str | None,
    time: str | Sequence[str] | None,
    source: str,
) -> Sequences:
    """Return the sequences of a table with one row a sequence."""
    if time:
        raise InputError(
            f"{place(source)}a time column needs an id column beside it, which says"
            " which sequence a row belongs to"
        )
    if label is not None:
        require_column(frame, label, source)
    steps = [c for c in frame.columns if c != label]
    if not steps:
        raise InputError(
            f"{place(source)}there is no column of values beside {label!r}"
        )
    notes = []
    ids = [str(i + 1) for i in range(frame.height)]
    if steps[0].lower() in _ID_NAMES and frame[steps[0]].n_unique() == frame.height:
        ids = frame[steps[0]].cast(pl.String).fill_null("").to_list()
        notes.append(f"column {steps[0]!r} names the sequences and is no step")
        steps = steps[1:]
    if steps and any(c.lower() in _ID_NAMES for c in steps):
        name = next(c for c in steps if c.lower() in _ID_NAMES)
        raise InputError(
            f"{place(source)}column {name!r} looks like the id of a sequence with one"
            f" row a step; give it as the id, or rename it if it is a step"
        )
    if not steps:
        raise InputError(f"{place(source)}there is no column of values")
    values = _matrix(frame, steps, source, allow_empty=True)
    present = ~np.isnan(values)
    lengths = np.where(
        present.any(1), values.shape[1] - np.argmax(present[:, ::-1], axis=1), 0
    )
    if not lengths.all():
        at = int(np.flatnonzero(lengths == 0)[0])
        raise InputError(
            f"{place(source)}{row_name(at, source)}: the sequence has no value;"
            " delete the row"
        )
    X = [row[:length, None] for row, length in zip(values, lengths, strict=True)]
    pieces = [np.array([i]) for i in range(frame.height)]
    y, _ = _label_of(frame, label, pieces, ids, source)
    return Sequences(X, y, ["value"], source, ids, notes=notes)


def _matrix(
    frame: pl.DataFrame, names: list[str], source: str, *, allow_empty: bool = False
) -> np.ndarray:
    """Return columns as float32, shape (rows, len(names))."""
    values = np.full((frame.height, len(names)), np.nan, dtype=np.float32)
    for i, name in enumerate(names):
        if allow_empty and frame[name].null_count() == frame.height:
            continue
        column = _numbers(frame, name, source)
        with np.errstate(over="ignore"):
            values[:, i] = column
        large = np.flatnonzero(np.isinf(values[:, i]))
        if len(large):
            at = int(large[0])
            raise InputError(
                f"{place(source)}column {name!r}, {row_name(at, source)}: the value"
                f" {column[at]:g} is too large; give it in another unit"
            )
    return values


def _numbers(frame: pl.DataFrame, name: str, source: str) -> np.ndarray:
    """Return a channel's numbers; of symbols, say how they become numbers."""
    try:
        return numeric_column(frame, name, source)
    except InputError as error:
        column = frame[name]
        if column.dtype != pl.String:
            raise
        symbols = column.filter(column.cast(pl.Float64, strict=False).is_null())
        kinds = symbols.drop_nulls().unique().sort().to_list()
        if not 2 <= len(kinds) <= _MOST_SYMBOLS:
            raise
        shown = ", ".join(f"{name}_{kind}" for kind in kinds[:3])
        raise InputError(
            f"{error}; a sequence of symbols is read as one column of 0 and 1 for each"
            f" of its {len(kinds)} texts: {shown}{', …' if len(kinds) > 3 else ''}"
        ) from None


def _order(
    frame: pl.DataFrame, keys: pl.Series, times: list[str], source: str
) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """Return rows by sequence and time, where each sequence starts, and its name."""
    names = keys.unique(maintain_order=True)
    code = {name: i for i, name in enumerate(names.to_list())}
    group = keys.replace_strict(code, return_dtype=pl.Int64).to_numpy()
    notes: list[str] = []
    if times:
        stamps = read_time(frame, times, source)
        notes += stamps.notes
        order = np.lexsort((stamps.values, group))
        same = (np.diff(group[order]) == 0) & (np.diff(stamps.values[order]) == 0)
        if same.any():
            first = int(np.flatnonzero(same)[0])
            at = int(order[first + 1])
            raise InputError(
                f"{place(source)}{row_name(at, source)}: the time"
                f" {stamps.values[at]} repeats within the sequence {keys[at]!r}; keep"
                " one row for each time"
            )
        if (order != np.argsort(group, kind="stable")).any():
            notes.append("rows were put in order of time within each sequence")
    else:
        order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return order, starts, names.to_list(), notes


def _label_of(
    frame: pl.DataFrame,
    label: str | None,
    pieces: list[np.ndarray],
    names: list[str],
    source: str,
) -> tuple[np.ndarray | list[np.ndarray] | None, bool]:
    """Return one label for each sequence, or one array of them where they vary."""
    if label is None:
        return None, False
    column = frame[label]
    missing = column.is_null().to_numpy()
    if column.dtype.is_float():
        missing |= ~np.isfinite(column.fill_null(np.nan).to_numpy())
    if missing.any():
        at = int(np.flatnonzero(missing)[0])
        raise InputError(
            f"{place(source)}column {label!r}, {row_name(at, source)}: the label is"
            f" missing or infinite ({int(missing.sum())} in all); fill it in or delete"
            " the row"
        )
    if column.dtype.is_numeric():
        values = column.to_numpy()
    else:
        values = np.array(column.cast(pl.String).to_list())
    if all((values[piece] == values[piece[0]]).all() for piece in pieces):
        return values[[int(piece[0]) for piece in pieces]], False
    return [values[piece] for piece in pieces], True

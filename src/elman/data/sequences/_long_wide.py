"""Sequences in a table: one row a step (long) or one row a sequence (wide)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import (
    numeric_column,
    place,
    require_column,
    row_name,
    time_names,
)
from elman.data.grid._regular import counts_rows
from elman.data.times._clock import read_time
from elman.data.values._labels import label_notes
from elman.data.values._sentinels import REMEDY, suspect_notes
from elman.data.values._words import ELAPSED, NUMBER

from ._gaps import Gaps, are_irregular, gaps_of
from ._mixed import as_text, kinds_of, refuse_words
from ._one_text import chosen_text, one_text, symbols
from ._sequences import ID_NAMES, Sequences


def from_long(
    frame: pl.DataFrame,
    id_: str,
    label: str | None,
    time: str | Sequence[str] | None,
    source: str,
    wanted: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    gaps: Gaps = "off",
) -> Sequences:
    """Return the sequences of a table with one row a step.

    `wanted` are the columns of values; None takes all that have no other use. Of
    columns that `kinds` does not name it is told by their values what they are.
    """
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
    times = time_names(time or ())
    channels = [c for c in frame.columns if c not in (id_, label, *times)]
    counters = [c for c in channels if counts_rows(frame[c])]
    channels = [c for c in channels if c not in counters]
    if wanted is not None:
        counters, channels = [], list(wanted)
    if not channels:
        raise InputError(f"{place(source)}there is no column of values beside the id")
    told = kinds_of(frame, channels, kinds or {}, source)
    worded = [name for name in channels if told[name] != NUMBER]
    values = _matrix(frame, [c for c in channels if c not in worded], source)
    keys = frame[id_].cast(pl.String)
    order, starts, names, notes, between = _order(
        frame, keys, times, source, ties=bool(worded)
    )
    notes += [
        f"{place(source)}column {name!r} only numbers the rows and was left out"
        for name in counters
    ]
    notes += label_notes(frame[id_], place(source))
    pieces = np.split(order, starts[1:])
    y, per_step = _label_of(frame, label, pieces, source)
    if per_step:
        notes += _about_steps(y, names, label)
    plain = [name for name in channels if name not in worded]
    notes += _about(frame, label, values, plain, source)
    found = {name: told[name] for name in worded}
    since = _gap_column(between, gaps)
    if since is not None:
        found[since.name] = ELAPSED
    if worded:
        X = _frames(frame, channels, values, worded, order, starts, since)
    else:
        sorted_ = values[order]
        if since is not None:
            sorted_ = np.column_stack([sorted_, since.to_numpy()])
        X = np.split(sorted_, starts[1:])
    channels = channels if since is None else [*channels, since.name]
    return Sequences(X, y, channels, source, names, per_step, notes, kinds=found)


def _about_steps(y: Any, names: list[str], label: str | None) -> list[str]:
    """Return a note where labels vary within some of the sequences only."""
    vary = [i for i, row in enumerate(y) if (row != row[0]).any()]
    if len(vary) == len(names):
        return []
    return [
        f"{label!r} varies within {len(vary)} of {len(names)} sequences, first in"
        f" {names[vary[0]]!r}, and was taken as a label for each step; if a sequence"
        " has one, correct it there"
    ]


def _gap_column(between: pl.Series | None, gaps: Gaps) -> pl.Series | None:
    """Return the time since the step before, where it is to be a channel."""
    if between is None or gaps == "off":
        return None
    if gaps == "auto" and not are_irregular(between.to_numpy()):
        return None
    return between


def _frames(
    frame: pl.DataFrame,
    channels: Sequence[str],
    values: np.ndarray,
    worded: Sequence[str],
    order: np.ndarray,
    starts: np.ndarray,
    since: pl.Series | None,
) -> list[Any]:
    """Return a data frame a sequence: columns of words as text, others as numbers."""
    numbers = iter(values.T)
    columns = {
        name: as_text(frame[name]) if name in worded else next(numbers)
        for name in channels
    }
    whole = pl.DataFrame(columns)[order]
    if since is not None:
        whole = whole.with_columns(since)
    ends = [*starts[1:], whole.height]
    return [whole[int(a) : int(b)] for a, b in zip(starts, ends, strict=True)]


def from_wide(
    frame: pl.DataFrame,
    label: str | None,
    time: str | Sequence[str] | None,
    source: str,
    kinds: Mapping[str, str] | None = None,
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
    notes: list[str] = []
    ids = [str(i + 1) for i in range(frame.height)]
    if steps[0].lower() in ID_NAMES and frame[steps[0]].n_unique() == frame.height:
        ids = frame[steps[0]].cast(pl.String).fill_null("").to_list()
        notes.append(f"column {steps[0]!r} names the sequences and is no step")
        steps = steps[1:]
    if steps and any(c.lower() in ID_NAMES for c in steps):
        name = next(c for c in steps if c.lower() in ID_NAMES)
        raise InputError(
            f"{place(source)}column {name!r} looks like the id of a sequence with one"
            f" row a step; give it as the id, or rename it if it is a step"
        )
    if not steps:
        raise InputError(f"{place(source)}there is no column of values")
    y, _ = _label_of(frame, label, [np.array([i]) for i in range(frame.height)], source)
    about = [] if label is None else label_notes(frame[label], place(source))
    steps, said = chosen_text(steps, kinds or {}, source)
    notes += said
    texts = one_text(frame, steps, kinds or {}, source)
    if texts is not None:
        kind, X = texts
        name = steps[0]
        said = [*notes, *about]
        return Sequences(X, y, [name], source, ids, notes=said, kinds={name: kind})
    words = symbols(frame, steps, kinds or {}, source)
    if words is not None:
        told = {"value": "category"}
        said = [*notes, *about]
        return Sequences(words, y, ["value"], source, ids, notes=said, kinds=told)
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
    notes += _about(frame, label, values.reshape(-1, 1), ["value"], source)
    return Sequences(X, y, ["value"], source, ids, notes=notes)


def _about(
    frame: pl.DataFrame,
    label: str | None,
    values: np.ndarray,
    channels: list[str],
    source: str,
) -> list[str]:
    """Return what to know about labels and values."""
    labels = [] if label is None else label_notes(frame[label], place(source))
    named = ((f"column {name!r}", values[:, i]) for i, name in enumerate(channels))
    return labels + suspect_notes(named, place(source), REMEDY)


def _matrix(
    frame: pl.DataFrame, names: list[str], source: str, *, allow_empty: bool = False
) -> np.ndarray:
    """Return columns as float64, shape (rows, len(names)).

    Not in single precision: what is small beside the size of its channel is only
    seen once the channel is standardised.
    """
    values = np.full((frame.height, len(names)), np.nan)
    for i, name in enumerate(names):
        if allow_empty and frame[name].null_count() == frame.height:
            continue
        refuse_words(frame[name], source)
        values[:, i] = numeric_column(frame, name, source)
    return values


def _order(
    frame: pl.DataFrame, keys: pl.Series, times: list[str], source: str, *, ties: bool
) -> tuple[np.ndarray, np.ndarray, list[str], list[str], pl.Series | None]:
    """Return rows by sequence and time, where each sequence starts, and its name.

    Then notes, and the time since the step before, in that order. With `ties` rows may
    share a time, as events do.
    """
    names = keys.unique(maintain_order=True)
    code = {name: i for i, name in enumerate(names.to_list())}
    group = keys.replace_strict(code, return_dtype=pl.Int64).to_numpy()
    notes: list[str] = []
    if times:
        stamps = read_time(frame, times, source)
        notes += stamps.notes
        order = np.lexsort((stamps.values, group))
        same = (np.diff(group[order]) == 0) & (np.diff(stamps.values[order]) == 0)
        if same.any() and not ties:
            first = int(np.flatnonzero(same)[0])
            at = int(order[first + 1])
            raise InputError(
                f"{place(source)}{row_name(at, source)}: the time"
                f" {stamps.values[at]} repeats within the sequence {keys[at]!r}; keep"
                " one row for each time"
            )
        if same.any():
            notes.append(
                f"{place(source)}rows with the time of the row before them in their"
                f" sequence stay in the order of the file: {int(same.sum()):,}"
            )
        if (order != np.argsort(group, kind="stable")).any():
            notes.append("rows were put in order of time within each sequence")
    else:
        order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    between = None
    if times:
        # Its name says the unit, so that a run refuses times of the other kind.
        unit = "seconds" if stamps.values.dtype.kind == "M" else "time"
        name = f"{unit} since the step before ({times[0]})"
        between = pl.Series(name, gaps_of(stamps.values[order], stamps.per, starts))
    return order, starts, names.to_list(), notes, between


def _label_of(
    frame: pl.DataFrame,
    label: str | None,
    pieces: list[np.ndarray],
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

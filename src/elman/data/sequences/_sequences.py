"""Many sequences with a label or a target each, from any of six kinds of file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import require_column
from elman.data._groups import groups_of
from elman.data._table import Table, existing_file, open_table, read_content
from elman.data.text._gzip import name_inside
from elman.data.values._missing import Given, Missing
from elman.data.values._words import ELAPSED, NUMBER

from ._gaps import Gaps


@dataclass(frozen=True)
class Sequences:
    """Sequences of T_i steps and C channels.

    Attributes
    ----------
    X : list of numpy.ndarray
        Each of shape (T_i, C), float64, or float32 where an array in the file is;
        missing values are NaN. Where a column holds words, data frames with a column a
        channel; where a case is one text, texts.
    y : numpy.ndarray, list of numpy.ndarray or None
        One label or number for each sequence; or, where `per_step`, one array
        of shape (T_i,) for each; None where the file has none.
    channels : list of str
        C names.
    source : str
        Where they came from.
    ids : list of str
        A name for each sequence: its id, or its row or number in the file.
    per_step : bool
        Whether y holds one value for each step.
    notes : list of str
        What was decided on the way.
    groups : numpy.ndarray or None
        (n,) texts: what may not be in two parts of the data at once, such as speakers.
    kinds : dict of str to str
        Of each channel that is not just numbers, what it is: "category", "text",
        "elapsed" (the time since the step before); and of cases that are one text
        each "characters" or "words".
    """

    X: list[Any]
    y: np.ndarray | list[np.ndarray] | None
    channels: list[str]
    source: str
    ids: list[str]
    per_step: bool = False
    notes: list[str] = field(default_factory=list)
    groups: np.ndarray | None = None
    kinds: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.X)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sequence, shape (n,), int64."""
        return np.array([len(x) for x in self.X], dtype=np.int64)

    @property
    def columns(self) -> dict[int, str]:
        """The kinds by the channels' numbers, as the estimators' ``columns``."""
        return {self.channels.index(name): kind for name, kind in self.kinds.items()}


ID_NAMES = ("id", "case", "case_id", "sequence", "sequence_id", "series", "series_id")


def read_sequences(
    path: str | os.PathLike[str],
    label: str | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    time: str | Sequence[str] | None = None,
    *,
    encoding: str | None = None,
    missing: Given | None = None,
    group: str | None = None,
    kinds: Mapping[str, str] | None = None,
    gaps: Gaps = "auto",
) -> Sequences:
    """Read sequences from a ``.ts``, ``.arff``, ``.npz``, CSV or Parquet file.

    Parameters
    ----------
    path : str or path
        ``.ts`` and ``.arff``: the text formats of the UCR/UEA archive, labels
        included. ``.tsv`` or ``.txt`` without a header: the archive's tables, in each
        row a class and the steps.
        ``.npz``: NumPy arrays X (n, T, C) or (n, T), and if there are any y
        (n,) or (n, T) and lengths (n,); ``.npy``: X alone, and `label` may name the
        ``.npy`` file of y. A table: see `sequences_from_frame`.
    label, id, time : str, optional
        Columns of a table; not used for the other two. Ids and labels are the
        texts that stand in a CSV file: ``007`` and ``7`` are two. Labels are
        numbers where that loses nothing.
    encoding : str, optional
        Of a text file, such as ``"cp1252"``; found if not given.
    missing : number, str or sequence of them, optional
        Values that stand for missing ones beside the usual, such as ``-9999``.
    group : str, optional
        Column of a table that is no channel: sequences that belong together.
    kinds : mapping of str to str, optional
        Columns of a table that are "category", "text" or "number", whatever they look
        like; of the one column of texts beside the label "text" makes words its steps.
    gaps : {"auto", "on", "off"}
        Whether the time since the step before becomes a channel, the last one, where
        a table has a column of times: ``auto``, if it varies.

    Returns
    -------
    Sequences
        In the order of the file.

    Raises
    ------
    InputError
        The file cannot be read as sequences: one line that names the file and
        the line, row or array.
    """
    # Readers are imported when needed: each file format is its own room.
    file = existing_file(path)
    suffix = name_inside(file).suffix.lower()
    gone = Missing.of(missing)
    if group is not None and holds_sequences(file):
        raise InputError(
            f"{file}: a column {group!r} of groups is for tables; this kind of file has"
            " no columns"
        )
    if suffix == ".ts":
        from ._ts import parse_ts

        return parse_ts(read_content(file), file, encoding=encoding, missing=gone)
    if suffix == ".arff":
        from ._arff import parse_arff

        return parse_arff(read_content(file), file, encoding=encoding, missing=gone)
    if suffix == ".npy":
        from ._npz import read_npz

        return read_npz(file, gone, label)
    if label is None and id is None and _is_archive(file):
        from ._archive import parse_archive

        return parse_archive(read_content(file), file, encoding=encoding, missing=gone)
    if suffix == ".npz":
        from ._npz import read_npz

        return read_npz(file, gone)
    table = open_sequences(
        file, label, id, encoding=encoding, missing=missing, kinds=kinds
    )
    return sequences_of(table, label, id, time, group=group, kinds=kinds, gaps=gaps)


def holds_sequences(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is of a kind for sequences, and no table with columns.

    Parameters
    ----------
    path : str or path
        To a file that is there.
    """
    file = existing_file(path)
    suffix = name_inside(file).suffix.lower()
    return suffix in (".ts", ".arff", ".npz", ".npy") or _is_archive(file)


def _is_archive(file: Path) -> bool:
    """Return whether a file is one of the UCR archive's tables without a header."""
    from ._archive import is_archive_table

    if name_inside(file).suffix.lower() not in (".tsv", ".txt"):
        return False
    return is_archive_table(read_content(file))


def open_sequences(
    path: str | os.PathLike[str],
    label: str | None = None,
    id: str | None = None,  # noqa: A002
    *,
    encoding: str | None = None,
    missing: Given | None = None,
    kinds: Mapping[str, str] | None = None,
) -> Table:
    """Return the table of a file of sequences, ids and labels as they stand there.

    Parameters
    ----------
    path, label, id, encoding, missing, kinds
        As for `read_sequences`.
    """
    names = [name for name in (label, id) if name is not None]
    text = names if id is not None else [*names, *_written(ID_NAMES)]
    told = (kinds or {}).items()
    text += [name for name, kind in told if kind not in (NUMBER, ELAPSED)]
    return open_table(path, encoding=encoding, missing=missing, text=text)


def sequences_of(
    table: Table,
    label: str | None = None,
    id: str | None = None,  # noqa: A002
    time: str | Sequence[str] | None = None,
    channels: Sequence[str] | None = None,
    group: str | None = None,
    kinds: Mapping[str, str] | None = None,
    gaps: Gaps = "off",
) -> Sequences:
    """Return the sequences of a table that was read, with the notes on reading it.

    Parameters
    ----------
    table : Table
    label, id, time
        As for `sequences_from_frame`.
    channels : sequence of str, optional
        Of a long table: the columns to take, in this order. All others if not given.
    group : str, optional
        The column of groups, which is no channel.
    kinds, gaps
        As for `read_sequences`.
    """
    from elman.data.values._labels import typed_labels

    from ._long_wide import from_long, from_wide
    from ._mixed import check_kinds

    frame = table.frame
    if label in table.kept and label in frame.columns:
        typed = table.missing.out_of(typed_labels(frame[label]))
        frame = frame.with_columns(typed)
    whole = frame
    if group is not None:
        frame = frame.drop(require_column(frame, group, table.source))
    check_kinds(frame, kinds or {}, table.source)
    if id is None:
        found = from_wide(frame, label, time, table.source, kinds)
    else:
        found = from_long(frame, id, label, time, table.source, channels, kinds, gaps)
    if group is not None:
        groups = groups_of(whole, group, id, found.ids, table.source)
        found = replace(found, groups=groups)
    return replace(found, source=str(table.source), notes=[*table.notes, *found.notes])


def _written(names: Sequence[str]) -> list[str]:
    """Return names in the ways people write them."""
    ways = [(n, n.upper(), n.capitalize(), n.title()) for n in names]
    return [w for way in ways for w in (*way, way[-1].replace("Id", "ID"))]


def sequences_from_frame(
    frame: pl.DataFrame,
    label: str | None = None,
    id: str | None = None,  # noqa: A002
    time: str | Sequence[str] | None = None,
    source: str = "",
    kinds: Mapping[str, str] | None = None,
    gaps: Gaps = "auto",
) -> Sequences:
    """Return the sequences of a table, long or wide.

    Long, with `id`: one row a step; rows with the same id form a sequence, in
    the order of `time` if that is given. A label that is constant within each
    id belongs to the sequence, one that varies belongs to the steps. Every
    other column is a channel: of numbers, of categories or of short texts. Where
    times vary, the time since the step before is a further one.

    Wide, without `id`: one row a sequence of one channel, its columns the
    steps; missing values at the end of a row make it shorter. A single column of
    words beside the label: each is read character by character.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    label, id : str, optional
        The columns of labels and of ids; no label for prediction.
    time : str or sequence of str, optional
        Columns of times, in a long table.
    source : str
        The file to name in messages.
    kinds, gaps
        As for `read_sequences`.

    Raises
    ------
    InputError
        A column is missing or holds text where numbers belong, a sequence has
        no step, or times repeat beside numbers alone.
    """
    from ._long_wide import from_long, from_wide
    from ._mixed import check_kinds

    check_kinds(frame, kinds or {}, source)
    if id is not None:
        return from_long(frame, id, label, time, source, None, kinds, gaps)
    return from_wide(frame, label, time, source, kinds)

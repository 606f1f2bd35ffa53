"""Which recordings there are, and what folders, names or a table say of each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data._columns import Source, complete_column
from elman.data._table import Table, open_table, read_bytes, reason_of
from elman.data.values._labels import label_notes, typed_labels

from ._pattern import Pattern
from ._read import SOUNDS

PATH_NAMES = (
    *("path", "file", "filename", "file_name", "recording"),
    *("audio", "sound", "wav", "file_path", "filepath"),
)
_SHOWN = 5
_FILL = "fill it, or delete the row"
_HEAD = 65_536  # bytes of a table, to see whether it is one of recordings


@dataclass(frozen=True)
class Listed:
    """Files, and a label and a group of each if they have them.

    Attributes
    ----------
    files : list of path
    names : list of str
        As they are called below the folder, or in the table.
    labels, groups : ndarray or None
        (n,).
    notes : list of str
    """

    files: list[Path]
    names: list[str]
    labels: np.ndarray | None
    groups: np.ndarray | None
    notes: list[str] = field(default_factory=list)


def listed_in(folder: Path, pattern: str | None) -> Listed:
    """Return the recordings below a folder, in the order of their paths.

    Parameters
    ----------
    folder : path
    pattern : str or None
        What their names say; else the sub-folder each is in is its label.

    Raises
    ------
    InputError
        There is none, or a folder cannot be read.
    """
    names, others = _below(folder)
    notes = []
    if others:
        notes.append(
            f"{folder}: {len(others):,} files are no recordings and were left out, such"
            f" as {others[0]}"
        )
    if not names:
        inside = f"; there are {len(others):,} other files" if others else ""
        raise InputError(
            f"{folder} holds no recordings{inside}; put files that end in .wav (or"
            " .flac, .ogg, .mp3) there, in a sub-folder for each label"
        )
    if pattern is None:
        parts = [PurePosixPath(name).parts for name in names]
        bare = [p[0] for p in parts if len(p) == 1]
        labels = None if bare else [p[0] for p in parts]
        if bare and len(bare) < len(parts):
            notes.append(
                f"{folder}: {bare[0]} is in no sub-folder, so that the sub-folders were"
                " not taken for labels"
            )
        groups = None
    else:
        names, labels, groups, left = _by_pattern(folder, names, Pattern(pattern))
        notes += left
    files = [folder.joinpath(*PurePosixPath(name).parts) for name in names]
    return Listed(files, names, _typed(labels), _words(groups), notes)


def listed_by(
    table: Table, label: str | None, group: str | None, column: str
) -> Listed:
    """Return the recordings that a table names.

    Parameters
    ----------
    table : Table
        Paths that are not absolute begin in its folder.
    label, group : str or None
        Columns.
    column : str
        Of the paths.

    Raises
    ------
    InputError
        A column is missing, or one of its rows is empty.
    """
    frame, source = table.frame, table.source
    names = _texts(frame, column, source)
    labels = groups = None
    notes = list(table.notes)
    if label is not None:
        series = complete_column(frame, label, source, _FILL)
        series = table.missing.out_of(typed_labels(series))
        notes += label_notes(series, f"{source}: ")
        labels = series.to_numpy()
    if group is not None:
        groups = complete_column(frame, group, source, _FILL).cast(pl.String).to_numpy()
    home = Path(str(source)).parent
    files = [home / name for name in names]
    return Listed(files, names, labels, groups, notes)


def column_of_paths(frame: pl.DataFrame) -> str | None:
    """Return the column whose values are paths of recordings, if there is one.

    One with a usual name, all of whose values end as the names of such files do.
    """
    for name in frame.columns:
        series = frame[name]
        if name.lower() not in PATH_NAMES or series.dtype != pl.String:
            continue
        present = series.drop_nulls().str.to_lowercase()
        endings = "|".join(re.escape(ending) for ending in SOUNDS)
        if len(present) and present.str.contains(f"(?:{endings})$").all():
            return name
    return None


def may_name_recordings(file: Path) -> bool:
    """Return whether a table's head has a usual name of a column of paths."""
    if file.suffix.lower() in (".parquet", ".pq"):
        return True
    if file.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return False
    head = read_bytes(file, _HEAD).decode("latin-1").lower().replace("\x00", "")
    return any(name in PATH_NAMES for name in re.findall(r"[a-z_]+", head))


def open_list(
    file: Path, label: str | None, group: str | None, how: dict[str, Any]
) -> Table:
    """Return a table of recordings, its labels and groups as they stand there."""
    kept = [name for name in (label, group, *_written()) if name is not None]
    return open_table(file, text=kept, **how)


def _written() -> list[str]:
    return [w for n in PATH_NAMES for w in (n, n.upper(), n.capitalize())]


def _below(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of recordings, and of other files, below a folder."""

    def refuse(error: OSError) -> None:
        raise InputError(
            f"{error.filename} cannot be read ({reason_of(error)}); change its"
            " permissions, or take it out"
        )

    found: list[str] = []
    others: list[str] = []
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):  # of the system, such as ._a.wav
                continue
            path = Path(place, name).relative_to(folder).as_posix()
            is_sound = path.lower().endswith(SOUNDS)
            (found if is_sound else others).append(path)
    return sorted(found), others


def _by_pattern(
    folder: Path, names: list[str], pattern: Pattern
) -> tuple[list[str], list[str] | None, list[str] | None, list[str]]:
    read = [(name, pattern.read(name)) for name in names]
    known = [(name, fields) for name, fields in read if fields is not None]
    if not known:
        shown = ", ".join(names[:_SHOWN])
        raise InputError(
            f"{folder}: no name fits the pattern {pattern.text!r}; they are such as"
            f" {shown}"
        )
    left = [name for name, fields in read if fields is None]
    notes = []
    if left:
        notes.append(
            f"{folder}: {len(left):,} recordings do not fit {pattern.text!r} and were"
            f" left out, such as {left[0]}"
        )
    columns = [
        [fields[name] for _, fields in known] if name in pattern.fields else None
        for name in ("label", "group")
    ]
    return [name for name, _ in known], columns[0], columns[1], notes


def _typed(labels: list[str] | None) -> np.ndarray | None:
    if labels is None:
        return None
    return typed_labels(pl.Series("label", labels, dtype=pl.String)).to_numpy()


def _words(groups: list[str] | None) -> np.ndarray | None:
    return None if groups is None else np.array(groups, dtype=object).astype(str)


def _texts(frame: pl.DataFrame, column: str, source: Source) -> list[str]:
    series = complete_column(frame, column, source, _FILL)
    if series.dtype != pl.String:
        raise InputError(
            f"{source}: column {column!r} holds {series.dtype} values, not paths of"
            " recordings"
        )
    return series.to_list()

"""Tables from files: CSV, TSV, Parquet, and the .tsf of many series."""

from __future__ import annotations

import difflib
import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from elman._errors import InputError

from ._columns import Source
from ._room import check_room
from .panel._layout import Layout
from .panel._tsf import parse_tsf
from .text._csv import parse_csv
from .text._encoding import check_encoding
from .text._gzip import is_packed, name_inside, unpacked
from .values._missing import Given, Missing, without_missing

_LOG = logging.getLogger("elman.data")
# Bytes of a number in memory, or of the reference to a text.
_CELL = 8
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x89HDF": "an HDF5 file; export the table as CSV or Parquet",
    b"%PDF": "a PDF document; export the table as CSV",
    b"BZh": "bzip2 data; unpack it first",
    b"\xfd7zXZ": "xz data; unpack it first",
    b"\x28\xb5\x2f\xfd": "zstd data; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
    b"ARROW1": "an Arrow file; save it as Parquet",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"\x93NUMPY": "a NumPy array; save it as .npz with the keys X and y",
}


@dataclass(frozen=True)
class Table:
    """A frame, and what was decided while it was read.

    Attributes
    ----------
    frame : DataFrame
    notes : list of str
        Each names the file.
    source : Source
        The file's name for messages, and the lines of the rows; empty where the data
        did not come from a file.
    kept : tuple of str
        Columns of a text file that were kept as the texts that stand there.
    missing : Missing
        What was said to be missing.
    layout : Layout or None
        Which column is what, where the file says so.
    """

    frame: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    source: Source = field(default_factory=lambda: Source(""))
    kept: tuple[str, ...] = ()
    missing: Missing = field(default_factory=Missing)
    layout: Layout | None = None


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    missing: Given | None = None,
    text: Sequence[str] = (),
) -> pl.DataFrame:
    """Read a CSV, TSV, Parquet or ``.tsf`` file.

    The delimiter of a text file is found (comma, semicolon, tab, bar or blanks), and
    its header: comments and titles above it are skipped. Its encoding is UTF-8 or
    UTF-16; other bytes are taken for Windows' western or Cyrillic letters. A column
    whose values are all whole numbers, numbers or true/false gets that type, whether
    with decimal points or commas; any other stays text. Empty fields, and in columns
    of numbers NA, N/A, NaN, null, none, ``?`` and ``-``, are missing values. What was
    decided beyond that is logged as a warning of ``elman.data``.

    Parameters
    ----------
    path : str or path
        The file.
    encoding : str, optional
        Of a text file, such as ``"cp1252"``; found if not given.
    missing : number, str or sequence of them, optional
        Further values that stand for missing ones, such as ``[-9999, "n.a."]``.
    text : sequence of str
        Columns of names, such as ids: they stay the texts that stand in the file.

    Returns
    -------
    polars.DataFrame
        One column for each in the file, in its order.

    Raises
    ------
    InputError
        The file cannot be read as a table: one line naming the file, the row
        (the line in the file, from 1) and what to do.
    """
    table = open_table(path, encoding=encoding, missing=missing, text=text)
    for note in table.notes:
        _LOG.warning(note)
    return table.frame


def open_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    missing: Given | None = None,
    text: Sequence[str] = (),
    words: Sequence[str] = (),
) -> Table:
    """Return a file's table with the notes made on the way.

    Parameters
    ----------
    path, encoding, missing, text
        As for `read_table`.
    words : sequence of str
        Columns of categories: words whatever they look like, but for those that
        mean missing in a column of words.

    Raises
    ------
    InputError
        As `read_table`.
    """
    file = existing_file(path)
    gone = Missing.of(missing)
    if encoding is not None:
        check_encoding(encoding)
    head = read_bytes(file, 16)
    notes: list[str] = []
    lines: np.ndarray | None = None
    kept: tuple[str, ...] = ()
    layout: Layout | None = None
    inside = name_inside(file).suffix.lower()
    if file.suffix.lower() in (".parquet", ".pq") or head.startswith(b"PAR1"):
        frame = without_missing(_read_parquet(file), gone)
    elif inside == ".tsf":
        frame, layout, notes = parse_tsf(read_content(file), file, encoding)
        frame = without_missing(frame, gone)
    else:
        if inside in (".ts", ".arff"):
            raise InputError(
                f"{file}: a {inside} file holds many sequences, not one table; use it"
                " with 'elman train classify' or elman.data.read_sequences"
            )
        content = read_content(file)
        for magic, what in _FOREIGN.items():
            if content.startswith(magic):
                raise InputError(f"{file}: this is {what}")
        parsed = parse_csv(
            content,
            file,
            encoding=encoding,
            missing=gone,
            keep=text,
            words=words,
        )
        frame, lines, kept = parsed.frame, parsed.lines, tuple(text)
        notes = [f"{file}: {note}" for note in parsed.notes]
    if frame.height == 0:
        raise InputError(f"{file}: there is a header but no row of data below it")
    return Table(frame, notes, Source(file, lines), kept, gone, layout)


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Return the path if a regular file is there, else say what is near it."""
    try:
        file = Path(path)
        if file.is_dir():
            tables = sorted(p.name for p in file.iterdir() if p.is_file())[:5]
            inside = f" (it holds {', '.join(tables)})" if tables else ""
            raise InputError(f"{file}: this is a folder{inside}; name a file in it")
        if file.is_file():
            return file
        if file.exists():
            raise InputError(f"{file}: this is not a regular file")
        siblings = (
            [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else None
        )
    except InputError:
        raise
    # A path with a null byte is a ValueError.
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be opened ({reason_of(error)})") from None
    if siblings is None:
        raise InputError(f"{file}: no such file; there is no folder {file.parent}")
    near = difflib.get_close_matches(file.name, siblings, n=1, cutoff=0.5)
    hint = f"; did you mean {str(file.parent / near[0])!r}?" if near else ""
    raise InputError(f"{file}: no such file{hint}")


def read_bytes(file: Path, count: int = -1) -> bytes:
    """Return the first `count` bytes of a file, or all of it."""
    try:
        with file.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({reason_of(error)})") from None


def read_content(file: Path) -> bytes:
    """Return a file's content, unpacked if it was packed with gzip."""
    data = read_bytes(file)
    return unpacked(data, file) if is_packed(data) else data


def _read_parquet(file: Path) -> pl.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scan = pl.scan_parquet(file, glob=False)
            rows = int(scan.select(pl.len()).collect().item())
            check_room(file, rows * len(scan.collect_schema()) * _CELL)
            frame = pl.read_parquet(file, glob=False)
    except BaseException as error:
        # The reader's own panics derive from BaseException.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError, InputError)):
            raise
        raise InputError(
            f"{file}: this is not a readable Parquet file ({reason_of(error)});"
            " write it again, or save it as CSV"
        ) from None
    if frame.width == 0:
        raise InputError(f"{file}: the table has no columns")
    return frame


def reason_of(error: BaseException) -> str:
    """Return the first line of an error, without the path the message has already."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__

"""Tables from files: CSV, TSV and Parquet."""

from __future__ import annotations

import difflib
import os
import warnings
from pathlib import Path

import polars as pl

from elman._errors import InputError

from ._csv import parse_csv
from ._room import check_room

# Bytes of a number in memory, or of the reference to a text.
_CELL = 8
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x89HDF": "an HDF5 file; export the table as CSV or Parquet",
    b"%PDF": "a PDF document; export the table as CSV",
    b"\x1f\x8b": "gzip data; unpack it first",
    b"BZh": "bzip2 data; unpack it first",
    b"\xfd7zXZ": "xz data; unpack it first",
    b"\x93NUMPY": "a NumPy array; save it as .npz with the keys X and y",
}


def read_table(path: str | os.PathLike[str]) -> pl.DataFrame:
    """Read a CSV, TSV or Parquet file.

    The delimiter of a text file is found (comma, semicolon, tab or bar), its
    encoding is UTF-8, UTF-16 with a mark, or else Latin-1. Empty fields and NA,
    N/A, NaN, null, none, ``?`` and ``-`` are missing values. A column whose
    values are all whole numbers, numbers or true/false gets that type; any
    other stays text.

    Parameters
    ----------
    path : str or path
        The file.

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
    file = existing_file(path)
    head = read_bytes(file, 8)
    if file.suffix.lower() in (".parquet", ".pq") or head.startswith(b"PAR1"):
        frame = _read_parquet(file)
    else:
        if file.suffix.lower() == ".ts":
            raise InputError(
                f"{file}: a .ts file holds many sequences, not one table; use it"
                " with 'elman train classify' or elman.data.read_sequences"
            )
        for magic, what in _FOREIGN.items():
            if head.startswith(magic):
                raise InputError(f"{file}: this is {what}")
        frame = parse_csv(read_bytes(file), file)
    if frame.height == 0:
        raise InputError(f"{file}: there is a header but no row of data below it")
    return frame


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

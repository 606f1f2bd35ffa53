"""Tables larger than memory, turned into arrays that are read from disk as needed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError
from elman._files import parse_json, read_file, replace_durably, sync_directory

from ._columns import require_column
from ._table import existing_file, reason_of

_PART_BYTES = 16 * 2**20
# Of a column's range: rounding by more is no longer of no importance.
_LOSS = 1e-3
_NOTE_LIMIT = 2**20
_KINDS = {"float32": np.float32, "float64": np.float64, "int64": np.int64}


def to_memmap(
    path: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    dtype: str = "float32",
) -> np.ndarray:
    """Turn columns of a Parquet or Arrow file into an array on disk.

    The table is read some rows at a time, whatever its size. The array is a plain
    ``.npy`` file; beside it a note says what it was made from, and where that has
    not changed the array is only opened. A file being written has another name
    until it is whole.

    Parameters
    ----------
    path : str or path
        ``.parquet``, ``.pq``, ``.arrow``, ``.feather`` or ``.ipc``.
    destination : str or path
        The ``.npy`` file to write.
    columns : sequence of str or None
        Numbers, in this order. None: all.
    dtype : {"float32", "float64", "int64"}
        Missing values become NaN; for whole numbers they are an error. A column
        that float32's seven digits would flatten, such as seconds since 1970, is
        refused.

    Returns
    -------
    ndarray
        (rows, columns), read-only: a memory map of the file, which
        `elman.training.Rows` and `elman.training.Streams` read as they need.

    Raises
    ------
    InputError
        The table cannot be read, a column is missing or does not hold numbers, or
        the disk is full: one line that names the file.
    """
    if dtype not in _KINDS:
        raise InputError(f"dtype must be one of {', '.join(_KINDS)}, got {dtype!r}")
    source, target = existing_file(path), Path(destination)
    if target.suffix != ".npy":
        raise InputError(f"{target}: name a file that ends in .npy")
    scan, rows, names = _opened(source, columns)
    stat = source.stat()
    note = {
        "source": str(source.absolute()),
        "bytes": stat.st_size,
        "changed": stat.st_mtime_ns,
        "columns": names,
        "dtype": dtype,
    }
    beside = target.with_name(f"{target.name}.json")
    if _noted(beside) != note or not target.exists():
        try:
            _write(target, _parts(scan, source, rows, names, dtype), rows, names, dtype)
            replace_durably(beside, json.dumps(note, indent=1).encode())
        except OSError as error:
            raise InputError(
                f"{target}: cannot be written ({reason_of(error)})"
            ) from None
    found = open_memmap(target)
    if found.shape != (rows, len(names)) or found.dtype != dtype:
        raise InputError(f"{target} is not what {beside.name} says; delete both")
    return found


def open_memmap(path: str | os.PathLike[str]) -> np.ndarray:
    """Open a ``.npy`` file without reading it; nothing in it is run.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    ndarray
        Read-only memory map.

    Raises
    ------
    InputError
        It is damaged, or holds Python objects: one line that names it.
    """
    file = existing_file(path)
    try:
        found: np.ndarray = np.lib.format.open_memmap(file, mode="r")
    except Exception as error:  # struct, ast, numpy or the system
        raise InputError(
            f"{file}: this is not a sound .npy file of numbers ({reason_of(error)})"
        ) from None
    if found.dtype.kind not in "biuf":
        raise InputError(f"{file} holds {found.dtype}, not numbers")
    return found


def _opened(
    source: Path, columns: Sequence[str] | None
) -> tuple[pl.LazyFrame, int, list[str]]:
    arrow = source.suffix.lower() in (".arrow", ".feather", ".ipc")
    try:
        scan = pl.scan_ipc(source) if arrow else pl.scan_parquet(source, glob=False)
        schema = scan.collect_schema()
        rows = int(scan.select(pl.len()).collect().item())
    except BaseException as error:  # the reader's own panics derive from that
        _pass_on(error)
        kind = "Arrow" if arrow else "Parquet"
        raise InputError(
            f"{source}: this is not a readable {kind} file ({reason_of(error)})"
        ) from None
    if columns is not None:
        empty = pl.DataFrame(schema=schema)
        for name in columns:
            require_column(empty, name, source)
    names = list(schema) if columns is None else list(columns)
    if not rows or not names:
        raise InputError(f"{source}: there is no row or no column to read")
    for name in names:
        if not (schema[name].is_numeric() or schema[name] == pl.Boolean):
            raise InputError(
                f"{source}: column {name!r} holds {schema[name]}, no numbers"
            )
    return scan.select(names), rows, names


def _parts(
    scan: pl.LazyFrame, source: Path, rows: int, names: list[str], dtype: str
) -> Iterator[np.ndarray]:
    """Yield the rows in order, about `_PART_BYTES` at a time."""
    loss = _Loss(names)
    step = max(1, _PART_BYTES // (8 * len(names)))
    for start in range(0, rows, step):
        try:
            part = scan.slice(start, step).collect()
        except BaseException as error:
            _pass_on(error)
            raise InputError(
                f"{source}: rows {start + 1} to {min(rows, start + step)} cannot be "
                f"read ({reason_of(error)})"
            ) from None
        if dtype == "int64":
            _check_whole(part, source, start)
        cast = part.cast(pl.Int64 if dtype == "int64" else pl.Float64)
        values = cast.to_numpy()
        with np.errstate(over="ignore"):
            kept = values.astype(_KINDS[dtype])
        if dtype == "float32":
            loss.look(values, kept)
        yield kept
    if dtype == "float32":
        loss.check(source)


class _Loss:
    """What rounding to single precision takes from each column."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.low = np.full(len(names), np.inf)
        self.high = np.full(len(names), -np.inf)
        self.error = np.zeros(len(names))

    def look(self, values: np.ndarray, kept: np.ndarray) -> None:
        """Take some rows, as they are and as they are kept, into account."""
        with np.errstate(invalid="ignore"):
            error = np.abs(values - kept)
        self.error = np.fmax(self.error, np.fmax.reduce(error, axis=0))
        self.low = np.fmin(self.low, np.fmin.reduce(values, axis=0))
        self.high = np.fmax(self.high, np.fmax.reduce(values, axis=0))

    def check(self, source: Path) -> None:
        """Raise for a column whose rounding shows beside the range of its values."""
        with np.errstate(invalid="ignore"):
            spread = self.high - self.low
        for i in np.flatnonzero((self.error > _LOSS * spread) & (spread > 0)):
            raise InputError(
                f"{source}: column {self.names[i]!r} lies between {self.low[i]:.10g}"
                f" and {self.high[i]:.10g}, and float32 would change it by up to"
                f" {self.error[i]:.3g}; set dtype='float64', subtract an offset first,"
                " or leave the column out"
            )


def _check_whole(part: pl.DataFrame, source: Path, start: int) -> None:
    for column in part:
        whole = column.dtype.is_integer() or column.dtype == pl.Boolean
        if not whole or column.null_count():
            raise InputError(
                f"{source}: column {column.name!r} has values from row {start + 1} on "
                "that are no whole numbers; set dtype='float32'"
            )


def _write(
    target: Path, parts: Iterator[np.ndarray], rows: int, names: list[str], dtype: str
) -> None:
    partial = target.with_name(f".{target.name}.partial")
    written = 0
    try:
        with open(partial, "wb") as file:
            header: Any = {
                "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                "fortran_order": False,
                "shape": (rows, len(names)),
            }
            np.lib.format.write_array_header_1_0(file, header)
            for part in parts:
                file.write(np.ascontiguousarray(part).data)
                written += len(part)
            file.flush()
            os.fsync(file.fileno())
        if written != rows:
            raise InputError(f"the table says {rows} rows and has {written}")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    sync_directory(target.absolute().parent)


def _noted(path: Path) -> Any:
    try:
        return parse_json(read_file(path, _NOTE_LIMIT), path)
    except (OSError, InputError):
        return None


def _pass_on(error: BaseException) -> None:
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        raise error

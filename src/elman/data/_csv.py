"""Delimited text: bytes in, a typed frame out, and every error with its line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

from elman._errors import InputError

MISSING = ("", "NA", "N/A", "NaN", "null", "none", "nil", "?", "-", "#N/A", "<NA>")
_MISSING = sorted({word.lower() for word in MISSING})
_LONGEST = max(map(len, _MISSING))
_DELIMITERS = ",;\t|"
_BLOCK = 50_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_DECIMAL_COMMA = r"^[+-]?\d+(,\d+)?$"


def parse_csv(data: bytes, source: Path) -> pl.DataFrame:
    """Return delimited text as a frame of whole numbers, numbers, booleans and text.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : path
        The file to name in messages.

    Raises
    ------
    InputError
        Empty, binary, ragged, without a header or with a column named twice.
    """
    text = decode(data, source)
    delimiter = _sniff(text)
    records = _records(text, delimiter, source)
    try:
        first_line, header = next(records)
    except StopIteration:
        raise InputError(f"{source}: the file is empty") from None
    names = _names(header, first_line, source)
    blocks = list(_blocks(records, len(names), source))
    columns = [
        _typed(
            pl.concat([block[i] for block in blocks])
            if blocks
            else pl.Series([], dtype=pl.String),
            decimal_comma=delimiter == ";",
        ).alias(name)
        for i, name in enumerate(names)
    ]
    return pl.DataFrame(columns)


def decode(data: bytes, source: Path) -> str:
    """Return text from UTF-8, marked UTF-16 or Latin-1 bytes; reject binary data."""
    if not data.strip():
        raise InputError(f"{source}: the file is empty")
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if _CONTROL.search(text):
        raise InputError(
            f"{source}: this is binary data, not a text table;"
            " give a CSV, TSV or Parquet file"
        )
    return text


def _sniff(text: str) -> str:
    """Return the delimiter that splits the header into the most fields."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=bare.count)


def _records(
    text: str, delimiter: str, source: Path
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it starts on; blank lines at the end are cut."""
    reader = csv.reader(
        io.StringIO(text.rstrip("\r\n "), newline=""),
        delimiter=delimiter,
        skipinitialspace=True,
    )
    line = 1
    begun = False
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "; is a quote left open?" if "limit" in str(error) else ""
            raise InputError(f"{source}, row {line}: {error}{hint}") from None
        if fields or begun:
            begun = True
            yield line, fields
        line = reader.line_num + 1


def _names(header: list[str], line: int, source: Path) -> list[str]:
    names = [name.strip() for name in header]
    if len(names) > 1 and all(_is_number(name) for name in names):
        numbers = [float(name) for name in names]
        if numbers[0] % 1 or any(b - a != 1 for a, b in pairwise(numbers)):
            raise InputError(
                f"{source}, row {line}: the first line holds numbers where the names"
                " of the columns belong; add a header line"
            )
    taken = set(names)
    for i, name in enumerate(names):
        if not name:
            fresh = f"column_{i + 1}"
            while fresh in taken:
                fresh += "_"
            taken.add(fresh)
            names[i] = fresh
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(
                f"{source}, row {line}: the header names the column {name[:60]!r}"
                f" {count} times; rename all but one"
            )
    return names


def _blocks(
    records: Iterator[tuple[int, list[str]]], width: int, source: Path
) -> Iterator[list[pl.Series]]:
    """Yield columns of text, a block of rows at a time: full text never piles up."""
    rows: list[list[str]] = []
    for line, fields in records:
        if len(fields) != width:
            if not fields:
                # A blank line is a row without values: rows keep their numbers.
                fields = [""] * width
            elif len(fields) == width + 1 and not fields[-1].strip():
                # Some writers end every row, but not the header, with a delimiter.
                fields = fields[:width]
            else:
                raise InputError(
                    f"{source}, row {line}: {len(fields)} fields where the header"
                    f" has {width}; correct the row, or quote fields that hold the"
                    " delimiter"
                )
        rows.append(fields)
        if len(rows) == _BLOCK:
            yield _columns(rows)
            rows = []
    if rows:
        yield _columns(rows)


def _columns(rows: list[list[str]]) -> list[pl.Series]:
    blocks = []
    for column in zip(*rows, strict=True):
        series = pl.Series(column, dtype=pl.String).str.strip_chars()
        # Most values are longer than any word for a missing one.
        if (series.str.len_bytes() <= _LONGEST).any():
            missing = series.str.to_lowercase().is_in(_MISSING)
            series = series.zip_with(~missing, _nulls(len(series)))
        blocks.append(series)
    return blocks


def _nulls(count: int) -> pl.Series:
    return pl.Series([None] * count, dtype=pl.String)


def _typed(series: pl.Series, *, decimal_comma: bool) -> pl.Series:
    """Return the column as the narrowest of Int64, Float64, Boolean and String."""
    missing = series.null_count()
    if missing == len(series):
        return series
    if decimal_comma and series.str.contains(_DECIMAL_COMMA).all():
        series = series.str.replace(",", ".", literal=True)
    for dtype in (pl.Int64, pl.Float64):
        cast = series.cast(dtype, strict=False)
        if cast.null_count() == missing:
            return cast
    lower = series.str.to_lowercase()
    if lower.is_in(["true", "false"]).all():
        return lower == "true"
    return series


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

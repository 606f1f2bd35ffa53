"""The rows below a header, as columns of text with the line of each row."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from elman._errors import InputError

from ._layout import SPACES, Layout, is_comment, split_spaces

_BLOCK = 100_000


@dataclass
class Rows:
    """Columns of text.

    Attributes
    ----------
    columns : list of Series
        Without blanks around the texts; null where a field is empty.
    lines : array of int
        The line of each row, from 1.
    notes : list of str
    """

    columns: list[pl.Series]
    lines: array[int]
    notes: list[str] = field(default_factory=list)


@dataclass
class _Body:
    """What is counted while rows are read."""

    width: int
    layout: Layout
    source: Path
    lines: array[int] = field(default_factory=lambda: array("q"))
    blank: array[int] = field(default_factory=lambda: array("q"))
    comments: int = 0

    def fit(self, line: int, fields: list[str], whole: str) -> list[str] | None:
        """Return the fields of a row, None for a line that is none, else raise."""
        count, width = len(fields), self.width
        if not fields or (width > 1 and not whole.strip()):
            self.blank.append(line)
            return [""] if width == 1 else None
        if count == width:
            if width == 1 and not whole.strip():
                self.blank.append(line)
            return fields
        if count == width + 1 and not fields[-1].strip():
            # Some writers end every row, but not the header, with a delimiter.
            return fields[:width]
        if is_comment(whole):
            self.comments += 1
            return None
        at = self.layout.header
        header = "the header" if at == 1 else f"the header in row {at}"
        hint = " (is a quote left open?)" if "\n" in whole else ""
        raise InputError(
            f"{self.source}, row {line}: {count} fields where {header} has"
            f" {width}{hint}; correct the row, quote fields that hold the delimiter,"
            " and mark lines above the header or below the table with #"
        )


def text_rows(text: str, layout: Layout, width: int, source: Path) -> Rows:
    """Return the rows below the header.

    Blank lines and comments are no rows; in a table of one column a blank line is a
    missing value, except where every other line is blank.

    Raises
    ------
    InputError
        A row has another number of fields than the header.
    """
    body = _Body(width, layout, source)
    plain = '"' not in text and layout.delimiter != SPACES
    blocks = list(_plain_blocks(text, body) if plain else _quoted_blocks(text, body))
    columns = [
        pl.concat([block[i] for block in blocks])
        if blocks
        else pl.Series([], dtype=pl.String)
        for i in range(width)
    ]
    rows = Rows(columns, body.lines)
    _drop_blanks(rows, body)
    _drop_empty_end(rows)
    if body.comments:
        rows.notes.append(f"{_count(body.comments, 'comment')} amid the rows left out")
    return rows


def _plain_blocks(text: str, body: _Body) -> Iterator[list[pl.Series]]:
    """Yield columns of a text without quotes: its lines are its records."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter, header = body.layout.delimiter, body.layout.header
    for start in range(header, len(lines), _BLOCK):
        block = lines[start : start + _BLOCK]
        series = pl.Series(block, dtype=pl.String)
        counts = series.str.count_matches(delimiter, literal=True)
        odd = (counts != body.width - 1) | ~series.str.contains(r"\S")
        if odd.any():
            good = []
            at = set(odd.arg_true().to_list())
            for i, line in enumerate(block):
                number = start + i + 1
                if i not in at:
                    good.append(line)
                    body.lines.append(number)
                    continue
                fields = body.fit(number, line.split(delimiter), line)
                if fields is not None:
                    good.append(delimiter.join(fields))
                    body.lines.append(number)
            series = pl.Series(good, dtype=pl.String)
        else:
            body.lines.extend(range(start + 1, start + len(block) + 1))
        if len(series):
            yield _fields(series, delimiter, body.width)


def _fields(series: pl.Series, delimiter: str, width: int) -> list[pl.Series]:
    if width == 1:
        return [_stripped(series)]
    split = series.str.split_exact(delimiter, width - 1)
    return [_stripped(part) for part in split.struct.unnest().get_columns()]


def _stripped(series: pl.Series) -> pl.Series:
    series = series.str.strip_chars()
    empty = (series == "").fill_null(True)
    if not empty.any():
        return series
    return series.zip_with(~empty, pl.Series([None] * len(series), dtype=pl.String))


def _quoted_blocks(text: str, body: _Body) -> Iterator[list[pl.Series]]:
    """Yield columns, a block of rows at a time: full text never piles up."""
    rows: list[list[str]] = []
    for line, fields in _records(text, body):
        if line <= body.layout.header:
            continue
        whole = body.layout.delimiter.join(fields)
        fitted = body.fit(line, fields, whole)
        if fitted is None:
            continue
        rows.append(fitted)
        body.lines.append(line)
        if len(rows) == _BLOCK:
            yield _turned(rows)
            rows = []
    if rows:
        yield _turned(rows)


def _turned(rows: list[list[str]]) -> list[pl.Series]:
    return [
        _stripped(pl.Series(column, dtype=pl.String))
        for column in zip(*rows, strict=True)
    ]


def _records(text: str, body: _Body) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it starts on, lines above the header too."""
    delimiter = body.layout.delimiter
    stream = io.StringIO(text, newline="")
    if delimiter == SPACES:
        for number, whole in enumerate(stream, start=1):
            yield number, split_spaces(whole)
        return
    # Above the header quotes need not be closed.
    for number in range(1, body.layout.header):
        yield number, [next(stream)]
    reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=True)
    above = line = body.layout.header - 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "; is a quote left open?" if "limit" in str(error) else ""
            raise InputError(f"{body.source}, row {line + 1}: {error}{hint}") from None
        yield line + 1, fields
        line = above + reader.line_num


def _drop_blanks(rows: Rows, body: _Body) -> None:
    """Say what became of blank lines; take them out where every other one is."""
    if not body.blank:
        return
    count, all_rows = len(body.blank), len(rows.lines)
    if body.width > 1:
        if count < all_rows:
            rows.notes.append(
                f"{_count(count, 'blank line')} between the rows left out, the first"
                f" in row {body.blank[0]}"
            )
        return
    filled = all_rows - count
    gaps = {b - a for a, b in zip(body.blank, body.blank[1:], strict=False)}
    if filled - 1 <= count <= filled + 1 and gaps <= {2}:
        keep = rows.columns[0].is_not_null()
        rows.columns = [column.filter(keep) for column in rows.columns]
        blank = set(body.blank)
        rows.lines = array("q", (n for n in rows.lines if n not in blank))
        return
    rows.notes.append(
        f"{_count(count, 'blank line')} read as missing values, the first in row"
        f" {body.blank[0]}"
    )


def _drop_empty_end(rows: Rows) -> None:
    """Cut rows without any value off the end, which spreadsheets leave there."""
    if len(rows.columns) < 2 or not len(rows.lines):
        return
    empty = rows.columns[0].is_null()
    if not empty[-1]:
        return
    for column in rows.columns[1:]:
        empty &= column.is_null()
    filled = (~empty).arg_true()
    height = int(filled[-1]) + 1 if len(filled) else 0
    cut = len(rows.lines) - height
    if cut:
        rows.columns = [column.head(height) for column in rows.columns]
        rows.lines = rows.lines[:height]
        rows.notes.append(f"{_count(cut, 'row')} without any value at the end left out")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

"""Delimited text: bytes in, a typed frame out, and every error with its line."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from elman._errors import InputError
from elman.data.values._missing import Missing
from elman.data.values._numbers import Place, read_columns

from ._encoding import decode
from ._layout import Layout, find_layout
from ._rows import text_rows

_SUMMARY = (
    r"(?i)^(grand[ -]?|sub[ -]?)?(total|totals|sum|summe|gesamt|insgesamt|somme)\b"
)
_SHOWN = 3
# What a text is that is no table, by how it begins.
_KINDS = (
    (r"<(!doctype|html|head|body|table)\b", "a web page (HTML); save the table as CSV"),
    (r"<\?xml", "XML; export the table as CSV"),
    (r"[\[{]\s*([\[{\]}\"]|$)", "JSON; write the table as CSV or Parquet"),
    (
        r"(?:.*\n){0,3}\+[-=]{2,}[-=+]*[ \t]*\r?\n\s*\|",
        "a table drawn with lines, as databases print it; no delimiter was found,"
        " export the table as CSV",
    ),
    (
        r"(%.*\n|\s*\n)*@relation\b(?s:.*)@attribute\b",
        "an ARFF file; read it with"
        " scipy.io.arff and save CSV, or use the archive's .ts file",
    ),
    (
        r"(#.*\n|\s*\n)*@(relation|attribute|frequency|horizon)\b",
        "a .tsf file, many"
        " series in one; save the series you need as CSV with one row a step",
    ),
    (
        r"(#.*\n|\s*\n)*@(problemname|timestamps|univariate|data)\b",
        "a .ts file of sequences; give it a name that ends in .ts",
    ),
)


@dataclass(frozen=True)
class Parsed:
    """A table of text, read.

    Attributes
    ----------
    frame : DataFrame
    notes : list of str
        What was decided on the way; the file is not named.
    lines : ndarray or None
        The line of each row; None where they follow the header without a gap.
    """

    frame: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    lines: np.ndarray | None = None


def parse_csv(
    data: bytes,
    source: Path,
    *,
    encoding: str | None = None,
    missing: Missing | None = None,
    keep: Sequence[str] = (),
    words: Sequence[str] = (),
) -> Parsed:
    """Return delimited text as a frame of whole numbers, numbers, booleans and text.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : path
        The file to name in messages.
    encoding : str, optional
        Of the bytes; found if not given.
    missing : Missing, optional
        What counts as missing beside the usual words.
    keep : sequence of str
        Columns of names (ids, labels): they stay the texts that stand in the file.
    words : sequence of str
        Columns of categories: words whatever they look like.

    Raises
    ------
    InputError
        Empty, binary, ragged, without a header, with a column named twice, or with
        numbers in two notations.
    """
    decoded = decode(data, source, encoding)
    text, notes = decoded.text.rstrip("\r\n "), list(decoded.notes)
    _check_kind(text, source)
    layout = find_layout(text)
    names = _names(layout, source)
    if layout.skipped:
        notes.append(_skipped(layout))
    rows = text_rows(text, layout, len(names), source)
    notes += rows.notes
    first = layout.header + 1
    lines = rows.lines if _is_irregular(rows.lines, first) else None
    series = [s.alias(name) for s, name in zip(rows.columns, names, strict=True)]
    series = [s for s in series if not _is_spare(s, layout)]
    place = Place(str(source), lines, layout.header)
    notes += _undivided(series, place)
    _check_summary(series, place)
    columns, more = read_columns(
        series, layout.delimiter, place, missing or Missing(), keep, words
    )
    shown = np.asarray(lines) if lines is not None else None
    if lines is None and layout.header != 1:
        shown = np.arange(first, first + len(columns[0]))
    return Parsed(pl.DataFrame(columns), notes + more, shown)


def _check_kind(text: str, source: Path) -> None:
    """Raise for a text that is known not to be a table."""
    for pattern, what in _KINDS:
        if re.match(pattern, text[:20_000].lstrip(), re.IGNORECASE):
            raise InputError(f"{source}: this is {what}")


def _undivided(columns: Sequence[pl.Series], place: Place) -> list[str]:
    """Return a note where one column may be several that blanks divide.

    Raises
    ------
    InputError
        Several blanks divide the header and most rows: columns of fixed width.
    """
    if len(columns) != 1:
        return []
    name, rows = columns[0].name, columns[0].drop_nulls()
    for gap in (r"\S(?: {2,}|\t)\s*\S", r"\S\s+\S"):
        divided = int(rows.str.contains(gap).sum())
        if not re.search(gap, name) or 2 * divided <= len(rows):
            continue
        what = (
            f"no delimiter was found: the header {name[:60]!r} is one column, and"
            f" {divided:,} of {len(rows):,} rows have blanks in them as well"
        )
        if "{2,}" in gap:
            raise InputError(
                f"{place.source}, row {place.header}: {what}; columns of fixed width"
                " are not read, save the table as CSV"
            )
        return [f"{what}; if they divide columns, save the table as CSV"]
    return []


def _names(layout: Layout, source: Path) -> list[str]:
    line = layout.header
    names = [re.sub(r"\s*[\r\n]+\s*", " ", name.strip()) for name in layout.names]
    if len(names) > 1 and all(_is_number(name) for name in names):
        numbers = [float(name) for name in names]
        if numbers[0] % 1 or any(b - a != 1 for a, b in pairwise(numbers)):
            _refuse_header(names, line, source)
    if layout.headless:
        _refuse_header(names, line, source)
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


def _refuse_header(names: list[str], line: int, source: Path) -> None:
    archive = source.suffix.lower() in (".tsv", ".txt")
    hint = "; of a file of the UCR archive, name no label and no id" if archive else ""
    raise InputError(
        f"{source}, row {line}: the first line holds numbers or times"
        f" ({', '.join(names)[:30]}) where the names of the columns belong; add a"
        f" header line{hint}"
    )


def _skipped(layout: Layout) -> str:
    count = len(layout.skipped)
    shown = "; ".join(repr(line[:40]) for line in layout.skipped[:_SHOWN])
    more = ", …" if count > _SHOWN else ""
    lines = f"{count} line{'' if count == 1 else 's'}"
    return (
        f"the header was found in row {layout.header}; {lines} above it skipped"
        f" ({shown}{more})"
    )


def _is_irregular(lines: array[int], first: int) -> bool:
    return bool(len(lines)) and lines[-1] - first + 1 != len(lines)


def _is_spare(series: pl.Series, layout: Layout) -> bool:
    """Return whether a column has neither a name nor a value."""
    if not series.name.startswith("column_") or series.null_count() < len(series):
        return False
    return series.name not in [name.strip() for name in layout.names]


def _check_summary(columns: Sequence[pl.Series], place: Place) -> None:
    """Raise where the last row is the sum of the others by what it is called."""
    first = columns[0] if columns else pl.Series([], dtype=pl.String)
    if len(first) < 3 or first[-1] is None or not re.match(_SUMMARY, first[-1]):
        return
    if len(columns) > 1 and not first.head(len(first) - 1).str.contains(_SUMMARY).any():
        raise InputError(
            f"{place.source}, {place.row(len(first) - 1)}: {first[-1][:30]!r} looks"
            " like a summary of the rows above; delete the row, or rename it if it is"
            " data"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

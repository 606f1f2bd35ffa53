"""How a delimited text is laid out: its delimiter, and where its header stands."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ._encoding import lines_of

DELIMITERS = ",;\t|"
SPACES = " "
_COMMENT = re.compile(r"^\s*(#|%|//|!)")
_SAMPLE_CHARACTERS, _SAMPLE_LINES = 200_000, 300
_SEPARATOR = re.compile(r"^sep=([,;|\t])[ ]*(?:\r\n|\n|\r)(?=.)", re.IGNORECASE)
# Of the rows, so many at least have as many fields as the header.
_AGREE = 0.5
_MOST_VALUED = 3
_NUMBER = re.compile(r"^[+-]?(\d+([.,]\d+)*[.,]?|[.,]\d+)([eE][+-]?\d+)?$")
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|^\d{1,2}:\d{2}")
_YEAR = re.compile(r"^(1[89]|20)\d\d$")
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+(,\d+)?$")

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Layout:
    """Where the table is in a text.

    Attributes
    ----------
    delimiter : str
        A blank stands for any run of blanks and tabs.
    header : int
        The line of the header, from 1.
    skipped : list of str
        What stood above it, blank lines apart.
    names : list of str
        The fields of the header; the sign of a comment is taken off.
    headless : bool
        Whether the header is a row of data.
    """

    delimiter: str
    header: int
    names: list[str]
    skipped: list[str] = field(default_factory=list)
    headless: bool = False


@dataclass(frozen=True)
class _Candidate:
    layout: Layout
    above: int  # records above the header that are no comments
    agreement: float
    width: int


def find_layout(text: str, delimiters: str = DELIMITERS) -> Layout:
    """Return the layout of a text that holds at least one line that is not blank.

    The header is the first line with as many fields as most lines below it have;
    lines above it are skipped where they are comments, or have another number of
    fields while the header looks like one.

    Parameters
    ----------
    text : str
    delimiters : str
        Those it may have.
    """
    told = _SEPARATOR.match(text)
    if told:
        # Excel's own line, which says the delimiter and is no part of the table.
        rest = find_layout(text[told.end() :], told[1])
        return replace(rest, header=rest.header + 1)
    head = text[:_SAMPLE_CHARACTERS]
    lines = lines_of(head)
    if len(head) < len(text):
        lines.pop()
    sample = lines[:_SAMPLE_LINES] or [head]
    found = [c for d in delimiters for c in [_candidate(sample, d)] if c is not None]
    if not any(c.width > 1 and c.above == 0 for c in found):
        spaced = _candidate(sample, SPACES)
        clear = spaced is not None and spaced.width > 1 and spaced.agreement > 0.9
        if spaced is not None and clear and _any_number(sample):
            found.append(spaced)
    wide = [c for c in found if c.width > 1]
    if not wide:
        return found[0].layout if found else Layout(",", 1, [sample[0].strip()])
    order = ";\t|, "
    best = min(
        wide,
        key=lambda c: (
            c.agreement < _AGREE,
            c.above,
            -c.agreement,
            -c.width,
            order.index(c.layout.delimiter),
        ),
    )
    return best.layout


def split_spaces(line: str) -> list[str]:
    """Return the fields of a line that blanks and tabs divide, quotes kept whole."""
    if '"' not in line:
        return line.split()
    cleaned = re.sub(r"[ \t]+", " ", line.strip())
    return next(csv.reader([cleaned], delimiter=" "), [])


def is_comment(line: str) -> bool:
    """Return whether a line begins with the sign of a comment."""
    return _COMMENT.match(line) is not None


def _candidate(sample: Sequence[str], delimiter: str) -> _Candidate | None:
    """Return where the header would be if this were the delimiter."""
    records = [r for r in _records(sample, delimiter) if any(f.strip() for f in r[1])]
    if not records:
        return None
    marked = [_COMMENT.match(sample[line - 1]) is not None for line, _ in records]
    plain = [r for r, m in zip(records, marked, strict=True) if not m]
    if not plain:
        plain, marked = records, [False] * len(records)
    first_plain = next(i for i, m in enumerate(marked) if not m)
    width = len(plain[0][1])
    below = [len(fields) for _, fields in plain[1:]]
    above = 0
    if delimiter == "," and below and width < 2 and _all_decimals(plain):
        return None
    # Lines above the header can be many, rows of a sample few: its end is of the table.
    common = _common(below[len(below) // 2 :]) if below else width
    agreeing = sum(
        _fits(n, width, f) for n, (_, f) in zip(below, plain[1:], strict=True)
    )
    if common > 1 and common != width and agreeing < len(below):
        at = next(i for i, (_, f) in enumerate(plain) if len(f) == common and i)
        valued = sum(any(_is_value(f.strip()) for f in r) for _, r in plain[:at])
        # More lines with values are rows: of another table, which is not skipped.
        if valued <= _MOST_VALUED and _looks_like_header(plain, at):
            above, width = at, common
    rows = plain[above:]
    agreement = sum(_fits(len(f), width, f) for _, f in rows) / len(rows)
    line, fields = rows[0]
    comments = [r for r, m in zip(records[:first_plain], marked, strict=False) if m]
    if above == 0 and comments:
        own = _uncommented(comments[-1][1])
        starts = _header_is_comment(own, rows)
        if starts:
            line, fields = comments[-1][0], own
            comments = comments[:-1]
    skipped = [sample[n - 1].strip() for n, _ in comments]
    skipped += [sample[n - 1].strip() for n, _ in plain[:above]]
    headless = above == 0 and line == rows[0][0] and _is_data(fields, rows)
    layout = Layout(delimiter, line, fields, skipped, headless)
    return _Candidate(layout, above, agreement, width)


def _records(sample: Sequence[str], delimiter: str) -> list[Record]:
    if delimiter == SPACES:
        return [(i + 1, split_spaces(line)) for i, line in enumerate(sample)]
    reader = csv.reader(
        (line + "\n" for line in sample), delimiter=delimiter, skipinitialspace=True
    )
    found: list[Record] = []
    start = 1
    try:
        for fields in reader:
            found.append((start, fields))
            start = reader.line_num + 1
    except csv.Error:
        pass
    return found


def _fits(count: int, width: int, fields: Sequence[str]) -> bool:
    return count == width or (count == width + 1 and not fields[-1].strip())


def _common(widths: Iterable[int]) -> int:
    counts = Counter(widths)
    return max(counts, key=lambda n: (counts[n], n))


def _looks_like_header(plain: Sequence[Record], at: int) -> bool:
    """Return whether a record is of names while the next one is of values."""
    names = [name.strip() for name in plain[at][1]]
    values = [name for name in names if _is_value(name)]
    if any(not _YEAR.match(value) for value in values) or len(values) == len(names):
        return False
    if len(set(names)) < len(names) or (values and not _counts(names)):
        return False
    if at + 1 >= len(plain):
        return False
    return any(_is_value(f.strip()) for f in plain[at + 1][1])


def _uncommented(fields: list[str]) -> list[str]:
    first = re.sub(r"^\s*(#|%|//|!)\s*", "", fields[0])
    # A column of row numbers may be called '#'.
    return [first or fields[0].strip(), *fields[1:]] if len(fields) > 1 else [first]


def _header_is_comment(own: Sequence[str], rows: Sequence[Record]) -> bool:
    """Return whether the comment above the first row is the header."""
    names = [name.strip() for name in own]
    first = rows[0][1]
    if len(names) != len(first) or any(_is_value(name) for name in names):
        return False
    if any(_is_value(f.strip()) for f in first):
        return True
    return not _looks_like_header(rows, 0) and len(names) > 1


def _is_data(fields: Sequence[str], rows: Sequence[Record]) -> bool:
    """Return whether a header is like the rows below it in every column."""
    if len(rows) < 2 or _counts(fields):
        return False
    some = False
    for j, cell in enumerate(fields):
        below = [f[j].strip() for _, f in rows[1:] if j < len(f) and f[j].strip()]
        name, kinds = cell.strip(), {_kind(value) for value in below}
        if not below:
            continue
        if not name:
            return False
        if kinds == {"text"}:
            if name not in below:
                return False
        elif len(kinds - {"text"}) == 1 and _kind(name) in kinds - {"text"}:
            some = True
        else:
            return False
    return some


def _counts(names: Sequence[str]) -> bool:
    """Return whether the numbers among names count, as those of steps do."""
    numbers = [name.strip() for name in names if _kind(name.strip()) == "number"]
    if len(numbers) == 1:
        return numbers == ["0"]
    if not all(name.isascii() and name.isdigit() for name in numbers):
        return False
    steps = {int(b) - int(a) for a, b in pairwise(numbers)}
    return bool(numbers) and steps == {1}


def _all_decimals(plain: Sequence[Record]) -> bool:
    """Return whether the commas in a table of one column are decimal ones."""
    divided = any(len(fields) == 2 for _, fields in plain[1:])
    return divided and all(
        _DECIMAL_COMMA.match(",".join(fields).strip()) for _, fields in plain[1:]
    )


def _any_number(sample: Sequence[str]) -> bool:
    return any(_is_value(f) for line in sample[1:] for f in line.split())


def _is_value(text: str) -> bool:
    return _kind(text) != "text"


def _kind(text: str) -> str:
    if _NUMBER.match(text):
        return "number"
    return "time" if _DATE.match(text) else "text"

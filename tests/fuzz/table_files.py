"""Tables with known content, written as people write them.

A table is a seed: its content and its notation are drawn from it. What it holds is
compared with what the readers return: the same, or an error or a note that names
the cause.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from dataclasses import dataclass, field, fields, replace
from typing import Any

from fuzz.table_times import BY_STEP, FORMS, WHOLE, moments


@dataclass(frozen=True)
class Notation:
    """How a table is written; the defaults are the plainest way."""

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    quoting: int = csv.QUOTE_MINIMAL
    encoding: str = "utf-8"
    line_end: str = "\n"
    blank_lines: bool = False
    above: str = ""
    trailing_delimiter: bool = False
    missing: str = ""
    time_form: str = "iso"
    time_name: str = "time"
    ask_for_time: bool = True
    padded: bool = False


@dataclass
class Table:
    """What was written: columns of Python values, None where one is missing."""

    seed: int
    notation: Notation
    step: str
    times: list[dt.datetime]
    columns: dict[str, list[Any]]
    every: list[dt.datetime] = field(default_factory=list)

    def __str__(self) -> str:
        plain = Notation()
        odd = {
            f.name: getattr(self.notation, f.name)
            for f in fields(Notation)
            if getattr(self.notation, f.name) != getattr(plain, f.name)
        }
        return f"seed {self.seed}: step {self.step}, {odd}"


WORDS = {
    "utf-8": ("north", "café", "Łódź", "東京"),
    "utf-8-sig": ("north", "café", "Łódź", "東京"),
    "utf-16": ("north", "café", "Łódź", "東京"),
    "cp1252": ("north", "café", "Zürich", "10 €"),
    "latin-1": ("north", "café", "Zürich", "señor"),
    "cp1251": ("север", "юг", "north", "восток"),
}


def draw(seed: int) -> Table:
    """Return the table of a seed."""
    r = random.Random(seed)  # noqa: S311  nobody's secret
    step = r.choice(list(BY_STEP))
    start = dt.datetime(r.randint(1972, 2036), r.randint(1, 12), r.randint(1, 28))
    if step == "hour":
        start += dt.timedelta(hours=r.randint(0, 23))
    every = moments(start, step, r.randint(30, 60))
    notation = _notation(r, step)
    gaps = r.random() < 0.4
    times = [
        t
        for i, t in enumerate(every)
        if not gaps or i in (0, len(every) - 1) or r.random() > 0.1
    ]
    return Table(seed, notation, step, times, _columns(r, len(times), notation), every)


def _notation(r: random.Random, step: str) -> Notation:
    form = r.choice(list(BY_STEP[step]))
    delimiter = r.choice(",;\t|")
    decimal = r.choice(".,") if r.random() < 0.5 else "."
    marks = ["", "", "", "\u00a0", " ", "'", ",", "."]
    thousands = r.choice([m for m in marks if m != decimal])
    quoting = r.choice(
        (csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)
    )
    encoding = r.choice(("utf-8",) * 5 + tuple(WORDS))
    if thousands == "\u00a0" and encoding == "cp1251":
        thousands = ""
    name = r.choice(("time", "date", "Date", "timestamp", "when", "Zeit"))
    # A column of whole numbers is known for times by its name alone.
    ask = r.random() < 0.5 or (form in WHOLE and name in ("when", "Zeit"))
    return Notation(
        delimiter,
        decimal,
        thousands,
        quoting,
        encoding,
        r.choice(("\n", "\n", "\r\n", "\r\r\n", "\r")),
        r.random() < 0.15,
        r.choice(("", "", "", "# made by a logger", "Monthly report\n", "Station 7")),
        r.random() < 0.1,
        r.choice(("", "", "NA", "NaN", "null", "?", "-", "N/A", "#N/A")),
        form,
        name,
        ask,
        r.random() < 0.1,
    )


def _columns(r: random.Random, rows: int, n: Notation) -> dict[str, list[Any]]:
    digits, size = r.choice((1, 2, 4, 6)), r.choice((1, 50, 5000, 3_000_000))
    words = r.choices(WORDS[n.encoding], k=rows)
    columns: dict[str, list[Any]] = {
        "level": [
            round(r.gauss(0, 1) * size, digits) + 0.5**digits for _ in range(rows)
        ],
        "count": [r.randint(0, 4000) for _ in range(rows)],
        "flag": [int(r.random() < 0.02) for _ in range(rows)],
        "place": words,
    }
    columns["level"] = [round(v, digits + 1) for v in columns["level"]]
    for name in ("level", "count"):
        if r.random() < 0.5:
            columns[name] = [None if r.random() < 0.1 else v for v in columns[name]]
    return columns


def number(value: float, n: Notation) -> str:
    """Return a number in a notation."""
    text = f"{value:d}" if isinstance(value, int) else repr(value)
    if "e" in text:
        text = f"{value:.8f}"
    whole, _, part = text.partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    if n.thousands:
        groups = []
        while len(whole) > 3:
            whole, group = whole[:-3], whole[-3:]
            groups.insert(0, group)
        whole = n.thousands.join([whole, *groups])
    return sign + whole + (n.decimal + part if part else "")


def text_of(table: Table) -> str:
    """Return the file's text."""
    n, out = table.notation, io.StringIO()
    write = csv.writer(
        out, delimiter=n.delimiter, quoting=n.quoting, lineterminator="\n"
    )
    write.writerow([n.time_name, *table.columns])
    for i, t in enumerate(table.times):
        cells: list[Any] = [FORMS[n.time_form](t)]
        for values in table.columns.values():
            v = values[i]
            cells.append(
                n.missing if v is None else v if isinstance(v, str) else number(v, n)
            )
        if n.padded:
            cells = [f" {c}" if c and j else c for j, c in enumerate(cells)]
        write.writerow(cells)
    lines = out.getvalue().splitlines()
    if n.trailing_delimiter:
        lines = [line + n.delimiter for line in lines]
    if n.blank_lines:
        lines = [*lines[:7], "", *lines[7:], ""]
    if n.above:
        lines = [*n.above.split("\n"), *lines]
    return n.line_end.join(lines) + n.line_end


def bytes_of(table: Table) -> bytes:
    """Return the file."""
    return text_of(table).encode(table.notation.encoding)


def simpler(table: Table) -> list[Table]:
    """Return the same table with one choice of notation taken back, each in turn."""
    plain = Notation()
    found = []
    for f in fields(Notation):
        if f.name == "time_form":
            continue
        value = getattr(plain, f.name)
        if getattr(table.notation, f.name) != value:
            notation = replace(table.notation, **{f.name: value})
            if notation.thousands != notation.decimal:
                found.append(replace(table, notation=notation))
    return found

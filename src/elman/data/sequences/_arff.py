"""Sequences in Weka's ``.arff`` files, as the UCR/UEA archive has them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elman._errors import InputError
from elman.data.text._encoding import decode, lines_of
from elman.data.values._missing import Missing

from ._cases import (
    channel_of,
    check_size,
    numeric_targets,
    sequences_of,
    shortened,
)
from ._sequences import Sequences

_NAME = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+"
_ATTRIBUTE = re.compile(rf"@attribute\s+({_NAME})\s+(.+)", re.IGNORECASE)
_NUMBERS = ("numeric", "real", "integer")


@dataclass(frozen=True)
class _Header:
    """The columns of a file: whether there are sequences in one, and the label."""

    relational: bool
    columns: int
    target: bool
    start: int


def parse_arff(
    data: bytes,
    source: Path,
    *,
    encoding: str | None = None,
    missing: Missing | None = None,
) -> Sequences:
    r"""Return the sequences of an ``.arff`` file, labels included.

    The last attribute is the label. The others are the steps of one channel; or there
    is one relational attribute, a text whose lines, written ``\n``, are the channels.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : path
        The file to name in messages.
    encoding : str, optional
        Found if not given.
    missing : Missing, optional
        Values that stand for missing ones.

    Raises
    ------
    InputError
        The header or a row cannot be read; the line is named.
    """
    decoded = decode(data, source, encoding)
    lines = lines_of(decoded.text)
    header = _read_header(lines, source)
    gone = missing or Missing()
    X: list[np.ndarray] = []
    labels: list[str] = []
    for number in range(header.start, len(lines) + 1):
        line = lines[number - 1].strip()
        if not line or line.startswith("%"):
            continue
        where = f"{source}, row {number}"
        fields = _fields(line)
        if len(fields) != header.columns:
            raise InputError(
                f"{where}: {len(fields)} values where the header names"
                f" {header.columns} attributes; the line may be cut short"
            )
        *values, label = fields
        channels = values[0].split("\\n") if header.relational else [",".join(values)]
        x = _case([c for c in channels if c.strip()], where)
        x[gone.in_numbers(x)] = np.nan
        X.append(shortened(x, where))
        labels.append(label)
        if X[0].shape[1] != x.shape[1]:
            raise InputError(
                f"{where}: {x.shape[1]} channels where the first sequence has"
                f" {X[0].shape[1]}; the line may be cut short"
            )
    y = numeric_targets(labels, source) if header.target else np.array(labels)
    return sequences_of(X, y, source, decoded.notes)


def _read_header(lines: list[str], source: Path) -> _Header:
    kinds: list[str] = []
    inside = False
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        word = line.split(maxsplit=1)[0].lower() if line else ""
        if not line or line.startswith("%") or word == "@relation":
            continue
        where = f"{source}, row {number}"
        if word == "@data":
            if len(kinds) < 2:
                raise InputError(
                    f"{where}: the header names {len(kinds)} attributes; sequences and"
                    " a label are at least two"
                )
            if kinds.count("relational") > 1 or (
                "relational" in kinds and len(kinds) != 2
            ):
                raise InputError(
                    f"{where}: one relational attribute and a label can be read, not"
                    f" {len(kinds)} attributes"
                )
            return _Header(
                kinds[0] == "relational",
                len(kinds),
                kinds[-1].startswith(_NUMBERS),
                number + 1,
            )
        if word == "@end":
            inside = False
            continue
        found = _ATTRIBUTE.fullmatch(line)
        if found is None:
            raise InputError(
                f"{where}: expected '@attribute name type' or '@data', found"
                f" {line[:30]!r}"
            )
        if not inside:
            kinds.append(found[2].strip().lower())
        inside = inside or kinds[-1] == "relational"
    raise InputError(f"{source}: there is no line '@data': the file is cut short")


def _fields(line: str) -> list[str]:
    quote = '"' if line.startswith('"') else "'"
    reader = csv.reader([line], quotechar=quote, skipinitialspace=True)
    return [field.strip().strip("'\"") for field in next(reader)]


def _case(channels: list[str], where: str) -> np.ndarray:
    """Return one case, shape (T, C)."""
    read = [channel_of(text, where, i + 1) for i, text in enumerate(channels)]
    lengths = {len(channel) for channel in read}
    if len(lengths) != 1:
        raise InputError(
            f"{where}: the channels of one case have {', '.join(map(str, lengths))}"
            " values; the line may be cut short"
        )
    x = np.stack(read, axis=1)
    check_size(x, where)
    return x

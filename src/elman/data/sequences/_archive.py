"""The UCR archive's tables without a header: a class, then the steps, in each row."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from elman._errors import InputError
from elman.data.text._encoding import decode, lines_of
from elman.data.values._missing import Missing

from ._cases import check_size, sequences_of, shortened
from ._sequences import Sequences

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[nN][aA][nN]|\?")
_FEWEST = 3


def is_archive_table(data: bytes) -> bool:
    """Return whether the first line holds numbers alone, and so no header.

    Parameters
    ----------
    data : bytes
        The content of a ``.tsv`` or ``.txt`` file, or its beginning.
    """
    first = data.split(b"\n", 1)[0].decode("latin-1")
    fields = first.split()
    return len(fields) >= _FEWEST and all(_NUMBER.fullmatch(f) for f in fields)


def parse_archive(
    data: bytes,
    source: Path,
    *,
    encoding: str | None = None,
    missing: Missing | None = None,
) -> Sequences:
    """Return the sequences of such a file, labels included.

    Columns are divided by tabs or spaces. NaN at the end of a row makes the sequence
    shorter, anywhere else it is a missing value.

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
        A field is no number, or a row has no value; the row is named.
    """
    decoded = decode(data, source, encoding)
    gone = missing or Missing()
    X: list[np.ndarray] = []
    labels: list[str] = []
    for number, line in enumerate(lines_of(decoded.text), start=1):
        fields = line.split()
        if not fields:
            continue
        where = f"{source}, row {number}"
        for i, field in enumerate(fields):
            if not _NUMBER.fullmatch(field):
                raise InputError(
                    f"{where}, column {i + 1}: {field[:30]!r} is not a number; in a"
                    " file without a header each row is a class and the steps"
                )
        x = np.array([f.replace("?", "nan") for f in fields[1:]], np.float64)
        check_size(x, where)
        x[gone.in_numbers(x)] = np.nan
        X.append(shortened(x[:, None], where))
        labels.append(_class_of(fields[0], where))
    said = [*decoded.notes, "no header: the first column is the class"]
    return sequences_of(X, np.array(labels), source, said, ["value"])


def _class_of(field: str, where: str) -> str:
    """Return a class as text: 1, 1.0 and 1.0000000e+00 are the same."""
    value = float(field.replace("?", "nan"))
    if np.isnan(value):
        raise InputError(f"{where}: the class is missing; write it, or delete the row")
    return str(int(value)) if value == int(value) else field

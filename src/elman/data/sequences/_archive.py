"""The UCR archive's tables without a header: a class, then the steps, in each row."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from elman._arguments import LARGEST
from elman._errors import InputError
from elman.data.text._encoding import decode, lines_of
from elman.data.values._missing import Missing
from elman.data.values._sentinels import REMEDY, suspect_notes

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
        if (np.abs(x) > LARGEST).any():
            raise InputError(f"{where}: a value is infinite or too large; correct it")
        x[gone.in_numbers(x)] = np.nan
        present = np.flatnonzero(~np.isnan(x))
        if not len(present):
            raise InputError(f"{where}: the sequence has no value; delete the row")
        X.append(x[: present[-1] + 1, None])
        labels.append(_class_of(fields[0], where))
    whole = np.concatenate(X)
    said = [*decoded.notes, "no header: the first column is the class"]
    notes = [f"{source}: {note}" for note in said]
    return Sequences(
        X,
        np.array(labels),
        ["value"],
        str(source),
        [str(i + 1) for i in range(len(X))],
        notes=notes + suspect_notes([("value", whole[:, 0])], f"{source}: ", REMEDY),
    )


def _class_of(field: str, where: str) -> str:
    """Return a class as text: 1, 1.0 and 1.0000000e+00 are the same."""
    value = float(field.replace("?", "nan"))
    if np.isnan(value):
        raise InputError(f"{where}: the class is missing; write it, or delete the row")
    return str(int(value)) if value == int(value) else field

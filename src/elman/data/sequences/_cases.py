"""What text files of sequences have alike: a case's numbers, targets, the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from elman._arguments import LARGEST
from elman._errors import InputError
from elman.data.values._sentinels import REMEDY, suspect_notes

from ._sequences import Sequences


def channel_of(text: str, where: str, number: int) -> np.ndarray:
    """Return the values of one channel, divided by commas; ``?`` is missing.

    Raises
    ------
    InputError
        A value is no number; it is named, with `where` and the channel's number.
    """
    try:
        return np.array(text.replace("?", "nan").split(","), dtype=np.float64)
    except ValueError:
        bad = next((v for v in text.split(",") if not _is_number(v)), "")
        raise InputError(
            f"{where}, channel {number}: {bad.strip()[:30]!r} is not a number"
            " (missing values are written '?')"
        ) from None


def check_size(x: np.ndarray, where: str) -> None:
    """Raise unless every value of a case is missing, or small enough to square."""
    if (np.abs(x) > LARGEST).any():
        raise InputError(f"{where}: a value is infinite or too large; correct it")


def shortened(x: np.ndarray, where: str) -> np.ndarray:
    """Return a case, shape (T, C), without the steps at its end that have no value.

    Raises
    ------
    InputError
        No step has a value.
    """
    present = np.flatnonzero(~np.isnan(x).all(1))
    if not len(present):
        raise InputError(f"{where}: the sequence has no value; delete the row")
    return x[: present[-1] + 1]


def numeric_targets(labels: list[str], source: Path) -> np.ndarray:
    """Return targets as numbers.

    Raises
    ------
    InputError
        A target is missing, infinite or no number; its case is named.
    """
    for number, label in enumerate(labels, start=1):
        if not (_is_number(label) and np.isfinite(_number(label))):
            raise InputError(
                f"{source}, case {number}: the target {label[:30]!r} is not a finite"
                " number; correct it, or delete the case"
            )
    return np.array(labels, dtype=np.float64)


def sequences_of(
    X: list[np.ndarray],
    y: np.ndarray | None,
    source: Path,
    said: list[str],
    channels: list[str] | None = None,
) -> Sequences:
    """Return the cases of a file, numbered, with notes on values that look missing.

    Raises
    ------
    InputError
        There is no case.
    """
    if not X:
        raise InputError(f"{source}: there is no sequence below @data")
    names = channels or [f"channel {i + 1}" for i in range(X[0].shape[1])]
    whole = np.concatenate(X)
    named = ((name, whole[:, i]) for i, name in enumerate(names))
    return Sequences(
        X,
        y,
        names,
        str(source),
        [str(i + 1) for i in range(len(X))],
        notes=[f"{source}: {note}" for note in said]
        + suspect_notes(named, f"{source}: ", REMEDY),
    )


def _number(text: str) -> float:
    return float(text.replace("?", "nan"))


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True

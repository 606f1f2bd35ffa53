"""What the text of an option means, where it is not simply a number."""

from __future__ import annotations

from typing import Any

from elman import cells
from elman._errors import InputError

_COMMON = ("gru", "lstm", "rnn")
CELL_WORDS = ", ".join((*_COMMON, *(n for n in cells.names() if n not in _COMMON)))
"""Every cell that comes with the package, in the text of an option."""


def number_or(*words: str, whole: bool = False) -> Any:
    """Return what reads an option that is a number, one of the words, or "none"."""

    def read(flag: str, text: str) -> Any:
        if text in ("none", *words):
            return text
        try:
            return int(text) if whole else float(text)
        except ValueError:
            what = "a whole number" if whole else "a number"
            raise InputError(
                f"{flag} must be {', '.join((what, *words))} or none, got {text!r}"
            ) from None

    return read


def read_class_weight(flag: str, text: str) -> str | dict[str, float]:
    """Return what ``--class-weight`` asks for, classes as they are written."""
    if "=" not in text:
        if text != "balanced":
            raise InputError(
                f"{flag} must be balanced, or classes with their weights such"
                f" as rare=10,usual=1, got {text!r}"
            )
        return text
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.rpartition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            raise InputError(
                f"{flag}: {value.strip()!r} is not a number, in {part!r}; write"
                " CLASS=NUMBER, with commas between several"
            ) from None
    return weights


def whole_if_whole(flag: str, value: float) -> float:
    """Return a number of steps as a whole one, where from 1 on it is."""
    return int(value) if value >= 1 and value.is_integer() else value


def read_numbers(flag: str, text: str) -> list[float]:
    """Return numbers that stand between commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"{flag} must be numbers with commas between them, such as 0.1,0.5,0.9,"
            f" got {text!r:.60}"
        ) from None

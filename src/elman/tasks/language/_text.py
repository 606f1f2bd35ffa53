"""What text is taken, and how it is parted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman._errors import InputError
from elman.data import read_text
from elman.data._plain_text import same_ends

FEWEST = 200
"""Characters of the shortest text that is trained on."""


@dataclass(frozen=True)
class Split:
    """A text in two: the end of it is held out.

    Attributes
    ----------
    training, validation : str
        The second is empty if nothing is held out.
    """

    training: str
    validation: str

    @classmethod
    def of(cls, text: str, share: float) -> Split:
        """Return the parts, the last ``share`` of the characters held out."""
        cut = int((1 - share) * len(text))
        return cls(text[:cut], text[cut:])


def as_text(given: Any, name: str = "text") -> str:
    r"""Return a text, or that of a file, with every line ending in ``\n``.

    Parameters
    ----------
    given : str or Path
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        It is neither, the file cannot be read, or the text has a lone surrogate.
    """
    if isinstance(given, Path):
        return read_text(given).text
    if not isinstance(given, str):
        raise InputError(
            f"{name} must be a str, or the pathlib.Path of a text file,"
            f" got {type(given).__name__}"
        )
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name}: {given[error.start]!r} at character {error.start:,} is half of a"
            " surrogate pair, which no file can hold; decode the text again, or leave"
            " it out"
        ) from error
    return same_ends(given)


def check_length(text: str) -> None:
    """Raise unless there is enough of a text to learn from.

    Raises
    ------
    InputError
        It is empty, short, or one character alone.
    """
    if not text.strip():
        raise InputError("the text is empty; give one of some thousand characters")
    if len(text) < FEWEST:
        raise InputError(
            f"the text has {len(text):,} characters, too few to learn from; give at"
            f" least {FEWEST}, and better a hundred thousand"
        )
    if len(set(text)) < 2:
        raise InputError(
            f"the text is the character {text[0]!r} alone: there is nothing to predict"
        )

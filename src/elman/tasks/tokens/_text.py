"""What is taken for a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elman._errors import InputError
from elman.data import read_text
from elman.data._plain_text import same_ends


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

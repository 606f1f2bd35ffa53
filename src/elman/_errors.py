"""Exceptions, and the one way a message names what the user probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ElmanError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(ElmanError, ValueError):
    """Something the user gave cannot be used: a file, a column, an argument.

    The message is one line that says what, where, what was found, what is
    allowed, and what to do instead. The command line prints it as it is and
    exits with status 2.
    """


class KindError(InputError, TypeError):
    """A value is of another kind altogether, such as a mapping among numbers."""


class RunDirectoryError(InputError):
    """A run directory is missing, incomplete, damaged or foreign."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return ``'; did you mean 'x'?'`` for the nearest option, or nothing.

    Parameters
    ----------
    name : str
        What the user wrote.
    options : iterable of str
        What would have been accepted.
    """
    known = {option.lower(): option for option in options}
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    # Letters exchanged are the likeliest slip: "gur" is nearer to gru than to mgu.
    near.sort(key=lambda option: sorted(option) != sorted(name.lower()))
    return f"; did you mean {known[near[0]]!r}?" if near else ""


def with_article(name: str) -> str:
    """Return a class's name after "a" or "an", as it is read: an LSTM, a JANET.

    Parameters
    ----------
    name : str
        Read letter by letter where it begins with two capitals, else as a word.
    """
    vowels = "AEFHILMNORSX" if name[:2].isupper() else "AEIOU"
    return f"{'an' if name[0] in vowels else 'a'} {name}"

"""What the name of a file says, by a pattern such as ``{label}_{group}_*.wav``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean

FIELDS = ("label", "group")
_SHOWN = 5
_PIECE = re.compile(r"\{(\w*)\}|\[(!?)([^]]+)\]|(\*)|(\?)|(.)", re.DOTALL)


class Pattern:
    """A pattern of names: ``*``, ``?`` and ``[0-4]`` as in a shell, and two fields.

    Parameters
    ----------
    text : str
        With a ``/`` it is compared with the path below the folder, else with the
        file's name. ``{label}`` and ``{group}`` stand for what is there, as few
        letters as fit.

    Raises
    ------
    InputError
        A field is unknown or stands twice, or a class of letters is wrong.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields: list[str] = []
        found = "".join(self._piece(match) for match in _PIECE.finditer(text))
        try:
            self._expression = re.compile(found)
        except re.error as error:
            raise InputError(f"the pattern {text!r} is wrong ({error})") from None

    def read(self, path: str) -> dict[str, str] | None:
        """Return the fields of a path, written with ``/``; None if it does not fit."""
        name = path if "/" in self.text else path.rpartition("/")[2]
        found = self._expression.fullmatch(name)
        return None if found is None else found.groupdict()

    def _piece(self, match: re.Match[str]) -> str:
        field, negated, letters, star, one, other = match.groups()
        if star:
            return "[^/]*"
        if one:
            return "[^/]"
        if letters:
            return f"[{'^' if negated else ''}{letters.replace(chr(92), chr(92) * 2)}]"
        if other:
            return re.escape(other)
        if field not in FIELDS:
            raise InputError(
                f"the pattern {self.text!r} has {{{field}}}; known are {{label}} and"
                f" {{group}}{did_you_mean(field, FIELDS)}"
            )
        if field in self.fields:
            raise InputError(f"the pattern {self.text!r} has {{{field}}} twice")
        self.fields.append(field)
        return f"(?P<{field}>[^/]+?)"


def matching(pattern: str, paths: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of the paths fit a pattern.

    Parameters
    ----------
    pattern : str
    paths : sequence of str

    Raises
    ------
    InputError
        None does, or the pattern is wrong.
    """
    known = Pattern(pattern)
    found = np.array([known.read(path) is not None for path in paths], bool)
    if not found.any():
        raise InputError(
            f"no recording fits the pattern {pattern!r}; they are such as"
            f" {', '.join(paths[:_SHOWN])}"
        )
    return found

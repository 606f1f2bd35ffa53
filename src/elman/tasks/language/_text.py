"""What text is taken, and how it is parted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman._errors import InputError
from elman.tasks.tokens._text import as_text

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


def whole_text(given: Any, name: str = "text") -> str:
    """Return a text; of several, the one that they make one after the other.

    Parameters
    ----------
    given : str, Path or sequence of str
        In several parts, such as lines with their ends, scikit-learn's tools can part
        it.
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        As of `as_text`, or a part is no text.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray):
        return as_text(given, name)
    parts = [as_text(part, f"{name}[{i}]") for i, part in enumerate(given)]
    return "".join(parts)


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

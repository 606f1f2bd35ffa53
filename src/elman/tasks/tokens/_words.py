"""Words and signs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from ._vocabulary import START, UNKNOWN, Ids, Vocabulary

_WORD = re.compile(r" ?<\w+>| ?\w+(?:['’]\w+)*| ?[^\w\s]|\s")


class Words(Vocabulary):
    """Words and signs, each with the space before it; line ends.

    Put together they are the text again, so that bits a character can be compared
    with those of other tokens.

    Parameters
    ----------
    words : list of str
        Without the one for all others.
    """

    kind = "words"
    unknown = 0

    def __init__(self, words: list[str]) -> None:
        self.words = [UNKNOWN, *words]
        self._number = {word: i for i, word in enumerate(self.words)}

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Words:
        """Return those that are there at least so often, the commonest first."""
        counts = Counter(_WORD.findall(text))
        counts[UNKNOWN] = 0
        found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [word for word, n in found if n >= least and word != START]
        return cls([START, *kept[: size and max(size - 2, 0)]])

    @property
    def size(self) -> int:
        """The words, and one for all others."""
        return len(self.words)

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's words."""
        number = self._number
        return np.array([number.get(w, 0) for w in _WORD.findall(text)], np.int64)

    def split(self, text: str) -> list[str]:
        """Return the words."""
        return _WORD.findall(text)

    def decoder(self) -> Callable[[int], str]:
        """Return what turns a number into its word."""
        return lambda i: self.words[i]

    def stored(self) -> Any:
        """Return the words."""
        return self.words[1:]

"""Characters, and the bytes that they are written with."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._vocabulary import START, UNKNOWN, Ids, Vocabulary


class Characters(Vocabulary):
    """Every character of the training text.

    Parameters
    ----------
    characters : str
        Each once.
    """

    kind = "characters"
    unknown = 0

    def __init__(self, characters: str) -> None:
        self.characters = "".join(sorted({*characters, START}))
        self._points = _points(self.characters)

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Characters:
        """Return those that are there at least so often, the commonest first."""
        points, counts = np.unique(_points(text), return_counts=True)
        order = np.lexsort((points, -counts))
        kept = points[order][counts[order] >= least][: size and size - 1]
        return cls("".join(map(chr, kept)))

    @property
    def size(self) -> int:
        """The characters, and one for all others."""
        return len(self.characters) + 1

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's characters."""
        points = _points(text)
        place = np.searchsorted(self._points, points).clip(max=len(self._points) - 1)
        return np.where(self._points[place] == points, place + 1, 0).astype(np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what turns a number into its character."""
        return lambda i: self.characters[i - 1] if i else UNKNOWN

    def split(self, text: str) -> list[str]:
        """Return the characters."""
        return list(text)

    def strangers(self, text: str) -> list[str]:
        """Return the characters that are not in it."""
        return [c for c in dict.fromkeys(text) if c not in self.characters]

    def stored(self) -> Any:
        """Return the characters."""
        return self.characters


class Bytes(Vocabulary):
    """The bytes of UTF-8: any text, 256 numbers."""

    kind = "bytes"
    size = 256

    def encode(self, text: str) -> Ids:
        """Return the bytes."""
        data = text.encode("utf-8", "replace")
        return np.frombuffer(data, np.uint8).astype(np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what gives a letter with the last of its bytes."""
        reader = codecs.getincrementaldecoder("utf-8")("replace")
        return lambda i: reader.decode(bytes([i]))

    def stored(self) -> Any:
        """Return nothing."""
        return None


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)

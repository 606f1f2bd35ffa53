"""Tokens, their numbers, and back to text: what every kind of them can."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

UNKNOWN = "<unk>"
START = "\n"
"""What stands before a text: its first token is predicted from the start of a line."""


class Vocabulary(ABC):
    """Tokens by number.

    Attributes
    ----------
    kind : str
        A name of `KINDS`.
    unknown : int or None
        The number that stands for what is not in it; None where nothing is not.
    """

    kind: ClassVar[str]
    unknown: int | None = None

    @property
    @abstractmethod
    def size(self) -> int:
        """How many numbers there are."""

    @abstractmethod
    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's tokens."""

    @abstractmethod
    def stored(self) -> Any:
        """Return what ``restored`` makes it of again, plain."""

    @abstractmethod
    def decoder(self) -> Callable[[int], str]:
        """Return what turns one number after another into text.

        What a token says may wait for the next one, where a letter is made of several.
        """

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Return the text that each token adds."""
        decode = self.decoder()
        return [decode(int(i)) for i in ids]

    def split(self, text: str) -> list[str]:
        """Return the parts of a text that its tokens are, known or not."""
        return self.pieces(self.encode(text))

    def strangers(self, text: str) -> list[str]:
        """Return what of a text is not in it, each once, in the order of the text."""
        return []

    @property
    def start(self) -> int:
        """The number of `START`."""
        return int(self.encode(START)[-1])

"""One side of the pairs as numbers, and back to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from elman.models import translation as net
from elman.tasks.tokens._kinds import from_bytes, to_bytes
from elman.tasks.tokens._subwords import Subwords
from elman.tasks.tokens._vocabulary import Ids, Vocabulary

from ._drawn import DrawnRows

_SPACED = ("words", "subwords")
_NAMES = "source", "target"


class Side:
    """Texts of one side by the numbers of their tokens.

    Words and subwords carry the blank before them, the first one too: a word has one
    number wherever it stands, and put together they are the text again.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its tokens stand behind PAD, START, END and UNKNOWN.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        # What stands for unknown in it is UNKNOWN here.
        self._shift = net.FIRST if vocabulary.unknown is None else net.UNKNOWN
        self._lead = " " if vocabulary.kind in _SPACED else ""

    @property
    def kind(self) -> str:
        """What its tokens are."""
        return self.vocabulary.kind

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.vocabulary.size + self._shift

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's tokens."""
        return self.vocabulary.encode(self._lead + text) + self._shift

    def encode_all(self, texts: Sequence[str]) -> list[Ids]:
        """Return those of each text."""
        return [self.encode(text) for text in texts]

    def drawn(
        self,
        texts: Sequence[str],
        dropout: float,
        seed: int,
        *,
        start: Sequence[int] = (),
        end: Sequence[int] = (),
    ) -> DrawnRows | None:
        """Return texts in pieces of words that are others each time they are read.

        Parameters
        ----------
        texts : sequence of str
        dropout : float
            Share of the merges that are left out; see `Merges`.
        seed : int
        start, end : sequence of int
            Tokens before and behind each text.

        Returns
        -------
        DrawnRows or None
            None where the tokens are no subwords.
        """
        vocabulary = self.vocabulary
        if not isinstance(vocabulary, Subwords):
            return None
        merges, uniform = vocabulary.merges(), np.random.default_rng(seed).random

        def draw(word: str) -> list[int]:
            split = merges.split(word, dropout, uniform)
            return [number + self._shift for number in split]

        rows = (vocabulary.words(self._lead + text) for text in texts)
        return DrawnRows(rows, draw, start=start, end=end)

    def split(self, text: str) -> list[str]:
        """Return a text's own tokens, also those without a number."""
        return self.vocabulary.split(self._lead + text)

    def pieces(self, ids: Sequence[int], instead: Sequence[str] = ()) -> list[str]:
        """Return the text of each token.

        Parameters
        ----------
        ids : sequence of int
        instead : sequence of str
            As many: what to write for each one that is unknown.
        """
        decode = self.vocabulary.decoder()
        return [
            instead[place]
            if number == net.UNKNOWN and instead
            else decode(number - self._shift)
            for place, number in enumerate(ids)
        ]

    def text(self, pieces: Sequence[str]) -> str:
        """Return the text that pieces make."""
        return "".join(pieces).strip()

    def shown(self, pieces: Sequence[str]) -> list[str]:
        """Return pieces as a picture names them: a dot, where no word begins."""
        if not self._lead:
            return ["␣" if piece == " " else piece for piece in pieces]
        return [
            piece[1:] if piece[:1] == " " and len(piece) > 1 else f"·{piece}"
            for piece in pieces
        ]

    def unknown(self, ids: Sequence[Ids]) -> float:
        """Return the share of the tokens of some texts that are unknown."""
        every = np.concatenate(ids) if len(ids) else np.empty(0)
        return float(np.mean(every == net.UNKNOWN)) if len(every) else 0.0


def stored(sides: tuple[Side, Side]) -> tuple[list[str], dict[str, Tensor]]:
    """Return the kinds of two sides, and their vocabularies as tensors by name.

    One that both share is there once.
    """
    source, target = sides
    kept = [source] if source is target else [source, target]
    named = dict(zip(_NAMES, kept, strict=False))
    return [side.kind for side in kept], {
        name: torch.from_numpy(
            np.frombuffer(to_bytes(side.vocabulary), np.uint8).copy()
        )
        for name, side in named.items()
    }


def restored(kinds: Sequence[str], tensors: Mapping[str, Tensor]) -> tuple[Side, Side]:
    """Return the sides that `stored` was given."""
    sides = [
        Side(from_bytes(kind, tensors[name].numpy().tobytes()))
        for name, kind in zip(_NAMES, kinds, strict=False)
    ]
    return sides[0], sides[-1]


def same(one: tuple[Side, Side], other: tuple[Side, Side]) -> bool:
    """Return whether both have the same tokens, by the same numbers."""
    return all(
        left.kind == right.kind
        and left.vocabulary.stored() == right.vocabulary.stored()
        for left, right in zip(one, other, strict=True)
    )

"""Pieces of words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from elman._errors import InputError

from ._merges import Merges
from ._vocabulary import Ids, Vocabulary

_BYTES = 256


class Subwords(Vocabulary):
    """Pieces of words by byte pair encoding (Sennrich, Haddow and Birch 2016).

    They are made of bytes, so that nothing is unknown.

    Parameters
    ----------
    model : str
        As `tokenizers` writes it.
    """

    kind = "subwords"

    def __init__(self, model: str) -> None:
        self.tokenizer = _tokenizers().Tokenizer.from_str(model)
        self._decode = _tokenizers().decoders.ByteLevel().decode

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Subwords:
        """Return the bytes, and pairs of pieces until there are so many.

        Raises
        ------
        InputError
            There may be fewer than the bytes, or the library is missing.
        """
        library = _tokenizers()
        if size is not None and size < _BYTES:
            raise InputError(
                f"vocabulary_size must be at least {_BYTES} with tokens='subwords',"
                f" which are made of the {_BYTES} bytes, got {size}"
            )
        tokenizer = library.Tokenizer(library.models.BPE())
        tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(
            add_prefix_space=False
        )
        trainer = library.trainers.BpeTrainer(
            vocab_size=size or 2048,
            min_frequency=max(least, 2),
            show_progress=False,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
        return cls(tokenizer.to_str())

    @property
    def size(self) -> int:
        """The pieces."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's pieces."""
        lines = text.splitlines(keepends=True)
        parts = [np.array(e.ids, np.int64) for e in self.tokenizer.encode_batch(lines)]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def merges(self) -> Merges:
        """Return what splits a word of `words` into pieces."""
        return Merges(json.loads(self.tokenizer.to_str())["model"])

    def words(self, text: str) -> list[str]:
        """Return the words that no piece crosses, in the library's letters."""
        split = self.tokenizer.pre_tokenizer.pre_tokenize_str
        lines = text.splitlines(keepends=True)
        return [word for line in lines for word, _ in split(line)]

    def decoder(self) -> Callable[[int], str]:
        """Return what gives a piece with the last byte of its last letter."""
        held: list[str] = []

        def decode(i: int) -> str:
            held.append(self.tokenizer.id_to_token(i))
            text: str = self._decode(held)
            if text.endswith("\ufffd") and len(held) < 4:
                return ""
            held.clear()
            return text

        return decode

    def stored(self) -> Any:
        """Return the library's own text."""
        return self.tokenizer.to_str()


def _tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise InputError(
            "tokens='subwords' needs the package tokenizers: pip install"
            " 'elman[text]', or take tokens='characters' or 'words'"
        ) from None
    return tokenizers

"""Every kind of tokens by its name, and vocabularies as files keep them."""

from __future__ import annotations

import json
from typing import Any

from ._characters import Bytes, Characters
from ._subwords import Subwords
from ._vocabulary import Vocabulary
from ._words import Words

KINDS: dict[str, Any] = {
    kind.kind: kind for kind in (Characters, Bytes, Words, Subwords)
}
"""Every kind of tokens by its name."""


def vocabulary_of(
    kind: str, text: str, size: int | None = None, least: int = 1
) -> Vocabulary:
    """Return the vocabulary of a training text.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    text : str
    size : int or None
        At most so many numbers.
    least : int
        What is there less often is unknown.
    """
    made: Vocabulary = Bytes() if kind == "bytes" else KINDS[kind].of(text, size, least)
    return made


def to_bytes(vocabulary: Vocabulary) -> bytes:
    """Return a vocabulary as a run directory keeps it."""
    return json.dumps(vocabulary.stored(), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(kind: str, content: bytes) -> Vocabulary:
    """Return the vocabulary that `to_bytes` was given."""
    found = json.loads(content.decode("utf-8", "surrogatepass"))
    made: Vocabulary = Bytes() if kind == "bytes" else KINDS[kind](found)
    return made

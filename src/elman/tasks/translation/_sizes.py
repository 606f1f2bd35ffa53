"""What is left to a rule: sizes by how much text there is, and of which tokens."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from elman.cells import Cell
from elman.models import CELLS

from ._writing import is_single

LEAST_COUNTS = {"characters": 1, "words": 2, "subwords": 2}
"""What is there less often is unknown, by kind of tokens."""

# Steps of a batch, of the longer side, padding included.
_FEWEST_TOKENS, _MOST_TOKENS, _STEPS_AN_EPOCH = 1000, 2000, 300
_FEW_TYPES, _NEW, _LAYERS = 200, 0.01, 3
_NUMBER = re.compile(r"\d\d")


def kinds_for(source: Sequence[str], target: Sequence[str]) -> tuple[str, str]:
    """Return what both sides are best made of.

    Sentences are made of subwords. Where one side is a single word or number in most
    pairs, it is read by characters; so is the other side, unless it is made of few
    words, such as the names of sounds.

    Parameters
    ----------
    source, target : sequence of str
    """
    single = [is_single(side) for side in (source, target)]
    if not any(single):
        return "subwords", "subwords"
    left, right = (
        "characters" if one or not _has_few_words(side) else "words"
        for one, side in zip(single, (source, target), strict=True)
    )
    return left, right


def _has_few_words(texts: Sequence[str]) -> bool:
    """Return whether the texts are made of few words, all of them met by now.

    The chance that the next one is new is the share of words met once alone (Good
    1953). A number of several digits is one of very many, whichever were met.
    """
    words: Counter[str] = Counter()
    for text in texts:
        words.update(text.split())
        if len(words) > _FEW_TYPES:
            return False
    once = sum(count == 1 for count in words.values())
    return once <= _NEW * words.total() and not any(map(_NUMBER.search, words))


def vocabulary_size_for(kind: str, characters: int) -> int | None:
    """Return how many tokens there may be: None for all.

    Parameters
    ----------
    kind : str
    characters : int
        Of the training part, of both sides where they share a vocabulary.
    """
    if kind == "words":
        return 20_000
    if kind == "subwords":
        return int(min(max(round(math.sqrt(characters) * 2, -2), 500), 16_000))
    return None


def hidden_size_for(characters: int) -> int:
    """Return units of a layer, by steps of 64.

    Parameters
    ----------
    characters : int
        Of the training part, both sides.
    """
    wanted = 64 * round(4 * (characters / 4_000_000) ** 0.25)
    return min(max(wanted, 128), 512)


def embedding_size_for(hidden: int, vocabulary: int) -> int:
    """Return numbers that a token becomes: half as many as units, of few tokens fewer.

    The product with the head is the dearest of a step, and grows with them.
    """
    return min(hidden // 2, max(32, 32 * round(math.sqrt(vocabulary) / 2)))


def encoder_layers_for(encoder: str | Cell) -> int:
    """Return layers that read: one of a cell, three of what sees few steps in one."""
    return 1 if encoder in CELLS else _LAYERS


def encoder_size_for(encoder: str | Cell, hidden: int) -> int:
    """Return units of what reads, for steps as wide as the decoder's state.

    Parameters
    ----------
    encoder : str or Cell
        A cell reads in two directions.
    hidden : int
    """
    return max(hidden // 2, 1) if encoder in CELLS else hidden


def longest_for(lengths: Sequence[int]) -> int:
    """Return how many tokens a text of the training part may have.

    Ten times the median and at least a hundred: what is far longer than all others
    would need memory and time out of all proportion.
    """
    ordered = sorted(lengths)
    return max(100, 10 * ordered[len(ordered) // 2])


def tokens_per_batch_for(tokens: int) -> int:
    """Return steps of a batch: about 300 updates an epoch, within 1,000 to 2,000.

    Parameters
    ----------
    tokens : int
        Of the longer side of every pair.
    """
    wanted = round(tokens / _STEPS_AN_EPOCH, -2)
    return min(max(int(wanted), _FEWEST_TOKENS), _MOST_TOKENS)

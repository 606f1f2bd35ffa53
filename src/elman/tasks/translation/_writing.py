"""How texts are written: with blanks between words, with signs apart from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

ASKED = 2000
"""Texts that are looked at to tell."""

_SIGN = re.compile(r"\S(?=[.,;:!?](?:\s|$))|\s(?=[.,;:!?](?:\s|$))")
_BLANK = re.compile(r"\s")
_APART, _MOST = 0.9, 0.5
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
# Signs of a text in one of these that may still be a single word.
_WORD = 6


def is_unspaced(texts: Sequence[str]) -> bool:
    """Return whether the texts are in a writing without blanks between words."""
    letters = [c for text in texts[:ASKED] for c in text if c.isalpha()]
    found = sum(unicodedata.name(c, "").startswith(_UNSPACED) for c in letters)
    return found > _MOST * len(letters)


def is_single(texts: Sequence[str]) -> bool:
    """Return whether most of the texts are a single word."""
    if is_unspaced(texts):
        return 2 * sum(len(text) <= _WORD for text in texts) > len(texts)
    return 2 * sum(_BLANK.search(text) is None for text in texts) > len(texts)


def signs_apart(texts: Sequence[str]) -> bool:
    """Return whether signs stand apart from the words before them: tokenised text."""
    before = [m[0] for text in texts[:ASKED] for m in _SIGN.finditer(text)]
    return sum(c.isspace() for c in before) >= _APART * len(before) > 0

"""Which pairs are taken."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.data import Pairs, without_empty
from elman.tasks.tokens._text import as_text

FEWEST = 8
"""Pairs of the smallest set that is trained on."""


def as_texts(given: Any, name: str) -> list[str]:
    """Return texts that were given as a list, an array or a column.

    Raises
    ------
    InputError
        They are something else, or one of them is no text.
    """
    if isinstance(given, str) or not hasattr(given, "__len__"):
        hint = "; put it into a list" if isinstance(given, str) else ""
        raise InputError(
            f"{name} must be a list of str, one a text, got"
            f" {type(given).__name__}{hint}"
        )
    found = list(given)
    for place, text in enumerate(found):
        if not isinstance(text, str):
            raise InputError(
                f"{name}[{place}] must be a str, got {type(text).__name__}"
                f" ({text!r:.40})"
            )
    return [as_text(text, f"{name}[{place}]") for place, text in enumerate(found)]


def as_pairs(source: Any, target: Any) -> Pairs:
    """Return pairs from both sides' texts, without those with an empty side.

    Raises
    ------
    InputError
        They are not as many, or not texts.
    """
    left, right = as_texts(source, "source"), as_texts(target, "target")
    if len(left) != len(right):
        raise InputError(
            f"source has {len(left):,} texts and target {len(right):,}: each text needs"
            " the one that belongs to it"
        )
    return without_empty(left, right)


def scorable(source: Any, target: Any) -> Pairs:
    """Return pairs as `as_pairs` does, one at least.

    Raises
    ------
    InputError
        They are not as many, or not texts, or none has text on both sides.
    """
    pairs = as_pairs(source, target)
    if not pairs:
        raise InputError(
            "there is no pair with text on both sides, so nothing can be scored; give"
            " one at least"
        )
    return pairs


def check_count(pairs: Pairs) -> None:
    """Raise unless there are enough pairs to learn from.

    Raises
    ------
    InputError
    """
    if len(pairs) < FEWEST:
        count = "is 1 pair" if len(pairs) == 1 else f"are {len(pairs):,} pairs"
        raise InputError(
            f"there {count} with text on both sides, too few to learn from; give at"
            f" least {FEWEST}, and better ten thousand"
        )

"""Texts in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pairs:
    """Texts, each with the one that belongs to it.

    Attributes
    ----------
    source, target : list of str
        As many of each, none of them empty.
    notes : list of str
        What was decided while they were read.
    """

    source: list[str]
    target: list[str]
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.source)


def without_empty(
    source: Sequence[str], target: Sequence[str], where: str = ""
) -> Pairs:
    """Return the pairs that have text on both sides, without blanks around it.

    Parameters
    ----------
    source, target : sequence of str
        As many of each.
    where : str
        What they are from, for the note on those left out.
    """
    stripped = [
        (left.strip(), right.strip())
        for left, right in zip(source, target, strict=True)
    ]
    kept = [pair for pair in stripped if all(pair)]
    missing = len(source) - len(kept)
    notes = []
    if missing:
        pairs = "pair has" if missing == 1 else "pairs have"
        notes.append(
            f"{where}: " * bool(where)
            + f"{missing:,} {pairs} an empty side and"
            + f" {'is' if missing == 1 else 'are'} left out"
        )
    return Pairs([left for left, _ in kept], [right for _, right in kept], notes)

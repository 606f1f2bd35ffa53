"""Pairs to learn from, and pairs held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._pairs import Pairs

_FEW = 20


def held_out_pairs(
    pairs: Pairs, share: float, most: int, seed: int, least: int = 1
) -> tuple[Pairs, Pairs | None]:
    """Return pairs to learn from and pairs held out, drawn by the seed.

    All pairs of one source are on the same side: what was learned by heart would else
    look like understanding.

    Parameters
    ----------
    pairs : Pairs
    share : float
        Of the pairs, to hold out; if there is one, 20 of them at least, or a fifth
        of all where those are fewer.
    most : int
        Of those held out, about.
    seed : int
    least : int
        Of those to learn from.
    """
    wanted = round(share * len(pairs))
    if share:
        # Of three pairs, one that is met by chance is a third.
        wanted = max(wanted, min(_FEW, len(pairs) // 5))
    wanted = min(wanted, most, len(pairs) - least)
    of_source: dict[str, list[int]] = {}
    for row, text in enumerate(pairs.source):
        of_source.setdefault(text, []).append(row)
    groups = list(of_source.values())
    held: list[int] = []
    for place in np.random.default_rng(seed).permutation(len(groups)):
        if len(held) >= wanted:
            break
        if len(held) + len(groups[place]) <= len(pairs) - least:
            held += groups[place]
    if not held:
        return pairs, None
    chosen = set(held)
    rest = [row for row in range(len(pairs)) if row not in chosen]
    return _take(pairs, rest), _take(pairs, sorted(held))


def met_before(training: Pairs, held_out: Pairs) -> int:
    """Return how many of the sources held out are in the training part too.

    Parameters
    ----------
    training, held_out : Pairs
    """
    known = set(training.source)
    return sum(text in known for text in held_out.source)


def _take(pairs: Pairs, rows: Sequence[int]) -> Pairs:
    return Pairs([pairs.source[i] for i in rows], [pairs.target[i] for i in rows])

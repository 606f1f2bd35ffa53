"""What leads from one row of labels to another: insertions, deletions, exchanges."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

Labels: TypeAlias = Sequence[Hashable]
Edit: TypeAlias = tuple[Hashable | None, Hashable | None]


def error_rate(found: Sequence[Labels], truth: Sequence[Labels]) -> float:
    """Return insertions, deletions and exchanges by what there should be."""
    wrong = sum(map(distance, found, truth))
    return wrong / (sum(map(len, truth)) or 1)


def distance(a: Labels, b: Labels) -> int:
    """Return how many insertions, deletions and exchanges lead from one to the other.

    Levenshtein's distance.
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y)),
            )
    return row[-1]


def edits(found: Labels, truth: Labels) -> list[Edit]:
    """Return what became of each label on a shortest way, in their order.

    Parameters
    ----------
    found, truth : sequence

    Returns
    -------
    list of tuple
        What there should be and what was found: the same, another one (exchanged),
        (label, None) of one that is missing, (None, label) of one too many.
    """
    rows = [list(range(len(found) + 1))]
    for i, x in enumerate(truth, 1):
        row, above = [i], rows[-1]
        for j, y in enumerate(found, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
        rows.append(row)
    i, j = len(truth), len(found)
    way: list[Edit] = []
    while i or j:
        here = rows[i][j]
        same = i and j and truth[i - 1] == found[j - 1]
        if i and j and here == rows[i - 1][j - 1] + (not same):
            i, j = i - 1, j - 1
            way.append((truth[i], found[j]))
        elif i and here == rows[i - 1][j] + 1:
            i -= 1
            way.append((truth[i], None))
        else:
            j -= 1
            way.append((None, found[j]))
    return way[::-1]

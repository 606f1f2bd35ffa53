"""What accuracy alone does not say about classes of unequal size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACCURACY, BALANCED = "accuracy", "balanced accuracy"
# The largest class over the smallest, from which accuracy alone misleads.
_UNEQUAL = 2.0


def balanced_accuracy(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the share that is right of each class, averaged over those there are."""
    right = truth == predicted
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def about_classes(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    metric: str,
    classes: Sequence[str],
    trained: int,
    called: str,
) -> list[str]:
    """Return sentences on frequent classes, and on those never predicted.

    Parameters
    ----------
    truth, predicted : ndarray
        Class numbers (n,).
    metric : {"accuracy", "balanced accuracy"}
    classes : sequence of str
        Their names, those that training did not have last.
    trained : int
        How many training had.
    called : str
        What a sentence calls the model.
    """
    counts = np.bincount(truth, minlength=len(classes))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return []
    most, least = int(counts.argmax()), int(counts[there].min())
    said = []
    if metric == ACCURACY and counts[most] >= _UNEQUAL * least:
        share = 100 * counts[most] / counts.sum()
        value = 100 * balanced_accuracy(truth, predicted)
        said.append(
            f"Always saying {classes[most]!r} is right for {share:.1f} %; averaged "
            f"over the classes ({BALANCED}), {called} is right for {value:.1f} %, "
            f"a guess for {100 / len(there):.1f} %."
        )
    never = np.setdiff1d(there[there < trained], predicted)
    if len(never):
        listed = ", ".join(f"{classes[i]!r} ({counts[i]:,})" for i in never[:5])
        more = f" and {len(never) - 5} more" if len(never) > 5 else ""
        several = "es" if len(never) > 1 else ""
        rare = metric == ACCURACY and counts[most] >= _UNEQUAL * counts[never].min()
        remedy = " class_weight 'balanced' makes every class count the same."
        said.append(
            f"It never predicts the class{several} {listed}{more}."
            + (remedy if rare else "")
        )
    return said

"""Which steps an answer leaned on: what it loses where they are hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.sequence.given._input import Array

from ._lost import lost_by

_STRETCHES = 40  # places where a stretch is hidden, at most
_SHARE = 8  # of a sequence that a stretch is


def leaned_on(estimator: Any, sequence: Array) -> NDArray[np.float64]:
    """Return what each step counts for the estimator's answer.

    A stretch of steps, an eighth of the sequence, is set to the sequence's mean step;
    a step counts what the answer then loses, the mean over the stretches it is in.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted, one target a sequence.
    sequence : ndarray
        (T, C).

    Returns
    -------
    ndarray
        (T,), not below 0.
    """
    steps = len(sequence)
    wide = max(1, -(-steps // _SHARE))
    starts = np.unique(
        np.linspace(0, steps - wide, min(_STRETCHES, steps)).round().astype(int)
    )
    mean = np.nanmean(sequence, axis=0)
    hidden = [sequence]
    for start in starts:
        one = sequence.copy()
        one[start : start + wide] = mean
        hidden.append(one)
    outputs, _ = estimator._outputs(hidden)
    lost = lost_by(outputs, bool(estimator.kind_.names))
    total, count = np.zeros(steps), np.zeros(steps)
    for start, value in zip(starts, lost, strict=True):
        total[start : start + wide] += value
        count[start : start + wide] += 1
    return total / np.maximum(count, 1)

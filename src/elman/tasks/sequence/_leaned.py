"""Which steps an answer leaned on: what it loses where they are hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._input import Array

_STRETCHES = 40  # places where a stretch is hidden, at most
_SHARE = 8  # of a sequence that a stretch is


def leaned_on(
    estimator: Any, sequence: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each step counts for the estimator's answer, and the answer.

    A stretch of steps, an eighth of the sequence, is set to the sequence's mean step;
    a step counts what the answer then loses, the mean over the stretches it is in. Of
    classes that is how much the log-probability of the predicted class falls, of
    numbers how far the first of them moves.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted, one target a sequence.
    sequence : ndarray
        (T, C).

    Returns
    -------
    counts : ndarray
        (T,), what it counts; not below 0.
    outputs : ndarray
        (K,): of the whole sequence, as the estimator decides by.
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
    whole = np.asarray(outputs[0], np.float64)
    if estimator.kind_.names:
        logs = outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
        best = int(whole.argmax())
        lost = logs[0, best] - logs[1:, best]
    else:
        lost = np.abs(outputs[1:, 0] - outputs[0, 0])
    total, count = np.zeros(steps), np.zeros(steps)
    for start, value in zip(starts, lost, strict=True):
        total[start : start + wide] += max(0.0, float(value))
        count[start : start + wide] += 1
    return total / np.maximum(count, 1), whole

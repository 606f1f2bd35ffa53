"""What an answer loses where a part of its sequence is hidden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax


def lost_by(outputs: NDArray[np.floating], classes: bool) -> NDArray[np.float64]:
    """Return what each hiding takes from the answer; not below 0.

    Of classes that is how much the log-probability of the predicted class falls, of
    numbers how far they move in the mean.

    Parameters
    ----------
    outputs : ndarray
        (1 + n, K): of the whole sequence, then with each of n parts hidden.
    classes : bool
        Whether outputs are scores of classes.
    """
    found = np.asarray(outputs, np.float64)
    if not classes:
        return np.asarray(np.abs(found[1:] - found[0]).mean(1))
    logs = log_softmax(found, axis=1)[:, int(found[0].argmax())]
    return np.maximum(logs[0] - logs[1:], 0.0)

"""What a network has to beat to have learned anything."""

from __future__ import annotations

import math

import numpy as np

from ._vocabulary import Ids


def by_frequency(ids: Ids) -> tuple[float, str]:
    """Return the nats of taking each token for as likely as it is frequent.

    Parameters
    ----------
    ids : ndarray
        Of the training part.

    Returns
    -------
    float
        Above zero.
    str
        What that is, in words.
    """
    counts = np.bincount(ids).astype(float)
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    return max(entropy, math.ulp(1.0)), "guessing by how often each is"

"""The labels that a network's outputs most probably say."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ._loss import BLANK

Labels = tuple[int, ...]
LogProbs = NDArray[np.float64]


def log_probs(output: NDArray[np.floating]) -> LogProbs:
    """Return (T, K): the logarithm of each symbol's probability at each step."""
    output = output.astype(np.float64)
    output = output - output.max(1, keepdims=True)
    return output - np.log(np.exp(output).sum(1, keepdims=True))


def greedy(output: NDArray[np.floating]) -> Labels:
    """Return what the most probable symbol of each step says.

    Parameters
    ----------
    output : ndarray
        (T, K): a score for each symbol at each step; column 0 is the blank's.
    """
    best = output.argmax(1)
    first = np.diff(best, prepend=-1) != 0
    return tuple(best[first & (best != BLANK)].tolist())


def search(
    output: NDArray[np.floating], beam: int, n_best: int = 1
) -> list[tuple[Labels, float]]:
    r"""Return the most probable labels, by a search over their beginnings.

    Paths that say the same are one hypothesis, with the sum of their probabilities:

    .. math::

        p^b_t(\ell) &= \pi_t(0)\,\bigl(p^b_{t-1}(\ell) + p^n_{t-1}(\ell)\bigr) \\
        p^n_t(\ell k) &= \pi_t(k)\,\bigl(p^n_{t-1}(\ell k) + p^b_{t-1}(\ell)
            + [\ell_{-1} \neq k]\, p^n_{t-1}(\ell)\bigr)

    with :math:`p^b` that of the paths which end in a blank, and :math:`p^n` of those
    which end in the label (Graves 2012; Hannun et al. 2014).

    Parameters
    ----------
    output : ndarray
        (T, K): a score for each symbol at each step.
    beam : int
        Beginnings that are kept after each step.
    n_best : int
        How many to return, at most ``beam``.

    Returns
    -------
    list of (tuple of int, float)
        Labels and the logarithm of their probability, the best first.
    """
    scores = log_probs(output)
    prefixes: list[Labels] = [()]
    blank, label = np.zeros(1), np.full(1, -math.inf)
    for step in scores:
        count, symbols = len(prefixes), len(step)
        whole = np.logaddexp(blank, label)
        last = np.array([prefix[-1] if prefix else BLANK for prefix in prefixes])
        said = last != BLANK
        longer = whole[:, None] + step
        # The same label again needs a blank between.
        rows = np.flatnonzero(said)
        longer[rows, last[rows]] = blank[rows] + step[last[rows]]
        longer[:, BLANK] = -math.inf
        same = np.where(said, label + step[last], -math.inf)
        place = {prefix: i for i, prefix in enumerate(prefixes)}
        for i in rows.tolist():
            parent = place.get(prefixes[i][:-1])
            if parent is not None:
                same[i] = np.logaddexp(same[i], longer[parent, last[i]])
                longer[parent, last[i]] = -math.inf
        ends = whole + step[BLANK]
        every = np.concatenate([np.logaddexp(ends, same), longer.ravel()])
        kept = np.argsort(-every, kind="stable")[:beam]
        kept = kept[np.isfinite(every[kept])]
        olds = kept < count
        new = kept - count
        prefixes = [
            prefixes[k] if old else (*prefixes[n // symbols], n % symbols)
            for k, n, old in zip(kept.tolist(), new.tolist(), olds, strict=True)
        ]
        of = np.where(olds, kept, 0)
        blank = np.where(olds, ends[of], -math.inf)
        label = np.where(olds, same[of], every[kept])
    total = np.logaddexp(blank, label)
    return [(prefixes[i], float(total[i])) for i in range(min(n_best, len(prefixes)))]

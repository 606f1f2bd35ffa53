"""Whether a mean difference is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def beyond_chance(mean: float, sources: Sequence[NDArray[np.float64]]) -> bool:
    r"""Return whether a mean differs from 0 by more than chance in 19 of 20 cases.

    :math:`|\bar d| > t_{0.975,\nu}\, s` with :math:`s^2 = \sum_k s_k^2 / n_k` over the
    sources of chance and :math:`\nu = s^4 / \sum_k (s_k^2 / n_k)^2 / (n_k - 1)`
    (Welch 1947, Satterthwaite 1946).

    Parameters
    ----------
    mean : float
    sources : sequence of ndarray
        The differences by each of what they vary over, such as sequences, and seeds;
        NaN counts as none. A source of less than two tells nothing and is left out.
    """
    from scipy.special import stdtrit

    known = [values[~np.isnan(values)] for values in sources]
    terms = [(v.var(ddof=1) / len(v), len(v) - 1) for v in known if len(v) > 1]
    error = sum(term for term, _ in terms)
    if not terms:
        return False
    if error == 0:
        return mean != 0
    degrees = error**2 / sum(term**2 / free for term, free in terms)
    return bool(abs(mean) > stdtrit(degrees, 0.975) * math.sqrt(error))


def mean_of(change: NDArray[np.float64]) -> float:
    """Return the mean of those that are known; 0 of none."""
    known = change[~np.isnan(change)]
    return float(known.mean()) if len(known) else 0.0

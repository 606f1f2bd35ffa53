"""Mutual information between a target and single steps of the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._lagged import Samples

Array = NDArray[np.float64]

BINS = 6
"""Levels of equal share a number is put into; at least 20 samples in each pair."""

SHUFFLES = 99
"""Shuffled targets the evidence is compared with: p is known to a hundredth."""

SURE = 1.645
"""Standard errors above chance of the lag that is seen for certain (5 %)."""


@dataclass(frozen=True)
class Informed:
    """Which lags tell about the target.

    Attributes
    ----------
    lag : int
        The longest whose information is above all of chance.
    sure : int
        The longest that is above it by 1.645 standard errors as well.
    bits : float
        The information at ``lag``, less its mean under shuffles.
    p : float
        Of the largest information over all lags and features.
    """

    lag: int
    sure: int
    bits: float
    p: float


def informed(samples: Samples, rng: np.random.Generator) -> Informed:
    """Find the longest lag at which a step tells about the target.

    Numbers are put into levels of equal share, and I(x_{t−k}; y_t) is that of the
    table of counts. Its bias is the same for shuffled targets, which say what is
    chance: the 95th percentile of the largest information over all lags and
    features at once. The standard error is that of the mean of the local
    information ln p(x, y) / p(x) p(y).

    Parameters
    ----------
    samples : Samples
    rng : Generator

    Returns
    -------
    Informed
    """
    count, reach, width = samples.lagged.shape
    levels = max(2, min(BINS, int((count / 20) ** 0.5)))
    flat = samples.lagged.reshape(count, -1)
    x = np.stack([_levels(flat[:, j], levels) for j in range(flat.shape[1])], 1)
    y = _classes(samples.targets, levels)
    kinds = int(y.max()) + 1
    ways = [np.arange(count)]
    for _ in range(SHUFFLES):
        if samples.single:
            ways.append(rng.permutation(count))
        else:  # neighbours stay neighbours
            ways.append(np.roll(ways[0], int(rng.integers(count // 10, count))))
    marks = np.eye(kinds, dtype=np.float32)[y]
    side_by_side = np.concatenate([marks[way] for way in ways], 1)
    shares_y = marks.mean(0, dtype=np.float64)
    # counts[feature, level, shuffle, kind] of all shuffles by one product each level
    found = np.zeros((flat.shape[1], 1 + SHUFFLES))
    square = np.zeros(flat.shape[1])
    for level in range(levels):
        inside = (x == level).astype(np.float32)
        joint = (inside.T @ side_by_side).astype(np.float64) / count
        joint = joint.reshape(-1, 1 + SHUFFLES, kinds)
        alone = inside.mean(0, dtype=np.float64)[:, None, None] * shares_y
        with np.errstate(divide="ignore", invalid="ignore"):
            local = np.where(joint > 0, np.log2(joint / alone), 0.0)
        found += (joint * local).sum(2)
        square += (joint[:, 0] * local[:, 0] ** 2).sum(1)
    error = np.sqrt(np.maximum(square - found[:, 0] ** 2, 0) / count)
    excess = found - found[:, 1:].mean(1, keepdims=True)
    chance = excess[:, 1:].max(0)
    real = excess[:, 0]
    p = (1 + int((chance >= real.max()).sum())) / (1 + SHUFFLES)
    limit = float(np.quantile(chance, 0.95))
    by_lag = real.reshape(reach, width)
    least = (real - SURE * error).reshape(reach, width)
    best = int(by_lag.max(1).argmax())
    above = np.flatnonzero(by_lag.max(1) > limit)
    surely = np.flatnonzero(least.max(1) > limit)
    lag = int(above[-1]) if len(above) else best
    sure = int(surely[-1]) if len(surely) else min(best, lag)
    return Informed(lag, sure, float(by_lag[lag].max()), p)


def _levels(values: Array, levels: int) -> NDArray[np.intp]:
    """Put numbers into levels of equal share; those that are equal stay together."""
    edges = np.unique(np.quantile(values, np.arange(1, levels) / levels))
    kinds = np.unique(values)
    if len(kinds) <= levels:  # few values: each is a level
        return np.searchsorted(kinds, values)
    return np.searchsorted(edges, values, side="right")


def _classes(targets: Array, levels: int) -> NDArray[np.intp]:
    """Find a target's levels; of several columns those of the main direction.

    Indicators of classes have few different rows, and each is a class.
    """
    rows, kind = np.unique(targets, axis=0, return_inverse=True)
    if targets.shape[1] > 1 and len(rows) <= 2 * levels:
        return kind.reshape(-1)
    if targets.shape[1] > 1:
        main = np.linalg.svd(targets, full_matrices=False)[2][0]
        targets = (targets @ main)[:, None]
    return _levels(targets[:, 0], levels)

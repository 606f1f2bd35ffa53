"""Ridge regression on ever longer pasts: how much past a target needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ._lagged import Samples
from ._ridge import left_out

Array = NDArray[np.float64]

SHUFFLES = 99
"""Shuffled targets the evidence is compared with: p is known to a hundredth."""

LEVEL = 0.05
"""Chance of evidence where there is none."""

WORSE = 1.645
"""Standard errors by which a shorter past must be worse to be too short (5 %)."""


DRAWS = 200
"""Times samples are drawn anew for the interval."""


@dataclass(frozen=True)
class Masked:
    """The past a probe needs, and its evidence."""

    steps: int
    low: int
    high: int
    explained: float
    p: float


def masked(samples: Samples, rng: np.random.Generator) -> Masked:
    """Find the shortest past that predicts a target no worse than any.

    Parameters
    ----------
    samples : Samples
    rng : Generator

    Returns
    -------
    Masked
    """
    lagged, y = samples.lagged, samples.targets
    count, reach = lagged.shape[:2]
    order = rng.permutation(count) if samples.single else np.arange(count)
    lagged, y = lagged[order], y[order]
    outputs = y.shape[1]
    parts = min(20, count // 5)
    edges = np.linspace(0, count, parts + 1).astype(int)
    blocks = [slice(a, b) for a, b in pairwise(edges)]
    shuffled = [y]
    for _ in range(SHUFFLES):
        if samples.single:
            shuffled.append(y[rng.permutation(count)])
        else:  # neighbours stay neighbours
            shuffled.append(np.roll(y, int(rng.integers(count // 10, count)), 0))
    problems = np.concatenate(shuffled, 1)
    nothing, base = left_out(np.zeros((count, 0)), problems, blocks, outputs)

    errors: dict[int, Array] = {-1: nothing}
    best = base.copy()

    def fit(lag: int) -> Array:
        if lag not in errors:
            flat = lagged[:, : lag + 1].reshape(count, -1)
            errors[lag], means = left_out(flat, problems, blocks, outputs)
            np.minimum(best, means, out=best)
        return errors[lag]

    grid = _grid(reach - 1)
    for lag in grid:
        fit(lag)
    gains = 1 - best / base
    p = float((1 + (gains[1:] >= gains[0]).sum()) / (1 + SHUFFLES))
    if p > LEVEL:
        return Masked(1, 1, 1, float(gains[0]), p)

    def units(lag: int) -> Array:
        """Errors that may be taken as independent: of sequences, or blocks."""
        if samples.single:
            return errors[lag]
        return np.array([errors[lag][block].mean() for block in blocks])

    def worse(lag: int, whole: int, draw: NDArray[np.int64] | None = None) -> bool:
        """Tell whether a past is shorter than the best, and for certain worse."""
        if lag >= whole:
            return False  # more inputs may fit worse, but are no lack of past
        excess = units(lag) - units(whole)
        excess = excess if draw is None else excess[draw]
        error = excess.std(ddof=1) / np.sqrt(len(excess))
        return bool(excess.mean() > max(0.0, WORSE * error))

    def best_of(lags: list[int], draw: NDArray[np.int64]) -> int:
        return min(lags, key=lambda lag: float(units(lag)[draw].mean()))

    everything = np.arange(len(units(0)))
    whole = best_of(grid, everything)
    steps = _refined(partial(worse, whole=whole), grid, fit)
    measured = sorted(lag for lag in errors if lag >= 0)
    ends = []
    for _ in range(DRAWS):
        draw = rng.integers(0, len(everything), len(everything))
        best_one = best_of(measured, draw)
        ends.append(_first(partial(worse, whole=best_one, draw=draw), measured))
    low, high = np.quantile(ends, [0.05, 0.95]).round().astype(int)
    return Masked(
        max(1, steps),
        max(1, min(int(low), steps)),
        max(1, int(high), steps),
        float(gains[0]),
        p,
    )


def _grid(longest: int) -> list[int]:
    """Lags 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, …, and the longest."""
    lags = {0, longest}
    lag = 1
    while lag <= longest:
        lags |= {lag, min(longest, lag + lag // 2)}
        lag *= 2
    return sorted(lags)


def _first(worse: Callable[[int], bool], lags: list[int]) -> int:
    """Lag after the last that is too short."""
    last = max((i for i, lag in enumerate(lags) if worse(lag)), default=-1)
    return lags[min(last + 1, len(lags) - 1)]


def _refined(
    worse: Callable[[int], bool], grid: list[int], fit: Callable[[int], Array]
) -> int:
    """Bisect between the last lag of the grid that is too short and the next."""
    high = _first(worse, grid)
    below = [lag for lag in grid if lag < high]
    low = below[-1] if below else -1
    while high - low > 1:
        middle = (low + high) // 2
        fit(middle)
        if worse(middle):
            low = middle
        else:
            high = middle
    return high

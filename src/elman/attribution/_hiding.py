"""Attributions by what an output loses where blocks of the input are hidden."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from ._attribution import Array, Attribution, Function, baselines_of
from ._blocks import Blocks

MOST_EXACT = 10
"""Shapley values of so many blocks are exact: all 1,024 subsets are computed."""

PERMUTATIONS, FEW_PERMUTATIONS = 16, 4
"""Orders beyond that, and to see which blocks are worth splitting."""

_TOGETHER = 256
_COUNTS, _PARTS = 0.1, 4


def occlusion(
    function: Function, inputs: Array, baseline: Array, blocks: Blocks
) -> Attribution:
    r"""Hide one block at a time: :math:`a_j = f(x) - f(x \text{ without } j)`.

    What two blocks say alike is counted for neither, and what they say together only
    for both: the values need not add up, and the gap says how far they are from it.

    Parameters
    ----------
    function : callable
        From (n, T, C) to (n, K).
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (C,), (T, C), or several (m, T, C): what stands where a block is hidden.
    blocks : Blocks

    Returns
    -------
    Attribution
    """
    masks = ~np.eye(len(blocks), dtype=bool)
    hidden = _Hidden(function, inputs, baseline, blocks)
    without = hidden(masks)
    values = (hidden.output - without).T
    return hidden.attribution("occlusion", values)


def shapley(
    function: Function,
    inputs: Array,
    baseline: Array,
    blocks: Blocks,
    *,
    permutations: int = PERMUTATIONS,
    refine: int = 0,
    seed: int = 0,
) -> Attribution:
    r"""Share the output among blocks by what each adds to every set of the others.

    .. math:: a_j = \sum_{S \not\ni j} \frac{|S|!\,(n - |S| - 1)!}{n!}
        \left( f(x_{S \cup j}) - f(x_S) \right)

    with the blocks outside :math:`S` at the baseline. All subsets are taken up to ten
    blocks. Of more, blocks are shown one after another in chance orders, each order
    and its reverse; what a block adds, in the mean over the orders, adds up all the
    same, and has a standard error.

    Parameters
    ----------
    function : callable
        From (n, T, C) to (n, K).
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (C,), (T, C), or several (m, T, C): what stands where a block is hidden.
    blocks : Blocks
    permutations : int
        Orders beyond ten blocks; even.
    refine : int
        How often blocks that count (a tenth of the sum of all, for any output) are
        split, by channels and then in time, and the values found anew.
    seed : int
        Of the orders.

    Returns
    -------
    Attribution

    Notes
    -----
    S. Lundberg, S. Lee, "A unified approach to interpreting model predictions", NIPS
    2017; R. Mitchell et al., "Sampling permutations for Shapley value estimation",
    JMLR 2022.
    """
    evaluations = 0
    # To find which blocks count, few orders are enough.
    for _ in range(refine):
        hidden = _Hidden(function, inputs, baseline, blocks)
        weight = np.abs(_sampled(hidden, len(blocks), FEW_PERMUTATIONS, seed)[0])
        evaluations += hidden.evaluations
        counts = (weight > _COUNTS * weight.sum(1, keepdims=True)).any(0)
        finer = blocks.split(counts, _PARTS)
        if len(finer) == len(blocks):
            break
        blocks = finer
    hidden = _Hidden(function, inputs, baseline, blocks)
    error: Array | None = None
    if len(blocks) <= MOST_EXACT:
        values = _exact(hidden, len(blocks))
    else:
        values, error = _sampled(hidden, len(blocks), permutations, seed)
    evaluations += hidden.evaluations
    return hidden.attribution("shapley", values, error, evaluations)


class _Hidden:
    """Outputs with blocks hidden, the mean over the baselines."""

    def __init__(
        self, function: Function, inputs: Array, baseline: Array, blocks: Blocks
    ) -> None:
        self.function = function
        self.inputs = inputs
        self.starts = baselines_of(inputs, baseline)
        self.blocks = blocks
        self.evaluations = 0
        ends = self(np.array([[True] * len(blocks), [False] * len(blocks)]))
        self.output, self.reference = ends

    def __call__(self, masks: NDArray[np.bool_]) -> Array:
        """Return (m, K) with the blocks of each mask (m, n) shown."""
        found = []
        for begin in range(0, len(masks), _TOGETHER):
            shown = self.blocks.shown(masks[begin : begin + _TOGETHER])
            each = [
                self.function(np.where(shown, self.inputs, start))
                for start in self.starts
            ]
            self.evaluations += shown.shape[0] * len(self.starts)
            found.append(np.mean(each, 0))
        return np.concatenate(found)

    def attribution(
        self,
        method: str,
        values: Array,
        error: Array | None = None,
        evaluations: int | None = None,
    ) -> Attribution:
        """Return values (K, n) of the blocks as those of the input."""
        spread = self.blocks.spread
        return Attribution(
            method,
            spread(values),
            self.output,
            self.reference,
            None if error is None else spread(error),
            self.blocks.labels,
            self.evaluations if evaluations is None else evaluations,
        )


def _exact(hidden: _Hidden, count: int) -> Array:
    """Return (K, n) from all subsets."""
    masks = np.array(list(itertools.product([False, True], repeat=count)))
    outputs = hidden(masks)
    sizes = masks.sum(1)
    places = 1 << np.arange(count)[::-1]
    found = []
    for j in range(count):
        without = np.flatnonzero(~masks[:, j])
        size = sizes[without]
        weights = np.array([1.0 / (count * math.comb(count - 1, int(s))) for s in size])
        gains = outputs[without + places[j]] - outputs[without]
        found.append(weights @ gains)
    return np.array(found).T


def _sampled(
    hidden: _Hidden, count: int, permutations: int, seed: int
) -> tuple[Array, Array]:
    """Return (K, n) from chance orders, and standard errors."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(max(2, permutations // 2)):
        order = rng.permutation(count)
        pairs.append(
            (_along(hidden, order) + _along(hidden, order[::-1])) / 2,
        )
    found = np.array(pairs)
    error = found.std(0, ddof=1) / math.sqrt(len(found))
    return found.mean(0), error


def _along(hidden: _Hidden, order: NDArray[np.int64]) -> Array:
    """Return (K, n): what each block adds where they are shown in this order."""
    count = len(order)
    masks = np.zeros((count - 1, count), bool)
    for i, j in enumerate(order[:-1]):
        masks[i:, j] = True
    between = [hidden(masks)] if count > 1 else []
    outputs = np.concatenate([hidden.reference[None], *between, hidden.output[None]])
    found = np.empty((outputs.shape[1], count))
    found[:, order] = np.diff(outputs, axis=0).T
    return found

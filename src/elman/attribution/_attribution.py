"""What the values of an input count for an output, and whether that adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Function = Callable[[Array], Array]
"""From inputs (n, T, C) to outputs (n, K)."""

Gradient = Callable[[Array], tuple[Array, Array]]
"""From inputs (n, T, C) to outputs (n, K) and their gradients (n, K, T, C)."""


@dataclass(frozen=True)
class Attribution:
    r"""What each value of one input counts for each output.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    values : ndarray
        float64 (K, T, C), in units of the outputs.
    output, reference : ndarray
        (K,): the outputs for the input, and for what it is compared with; of several
        such, their mean.
    error : ndarray or None
        (K, T, C): standard errors of the values, where they were sampled.
    labels : ndarray or None
        int64 (T, C): the block of each value, where blocks were attributed. Each value
        of a block has an even share of it.
    evaluations : int
        How many inputs the outputs were computed for.
    """

    method: str
    values: Array
    output: Array
    reference: Array
    error: Array | None = None
    labels: NDArray[np.int64] | None = None
    evaluations: int = 0

    @property
    def difference(self) -> Array:
        """(K,): what there is to explain, the outputs less the reference's."""
        return self.output - self.reference

    @property
    def gap(self) -> Array:
        r"""(K,): how far they are from adding up, :math:`|\sum a - (f(x) - f(b))|`."""
        return np.abs(self.values.sum((1, 2)) - self.difference)

    @property
    def relative_gap(self) -> Array:
        """(K,): the same as a share of what there is to explain; 0 where both are."""
        whole = np.abs(self.difference)
        # A difference of rounding has nothing to explain.
        least = 1e-9 * np.maximum(1.0, np.abs(self.output))
        return np.where(self.gap <= least, 0.0, self.gap / np.maximum(whole, least))

    @property
    def by_step(self) -> Array:
        """(K, T): the sum over the channels."""
        return self.values.sum(2)

    @property
    def by_channel(self) -> Array:
        """(K, C): the sum over the steps."""
        return self.values.sum(1)


def baselines_of(inputs: Array, baseline: Array) -> Array:
    """Return (m, T, C): what an input (T, C) is compared with.

    Parameters
    ----------
    inputs : ndarray
        (T, C).
    baseline : ndarray
        (C,) or (T, C), the same for each; or (m, T, C), several.

    Raises
    ------
    ValueError
        The shapes do not fit.
    """
    found = np.asarray(baseline, np.float64)
    if found.ndim == 3 and found.shape[1:] == inputs.shape and len(found):
        return found
    if found.ndim <= 2:
        return np.broadcast_to(found, inputs.shape)[None]
    raise ValueError(
        f"baseline has shape {found.shape}; expected (C,), (T, C) or (m, T, C) with"
        f" (T, C) = {inputs.shape}"
    )

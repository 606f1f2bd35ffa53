"""Ridge regression on ever more lags, every block of samples left out in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""λ in multiples of the number of samples."""

CONSTANT = 1e3
"""The intercept is a feature this large: it costs the penalty next to nothing."""


def left_out(
    features: Array, targets: Array, blocks: Sequence[slice], outputs: int
) -> tuple[Array, Array]:
    """Predict every block of samples from all the others.

    With H = X (XᵀX + λI)⁻¹ Xᵀ and r = y − H y, the residual of a block b of a fit
    without it is (I − H_bb)⁻¹ r_b: one decomposition serves all blocks, all
    penalties and all targets, permuted ones among them.

    Parameters
    ----------
    features : array (N, p)
    targets : array (N, columns)
        Several problems side by side, each of ``outputs`` columns.
    blocks : sequence of slice
    outputs : int

    Returns
    -------
    squares : array (N,)
        Squared error of the first problem, at its best penalty.
    means : array (problems,)
        Mean squared error of each, at the penalty best for it.
    """
    count = len(features)
    X = np.concatenate([features, np.full((count, 1), CONSTANT)], 1)
    U, size = _left(X)
    projected = U.T @ targets
    best = np.full(targets.shape[1] // outputs, np.inf)
    first = np.zeros(count)
    for penalty in PENALTIES:
        shrink = size / (size + penalty * count)
        residual = targets - U @ (shrink[:, None] * projected)
        for block in blocks:
            rows = U[block]
            system = np.eye(len(rows)) - (rows * shrink) @ rows.T
            residual[block] = np.linalg.solve(system, residual[block])
        squares = (residual**2).reshape(count, -1, outputs).sum(2)
        means = squares.mean(0)
        if means[0] < best[0]:
            first = squares[:, 0]
        best = np.minimum(best, means)
    return first, best


def _left(X: Array) -> tuple[Array, Array]:
    """Left singular vectors and squared singular values, those that are not zero."""
    wide = X.shape[1] > X.shape[0]
    size, vectors = np.linalg.eigh(X @ X.T if wide else X.T @ X)
    kept = size > size[-1] * len(size) * np.finfo(np.float64).eps
    size, vectors = size[kept], vectors[:, kept]
    return (vectors if wide else X @ vectors / np.sqrt(size)), size

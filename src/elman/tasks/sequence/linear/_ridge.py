"""Ridge regression with every row's prediction by a model that never saw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Array = NDArray[np.float64]

PENALTIES = 10.0 ** np.arange(-5, 3.1, 0.5)
"""What is tried, for features whose squares sum to about 1 a row."""

_CHUNK = 4096


@dataclass(frozen=True)
class Ridge:
    """A fitted linear model.

    Attributes
    ----------
    coefficients : ndarray
        float64 (p, K).
    intercept : ndarray
        (K,).
    penalty : float
    left_out : ndarray
        (n, K): each training row predicted without it.
    """

    coefficients: Array
    intercept: Array
    penalty: float
    left_out: Array

    def predict(self, features: Floats) -> Array:
        """Return (n, K)."""
        return features @ self.coefficients + self.intercept


def fit_ridge(
    features: Floats,
    targets: Array,
    weights: Array | None,
    loss: Callable[[Array], float],
    groups: NDArray[np.int64] | None = None,
) -> Ridge:
    r"""Fit with the penalty whose left-out predictions have the least loss.

    With :math:`Z` the features in the basis of their principal axes, of squared
    lengths :math:`e`, the leverage of row i is
    :math:`h_i = \sum_j Z_{ij}^2 / (e_j + \alpha) + w_i / \sum w`, and the model
    without row i predicts :math:`y_i - (y_i - \hat y_i) / (1 - h_i)`: exact for a
    fixed centre, and at the cost of one decomposition for all rows and penalties.
    Of groups, the model without the rows G errs by :math:`(I - H_{GG})^{-1}` times
    the error with them, with :math:`H_{GG}` the same for all pairs of the group's
    rows.

    Parameters
    ----------
    features : ndarray
        (n, p), scaled.
    targets : ndarray
        (n, K).
    weights : ndarray or None
        (n,), mean 1; a row of weight 0 teaches nothing.
    loss : callable
        Of (n, K) left-out predictions.
    groups : ndarray or None
        (n,): rows that are left out together.
    """
    n = len(features)
    weight = np.ones(n) if weights is None else np.maximum(weights, 1e-9)
    share = weight / weight.sum()
    root = np.sqrt(weight)[:, None]
    centre = share @ features.astype(np.float64)
    mean = share @ targets
    scaled = (features - centre.astype(features.dtype)) * root.astype(features.dtype)
    wanted = root * (targets - mean)
    wide = features.shape[1] > n
    gram = _gram(scaled.T if wide else scaled)
    lengths, axes = np.linalg.eigh(gram)
    lengths = np.maximum(lengths, 0.0)
    basis = axes * np.sqrt(lengths) if wide else scaled @ axes
    projected = basis.T @ wanted
    square = np.square(basis)
    best: tuple[float, float, Array] | None = None
    for penalty in PENALTIES:
        inverse = 1.0 / (lengths + penalty)
        fitted = basis @ (inverse[:, None] * projected)
        if groups is None:
            leverage = square @ inverse + share
            without = (wanted - fitted) / np.maximum(1.0 - leverage, 1e-9)[:, None]
        else:
            without = _without_groups(wanted - fitted, basis, inverse, root, groups)
        left_out = targets - without / root
        value = loss(left_out)
        # The stronger penalty where two are level.
        if best is None or value <= best[0]:
            best = value, float(penalty), left_out
    assert best is not None  # noqa: S101 - there are penalties
    _, penalty, left_out = best
    inverse = 1.0 / (lengths + penalty)
    if wide:
        dual = axes @ (inverse[:, None] * (axes.T @ wanted))
        coefficients = scaled.T @ dual
    else:
        coefficients = axes @ (inverse[:, None] * projected)
    coefficients = np.asarray(coefficients, np.float64)
    return Ridge(coefficients, mean - centre @ coefficients, penalty, left_out)


def _without_groups(
    error: Array,
    basis: Floats,
    inverse: Array,
    root: Array,
    groups: NDArray[np.int64],
) -> Array:
    """Return the errors (n, K) of models that did not see the group of each row."""
    found = np.empty_like(error)
    total = float(np.square(root).sum())
    for name in np.unique(groups):
        rows = np.flatnonzero(groups == name)
        own = basis[rows]
        hat = (own * inverse) @ own.T + root[rows] @ root[rows].T / total
        hat[np.diag_indices(len(rows))] -= 1.0 + 1e-9
        found[rows] = np.linalg.solve(-hat, error[rows])
    return found


def _gram(values: Floats) -> Array:
    """Return values.T @ values in float64, without a copy of all of them."""
    total = np.zeros((values.shape[1], values.shape[1]))
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK].astype(np.float64)
        total += part.T @ part
    return total

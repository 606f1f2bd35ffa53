"""One ridge regression for all targets: each one's own lags, with the same weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._normal_equations import NormalEquations, Sample, solved


class SharedProblem:
    r"""One step of the horizon, the weights of the lags shared by all targets.

    .. math:: \min_{\beta, \gamma} \sum_j \| y_j - L_j \beta - Z \gamma_j \|^2
              + \alpha \|\beta\|^2 + \alpha \sum_j \|\gamma_j\|^2

    with the lags :math:`L_j` of target j alone and the other features Z, whose
    weights and intercept each target has for itself. The :math:`\gamma_j` are
    eliminated first.

    Parameters
    ----------
    features : ndarray
        (n, D): the lags, step by step and in each step by target, then the others.
    truth : ndarray
        (n, K), relative to the anchor, NaN where missing.
    lags : int
        How many of the features are lags, C times K.
    sample : Sample
    k : int
        Which step of the horizon.
    """

    def __init__(
        self,
        features: NDArray[np.float64],
        truth: NDArray[np.float64],
        lags: int,
        sample: Sample,
        k: int,
    ) -> None:
        self.width, self.targets = features.shape[1], truth.shape[1]
        self.steps = lags // self.targets
        others = np.arange(lags, self.width)
        self.columns = [
            np.concatenate([np.arange(self.steps) * self.targets + j, others])
            for j in range(self.targets)
        ]
        self.each = [
            NormalEquations(features[:, columns], truth[:, [j]], sample, k)
            for j, columns in enumerate(self.columns)
        ]

    def solve(self, alpha: float, without: int | None = None) -> NDArray[np.float64]:
        """Return the weights (D, K), fitted on all folds but one."""
        weights = np.zeros((self.width, self.targets))
        for j, part in enumerate(self._parts(alpha, without)):
            weights[self.columns[j], j] = part
        return weights

    def error(self, alpha: float, *, squared: bool) -> float:
        """Return the mean out-of-fold error, absolute or squared."""
        total, count = 0.0, 0
        for fold in range(len(self.each[0].gram)):
            parts = self._parts(alpha, fold)
            for equations, weights in zip(self.each, parts, strict=True):
                residual = equations.residual(weights[:, None], fold)
                total += float((residual**2 if squared else np.abs(residual)).sum())
                count += residual.size
        return total / max(count, 1)

    def _parts(self, alpha: float, without: int | None) -> list[NDArray[np.float64]]:
        """Return each target's weights: the shared ones, then its own."""
        steps = self.steps
        left = alpha * np.eye(steps)
        right = np.zeros(steps)
        eliminated = []
        for equations in self.each:
            gram, cross = equations.sums(alpha, without)
            mixed = gram[steps:, :steps]
            both = np.concatenate([mixed, cross[steps:]], 1)
            own = solved(gram[steps:, steps:], both)
            left += gram[:steps, :steps] - alpha * np.eye(steps) - mixed.T @ own[:, :-1]
            right += cross[:steps, 0] - mixed.T @ own[:, -1]
            eliminated.append(own)
        shared = solved(left, right[:, None])[:, 0]
        return [
            np.concatenate([shared, own[:, -1] - own[:, :-1] @ shared])
            for own in eliminated
        ]

"""Normal equations of ridge regressions, kept apart by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """The origins a model is fitted on, and the contiguous folds they lie in.

    Attributes
    ----------
    origins, fold : ndarray
        (n,), both increasing.
    spans : list of ndarray
        The first and the last origin of each fold, drawn or not.
    """

    origins: NDArray[np.int64]
    fold: NDArray[np.int64]
    spans: list[NDArray[np.int64]]


class NormalEquations:
    """Normal equations of targets observed in the same rows, kept apart by fold."""

    def __init__(
        self,
        features: NDArray[np.float64],
        truth: NDArray[np.float64],
        sample: Sample,
        k: int,
    ) -> None:
        origins, fold = sample.origins, sample.fold
        seen = np.isfinite(truth).all(1)
        self.features, self.truth, self.fold, self.seen = features, truth, fold, seen
        self.gram, self.cross = [], []
        self.edge_gram, self.edge_cross = [], []
        for f, (first, last) in enumerate(sample.spans):
            rows = np.flatnonzero((fold == f) & seen)
            a, b = features[rows], truth[rows]
            self.gram.append(product(a, a))
            self.cross.append(product(a, b))
            # Windows of other folds that overlap this one within the horizon.
            near = (fold != f) & seen
            near &= (origins > first - k - 1) & (origins < last + k + 1)
            a, b = features[near], truth[near]
            self.edge_gram.append(product(a, a))
            self.edge_cross.append(product(a, b))

    def sums(
        self, alpha: float, without: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return penalised gram matrix and cross products of all folds but one."""
        gram, cross = np.sum(self.gram, 0), np.sum(self.cross, 0)
        if without is not None and len(self.gram) > 1:
            gram = gram - self.gram[without] - self.edge_gram[without]
            cross = cross - self.cross[without] - self.edge_cross[without]
        penalty = np.full(len(gram), alpha)
        penalty[-1] = 1e-8  # the intercept
        return gram + np.diag(penalty), cross

    def solve(self, alpha: float, without: int | None = None) -> NDArray[np.float64]:
        """Return the weights (D, K), fitted on all folds but one."""
        return solved(*self.sums(alpha, without))

    def error(self, alpha: float, *, squared: bool) -> tuple[float, int]:
        """Return the sum of the out-of-fold errors, and of how many."""
        total, count = 0.0, 0
        for f in range(len(self.gram)):
            residual = self.residual(self.solve(alpha, f), f)
            total += float((residual**2 if squared else np.abs(residual)).sum())
            count += residual.size
        return total, count

    def residual(self, weights: NDArray[np.float64], fold: int) -> NDArray[np.float64]:
        """Return the errors these weights make in the rows of a fold."""
        rows = (self.fold == fold) & self.seen
        return self.truth[rows] - self.features[rows] @ weights


def product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return aᵀb, by torch: NumPy's threads and torch's would wait for each other."""
    return (torch.from_numpy(a).T @ torch.from_numpy(b)).numpy()


def solved(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a⁻¹b, by torch, as `product`."""
    return torch.linalg.solve(torch.from_numpy(a), torch.from_numpy(b)).numpy()

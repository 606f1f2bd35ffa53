"""The linear model a forecast starts from: ridge regression on the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks._sampled import sampled

_ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)
_FOLDS = 5
_MOST_WINDOWS = 60_000


@dataclass(frozen=True)
class WindowTable:
    """Everything the linear model may look at, one row a time step.

    Attributes
    ----------
    lags : ndarray
        (T, K): the scaled targets, missing values filled from the past.
    truth : ndarray
        (T, K): the scaled targets, NaN where missing.
    past : ndarray
        (T, P): covariates known up to the origin.
    known : ndarray
        (T, F): covariates and calendar known for the step forecast.
    """

    lags: NDArray[np.float64]
    truth: NDArray[np.float64]
    past: NDArray[np.float64]
    known: NDArray[np.float64]


class WindowRidge:
    r"""One ridge regression for each step of the horizon.

    For an origin :math:`t`, step :math:`k` and target :math:`j`

    .. math:: \hat y_{t+k,j} = a_{t,j} + w_{kj}^\top\,
              [\,\text{lags}_{t-C:t} - a_t,\ \text{past}_t,\
              \text{known}_{t+k},\ 1\,]

    where the anchor :math:`a_t` is zero, the last value or the mean of the
    window. Anchor and penalty have the lowest error over contiguous folds of the
    training origins: absolute, or squared where a mean is asked for.

    Attributes
    ----------
    weights : ndarray
        (H, D, K)
    anchor : str
        "zero", "last" or "mean".
    alpha : float
        The penalty, on features as they are, the intercept left free.
    """

    ANCHORS = ("zero", "last", "mean")

    def __init__(
        self,
        context: int,
        anchor: str,
        alpha: float,
        weights: NDArray[np.float64],
    ) -> None:
        self.context = context
        self.anchor = anchor
        self.alpha = alpha
        self.weights = weights

    @classmethod
    def fit(
        cls,
        table: WindowTable,
        origins: NDArray[np.int64],
        context: int,
        horizon: int,
        chosen: tuple[str, float] | None = None,
        *,
        squared: bool = False,
    ) -> tuple[WindowRidge, NDArray[np.float64]]:
        """Return the model and its out-of-fold predictions.

        Parameters
        ----------
        table : WindowTable
        origins : ndarray
            (n,), increasing: the first forecast step of each training window.
        context, horizon : int
            Steps behind and ahead.
        chosen : (anchor, alpha) or None
            Skip the choice.
        squared : bool
            Choose by the squared error.

        Returns
        -------
        model : WindowRidge
            Fitted on all origins, or on 60,000 drawn from them.
        out_of_fold : ndarray
            (n, H, K): each predicted by a model that saw no window of its own
            fold nor one overlapping it within the horizon. What a network adds
            to these it can also add to honest predictions.
        """
        folds = min(_FOLDS, len(origins))
        fold_of = np.arange(len(origins)) * folds // len(origins)
        drawn = sampled(len(origins), _MOST_WINDOWS)
        spans = [origins[fold_of == f][[0, -1]] for f in range(folds)]
        sample = _Sample(origins[drawn], fold_of[drawn], spans)
        if chosen is None:
            chosen = _choose(table, sample, context, horizon, squared=squared)
        anchor, alpha = chosen
        weights, parts = [], []
        for k in range(horizon):
            problem = _Problem(table, sample, context, k, anchor)
            weights.append(problem.solve(alpha))
            parts.append([problem.solve(alpha, without=f) for f in range(folds)])
        model = cls(context, anchor, alpha, np.stack(weights))
        out = np.empty((len(origins), horizon, table.truth.shape[1]))
        for f in range(folds):
            inside = fold_of == f
            held_out = cls(context, anchor, alpha, np.stack([p[f] for p in parts]))
            out[inside] = held_out.predict(table, origins[inside])
        return model, out

    def predict(
        self, table: WindowTable, origins: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return scaled predictions, shape (n, H, K)."""
        horizon = len(self.weights)
        out = np.empty((len(origins), horizon, table.lags.shape[1]))
        for rows in np.array_split(np.arange(len(origins)), len(origins) // 4096 + 1):
            if not len(rows):
                continue
            level, base = _base(table, origins[rows], self.context, self.anchor)
            for k in range(horizon):
                features = _with_known(table, base, origins[rows], k)
                out[rows, k] = level + features @ self.weights[k]
        return out

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights as a tensor."""
        return {"linear.weights": torch.from_numpy(self.weights)}


@dataclass(frozen=True)
class _Sample:
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


class _Problem:
    """One step of the horizon: targets observed in the same rows share equations."""

    def __init__(
        self,
        table: WindowTable,
        sample: _Sample,
        context: int,
        k: int,
        anchor: str,
    ) -> None:
        origins = sample.origins
        level, base = _base(table, origins, context, anchor)
        features = _with_known(table, base, origins, k)
        truth = table.truth[origins + k] - level
        together: dict[bytes, list[int]] = {}
        for j, seen in enumerate(np.isfinite(truth).T):
            together.setdefault(seen.tobytes(), []).append(j)
        self.targets = truth.shape[1]
        self.groups = [
            (targets, _Normal(features, truth[:, targets], sample, k))
            for targets in together.values()
        ]

    def solve(self, alpha: float, without: int | None = None) -> NDArray[np.float64]:
        """Return the weights (D, K), fitted on all folds but one."""
        parts = [(j, normal.solve(alpha, without)) for j, normal in self.groups]
        weights = np.empty((len(parts[0][1]), self.targets))
        for targets, part in parts:
            weights[:, targets] = part
        return weights

    def error(self, alpha: float, *, squared: bool) -> float:
        """Return the mean out-of-fold error, absolute or squared."""
        sums = [normal.error(alpha, squared=squared) for _, normal in self.groups]
        return sum(total for total, _ in sums) / max(sum(n for _, n in sums), 1)


class _Normal:
    """Normal equations of targets observed in the same rows, kept apart by fold."""

    def __init__(
        self,
        features: NDArray[np.float64],
        truth: NDArray[np.float64],
        sample: _Sample,
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
            self.gram.append(_product(a, a))
            self.cross.append(_product(a, b))
            # Windows of other folds that overlap this one within the horizon.
            near = (fold != f) & seen
            near &= (origins > first - k - 1) & (origins < last + k + 1)
            a, b = features[near], truth[near]
            self.edge_gram.append(_product(a, a))
            self.edge_cross.append(_product(a, b))

    def solve(self, alpha: float, without: int | None = None) -> NDArray[np.float64]:
        gram, cross = sum(self.gram), sum(self.cross)
        if without is not None and len(self.gram) > 1:
            gram = gram - self.gram[without] - self.edge_gram[without]
            cross = cross - self.cross[without] - self.edge_cross[without]
        penalty = np.full(len(gram), alpha)  # type: ignore[arg-type]
        penalty[-1] = 1e-8  # the intercept
        system = torch.from_numpy(gram + np.diag(penalty))
        return torch.linalg.solve(system, torch.from_numpy(cross)).numpy()

    def error(self, alpha: float, *, squared: bool) -> tuple[float, int]:
        """Return the sum of the out-of-fold errors, and of how many."""
        total, count = 0.0, 0
        for f in range(len(self.gram)):
            rows = (self.fold == f) & self.seen
            residual = self.truth[rows] - self.features[rows] @ self.solve(alpha, f)
            total += float((residual**2 if squared else np.abs(residual)).sum())
            count += residual.size
        return total, count


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return aᵀb, by torch: NumPy's threads and torch's would wait for each other."""
    return (torch.from_numpy(a).T @ torch.from_numpy(b)).numpy()


def _choose(
    table: WindowTable,
    sample: _Sample,
    context: int,
    horizon: int,
    *,
    squared: bool,
) -> tuple[str, float]:
    steps = sorted({0, horizon // 2, horizon - 1})
    errors = {}
    for anchor in WindowRidge.ANCHORS:
        problems = [_Problem(table, sample, context, k, anchor) for k in steps]
        for alpha in _ALPHAS:
            errors[anchor, alpha] = sum(
                p.error(alpha, squared=squared) for p in problems
            )
    return min(errors, key=lambda choice: errors[choice])


def _base(
    table: WindowTable, origins: NDArray[np.int64], context: int, anchor: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the anchor (n, K) and the features that no step changes (n, D')."""
    window = table.lags[origins[:, None] + np.arange(-context, 0)]
    if anchor == "last":
        level = window[:, -1]
    elif anchor == "mean":
        level = window.mean(1)
    else:
        level = np.zeros_like(window[:, 0])
    lags = (window - level[:, None]).reshape(len(origins), -1)
    recent = table.past[origins - 1]
    return level, np.concatenate([lags, recent], 1)


def _with_known(
    table: WindowTable,
    base: NDArray[np.float64],
    origins: NDArray[np.int64],
    k: int,
) -> NDArray[np.float64]:
    ones = np.ones((len(origins), 1))
    return np.concatenate([base, table.known[origins + k], ones], 1)

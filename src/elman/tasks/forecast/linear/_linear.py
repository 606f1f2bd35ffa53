"""The linear model a forecast starts from: ridge regression on the window."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks._sampled import sampled
from elman.tasks.fit._memory import recalled
from elman.tasks.forecast.columns._window_table import WindowTable

from ._normal_equations import NormalEquations, Sample
from ._shared_ridge import SharedProblem

_ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)
_FOLDS = 5
_MOST_WINDOWS = 60_000


class Choice(NamedTuple):
    """What of a linear model the folds choose."""

    anchor: str
    alpha: float
    shared: bool = False


class WindowRidge:
    r"""One ridge regression for each step of the horizon.

    For an origin :math:`t`, step :math:`k` and target :math:`j`

    .. math:: \hat y_{t+k,j} = a_{t,j} + w_{kj}^\top\,
              [\,\text{lags}_{t-C:t} - a_t,\ \text{past}_t,\
              \text{known}_{t+k},\ 1\,]

    where the anchor :math:`a_t` is zero, the last value or the mean of the
    window. With several targets the lags are those of all of them, or each target's
    own with the same weights for all. This, anchor and penalty have the lowest error
    over contiguous folds of the training origins: absolute, or squared where a mean
    is asked for.

    Attributes
    ----------
    weights : ndarray
        (H, D, K)
    anchor : str
        "zero", "last" or "mean".
    alpha : float
        The penalty, on features as they are, the intercept left free.
    shared : bool
        Whether all targets have the same weights, each for its own lags.
    """

    ANCHORS = ("zero", "last", "mean")

    def __init__(
        self,
        context: int,
        anchor: str,
        alpha: float,
        weights: NDArray[np.float64],
        *,
        shared: bool = False,
    ) -> None:
        self.context = context
        self.anchor = anchor
        self.alpha = alpha
        self.weights = weights
        self.shared = shared

    @property
    def choice(self) -> Choice:
        """What the folds chose."""
        return Choice(self.anchor, self.alpha, self.shared)

    @classmethod
    def fit(
        cls,
        table: WindowTable,
        origins: NDArray[np.int64],
        context: int,
        horizon: int,
        chosen: Choice | tuple[str, float] | None = None,
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
        chosen : Choice, (anchor, alpha) or None
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
        size = 8 * len(origins) * horizon * table.truth.shape[1]
        given = (*vars(table).values(), origins, context, horizon, chosen, squared)
        return recalled(
            lambda: cls._fit(table, origins, context, horizon, chosen, squared=squared),
            "ridge",
            *given,
            size=size,
        )

    @classmethod
    def _fit(
        cls,
        table: WindowTable,
        origins: NDArray[np.int64],
        context: int,
        horizon: int,
        chosen: Choice | tuple[str, float] | None,
        *,
        squared: bool,
    ) -> tuple[WindowRidge, NDArray[np.float64]]:
        folds = min(_FOLDS, len(origins))
        fold_of = np.arange(len(origins)) * folds // len(origins)
        drawn = sampled(len(origins), _MOST_WINDOWS)
        spans = [origins[fold_of == f][[0, -1]] for f in range(folds)]
        sample = Sample(origins[drawn], fold_of[drawn], spans)
        if chosen is None:
            chosen = _choose(table, sample, context, horizon, squared=squared)
        anchor, alpha, shared = Choice(*chosen)
        weights, parts = [], []
        for k in range(horizon):
            problem = _problem(table, sample, context, k, anchor, shared=shared)
            weights.append(problem.solve(alpha))
            parts.append([problem.solve(alpha, without=f) for f in range(folds)])
        model = cls(context, anchor, alpha, np.stack(weights), shared=shared)
        out = np.empty((len(origins), horizon, table.truth.shape[1]))
        for f in range(folds):
            inside = fold_of == f
            part = np.stack([p[f] for p in parts])
            held_out = cls(context, anchor, alpha, part, shared=shared)
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


class _Problem:
    """One step of the horizon: targets observed in the same rows share equations."""

    def __init__(
        self,
        features: NDArray[np.float64],
        truth: NDArray[np.float64],
        sample: Sample,
        k: int,
    ) -> None:
        together: dict[bytes, list[int]] = {}
        for j, seen in enumerate(np.isfinite(truth).T):
            together.setdefault(seen.tobytes(), []).append(j)
        self.targets = truth.shape[1]
        self.groups = [
            (targets, NormalEquations(features, truth[:, targets], sample, k))
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


def _problem(
    table: WindowTable,
    sample: Sample,
    context: int,
    k: int,
    anchor: str,
    *,
    shared: bool,
) -> _Problem | SharedProblem:
    """Return the equations of one step of the horizon."""
    origins = sample.origins
    level, base = _base(table, origins, context, anchor)
    features = _with_known(table, base, origins, k)
    truth = table.truth[origins + k] - level
    if table.weight is not None:
        # The squares then count as often as they weigh.
        root = np.sqrt(table.weight[origins + k])[:, None]
        features, truth = root * features, root * truth
    if shared:
        return SharedProblem(features, truth, context * level.shape[1], sample, k)
    return _Problem(features, truth, sample, k)


def _choose(
    table: WindowTable,
    sample: Sample,
    context: int,
    horizon: int,
    *,
    squared: bool,
) -> Choice:
    steps = sorted({0, horizon // 2, horizon - 1})
    ways = (False, True) if table.truth.shape[1] > 1 else (False,)
    errors = {}
    for anchor, shared in itertools.product(WindowRidge.ANCHORS, ways):
        problems = [
            _problem(table, sample, context, k, anchor, shared=shared) for k in steps
        ]
        for alpha in _ALPHAS:
            errors[Choice(anchor, alpha, shared)] = sum(
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

"""One linear model for the windows of all series, each in its own unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ._series import Array, Rows, SeriesSet, unchanged
from ._space import Space

_ALPHAS = (1.0, 30.0, 1000.0, 30_000.0)
_BATCH = 4096
FOLDS = 4


@dataclass(frozen=True)
class PooledForm:
    """What a pooled regression looks at, and how: see `PooledRidge`."""

    space: Space
    how: str
    context: int

    @property
    def name(self) -> str:
        """In words."""
        scale = "" if self.space is Space.NONE else f" of {self.space.value}"
        unit = "level and spread" if self.how == "mean" else "last season"
        return f"ridge on {self.context} steps{scale}, {unit}"


class PooledRidge:
    r"""Ridge regressions on windows of all series, one for each step ahead.

    .. math:: \hat y_{t+k} = a_t + s_t\, w_k^\top\,
              [\,(y_{t-C:t} - a_t)/s_t,\ \text{past}_t,\ \text{known}_{t+k},\ 1\,]

    with the level :math:`a_t` and the scale :math:`s_t` of the window, so that series
    of any unit share the weights, and a series that was not there can use them. A
    step's features differ by the known covariates alone; all others share their
    normal equations.

    Attributes
    ----------
    form : PooledForm
    weights : ndarray
        (H, D)
    alpha : float
    """

    def __init__(self, form: PooledForm, weights: Array, alpha: float) -> None:
        self.form, self.weights, self.alpha = form, weights, alpha

    @classmethod
    def fit(
        cls,
        series: SeriesSet,
        origins: Rows,
        horizon: int,
        form: PooledForm,
        alpha: float | None = None,
    ) -> tuple[PooledRidge, list[PooledRidge]]:
        """Return the model, and one for each fold that did not see it.

        Parameters
        ----------
        series : SeriesSet
        origins : ndarray
            (n,), increasing.
        horizon : int
        form : PooledForm
        alpha : float, optional
            The penalty; the one with the lowest error over the folds if not given.
        """
        equations = _Equations(series, form, horizon)
        fold_of = folds(series, origins)
        parts = [equations.of(origins[fold_of == f]) for f in range(FOLDS)]
        total = sum(parts[1:], parts[0])
        tried = _ALPHAS if alpha is None else (alpha,)
        found = {a: [(total - part).solve(a) for part in parts] for a in tried}
        if alpha is None:
            alpha = min(
                tried,
                key=lambda a: sum(
                    equations.error(origins[fold_of == f], w)
                    for f, w in enumerate(found[a])
                ),
            )
        held_out = [cls(form, w, alpha) for w in found[alpha]]
        return cls(form, total.solve(alpha), alpha), held_out

    def predict(self, series: SeriesSet, origins: Rows, horizon: int) -> Array:
        """Return (n, H) forecasts in the target's own unit."""
        equations = _Equations(series, self.form, horizon)
        out = np.empty((len(origins), horizon))
        for rows in _batches(origins):
            level, scale, base, _ = equations.window(origins[rows])
            scale = np.where(unchanged(level, scale), 0.0, scale)
            scaled = base @ self.weights[:, : base.shape[1]].T
            known = series.known
            if known.shape[1]:
                ahead = known[series.ahead(origins[rows], horizon)]
                scaled += np.einsum(
                    "nhf,hf->nh", ahead, self.weights[:, base.shape[1] :]
                )
            out[rows] = level + scale * _within(scaled, base[:, : self.form.context])
        return self.form.space.inverse(out)


def folds(series: SeriesSet, origins: Rows) -> NDArray[np.int64]:
    """Return (n,): the fold of each window, whole series where there are enough."""
    if len(series) >= FOLDS:
        return series.owner[origins - 1] * FOLDS // len(series)
    return origins * FOLDS // (len(series.raw) + 1)


def _within(scaled: Array, lags: Array) -> Array:
    """Return forecasts no farther out than a few times what the window holds."""
    most = 4 * np.abs(lags).max(1, keepdims=True) + 4
    return np.clip(scaled, -most, most)


@dataclass(frozen=True)
class _Sums:
    """Normal equations: shared, those of each step's own features, and targets.

    ``gram`` (B, B), ``mixed`` (H, B, F), ``own`` (H, F, F), ``cross`` (H, B + F).
    """

    gram: Array
    mixed: Array
    own: Array
    cross: Array

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.gram + other.gram,
            self.mixed + other.mixed,
            self.own + other.own,
            self.cross + other.cross,
        )

    def __sub__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.gram - other.gram,
            self.mixed - other.mixed,
            self.own - other.own,
            self.cross - other.cross,
        )

    def solve(self, alpha: float) -> Array:
        """Return the weights (H, B + F)."""
        base, features = len(self.gram), self.mixed.shape[2]
        penalty = np.full(base + features, alpha)
        penalty[base - 1] = 1e-8  # the intercept
        if not features:
            system = torch.from_numpy(self.gram + np.diag(penalty))
            return torch.linalg.solve(system, torch.from_numpy(self.cross.T)).numpy().T
        out = []
        for k in range(len(self.cross)):
            rows = np.concatenate([self.gram, self.mixed[k]], 1)
            below = np.concatenate([self.mixed[k].T, self.own[k]], 1)
            system = torch.from_numpy(np.concatenate([rows, below]) + np.diag(penalty))
            solved = torch.linalg.solve(system, torch.from_numpy(self.cross[k]))
            out.append(solved.numpy())
        return np.stack(out)


class _Equations:
    def __init__(self, series: SeriesSet, form: PooledForm, horizon: int) -> None:
        self.series, self.form, self.horizon = series, form, horizon

    def window(self, origins: Rows) -> tuple[Array, Array, Array, Array]:
        """Return level, scale, base features and scaled targets of some windows."""
        series, form = self.series, self.form
        values = series.values(form.space)
        window = values[series.behind(origins, form.context)]
        level, scale = series.level_and_scale(origins, window, form.space, form.how)
        lags = (window - level) / scale
        ones = np.ones((len(origins), 1))
        base = np.concatenate([lags, series.past[origins - 1], ones], 1)
        target = values[series.ahead(origins, self.horizon)]
        return level, scale, base, _within((target - level) / scale, lags)

    def of(self, origins: Rows) -> _Sums:
        """Return the sums over these windows."""
        features, horizon = self.series.known.shape[1], self.horizon
        base = self.form.context + self.series.past.shape[1] + 1
        gram = np.zeros((base, base))
        mixed = np.zeros((horizon, base, features))
        own = np.zeros((horizon, features, features))
        cross = np.zeros((horizon, base + features))
        for rows in _batches(origins):
            _, _, a, b = self.window(origins[rows])
            gram += _product(a, a)
            cross[:, :base] += _product(b, a)
            if features:
                known = self.series.known[
                    self.series.ahead(origins[rows], horizon)
                ].transpose(1, 0, 2)
                for k in range(horizon):
                    mixed[k] += _product(a, known[k])
                    own[k] += _product(known[k], known[k])
                    cross[k, base:] += known[k].T @ b[:, k]
        return _Sums(gram, mixed, own, cross)

    def error(self, origins: Rows, weights: Array) -> float:
        """Return the sum of the absolute errors, in each window's unit."""
        total = 0.0
        for rows in _batches(origins):
            _, _, a, b = self.window(origins[rows])
            found = a @ weights[:, : a.shape[1]].T
            if self.series.known.shape[1]:
                ahead = self.series.known[
                    self.series.ahead(origins[rows], self.horizon)
                ]
                found += np.einsum("nhf,hf->nh", ahead, weights[:, a.shape[1] :])
            total += float(np.abs(found - b).sum())
        return total


def _product(a: Array, b: Array) -> Array:
    """Return aᵀb, by torch: NumPy's threads and torch's would wait for each other."""
    left = torch.from_numpy(np.ascontiguousarray(a))
    return (left.T @ torch.from_numpy(np.ascontiguousarray(b))).numpy()


def _batches(origins: Rows) -> list[NDArray[np.int64]]:
    return [
        rows
        for rows in np.array_split(np.arange(len(origins)), len(origins) // _BATCH + 1)
        if len(rows)
    ]

"""Local and pooled forecasts, weighed by how each did in the series so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd

import numpy as np
from numpy.typing import NDArray

from ._local import Local
from ._pooled import FOLDS, PooledRidge, folds
from ._series import Array, Rows, SeriesSet
from ._space import Space

_POWERS = (1.0, 2.0, 4.0, 8.0, 16.0)
_PRIORS = (0.5, 2.0, 8.0, 32.0)
MOST_EARLIER = 8
# No forecast counts as more than so many times better than the mean of all.
_BEST = 0.02


def stride_of(horizon: int, season: int, length: int) -> int:
    """Return the steps between origins: about half a horizon, no part of a season.

    Parameters
    ----------
    horizon, season : int
    length : int
        Of a typical series: a short one has few origins.
    """
    most = max(1, min(round(0.6 * horizon), length // 20))
    tried = range(max(1, most // 2), most + 1)
    apart = [s for s in tried if gcd(s, season) == 1] or [1]
    # Origins that lie a whole number of strides before another are shared.
    return min(apart, key=lambda s: (_back(horizon, s), abs(2 * s - horizon)))


def _back(horizon: int, stride: int) -> int:
    """Return the steps from an origin to the last one whose forecast was over."""
    return -(-horizon // stride) * stride


@dataclass(frozen=True)
class Mixed:
    """Weighed forecasts (n, H), their earlier error (n,), of so many origins (n,)."""

    forecast: Array
    error: Array
    count: Array


@dataclass
class Mixture:
    r"""A mean of several forecasts with weights of each series' own.

    At origin :math:`t` the weight of forecast :math:`c` is

    .. math:: w_c \propto r_c^{-p}, \qquad
              r_c = \frac{n\, e_c / \bar e + \kappa\, \rho_c}{n + \kappa}

    where :math:`e_c` is its mean error at the last n origins (at most 8) whose
    forecasts were over at t, :math:`\bar e` the mean of all forecasts', and
    :math:`\rho_c` the same ratio over all series. Nothing at t or later enters, so
    that it is the same in training, in a test, and for a series never seen.

    Attributes
    ----------
    horizon, stride : int
    names : list of str
    local : list of Local
    pooled : list of PooledRidge
        The forecasts, the local ones first.
    squared : bool
        Which error.
    power, prior : float
        p and κ.
    ratios : ndarray
        (C,): ρ.
    """

    horizon: int
    stride: int
    names: list[str]
    local: list[Local]
    pooled: list[PooledRidge]
    squared: bool
    power: float = 4.0
    prior: float = 2.0
    ratios: Array = field(default_factory=lambda: np.ones(0))

    def forecasts(
        self, series: SeriesSet, origins: Rows, pooled: list[PooledRidge] | None = None
    ) -> Array:
        """Return (C, n, H): every forecast, in the target's unit."""
        parts = [local(series, origins, self.horizon) for local in self.local]
        for ridge in self.pooled if pooled is None else pooled:
            parts.append(ridge.predict(series, origins, self.horizon))
        return np.stack(parts)

    def earlier(self, series: SeriesSet, origins: Rows) -> Rows:
        """Return (n, J): origins whose forecasts were over, -1 where there is none."""
        back = _back(self.horizon, self.stride) + self.stride * np.arange(MOST_EARLIER)
        found = origins[:, None] - back
        first = series.starts[series.owner[origins - 1]]
        # A forecast from less than a quarter of what was there is of another kind.
        least = first + np.maximum(1, (origins - first) // 4)
        return np.where(found >= least[:, None], found, -1)

    def errors(
        self, series: SeriesSet, origins: Rows, forecasts: Array | None = None
    ) -> tuple[Array, Array]:
        """Return (C, n) twice: each forecast's mean error, as it is and evened.

        NaN where nothing was observed. The second is absolute, in the scale of the
        network.
        """
        found = self.forecasts(series, origins) if forecasts is None else forecasts
        truth = series.truth(origins, self.horizon)
        off = np.abs(found - truth)
        evened = off
        if series.space is not Space.NONE:
            evened = np.abs(series.space.reached(found) - series.space.forward(truth))
        return _mean_known(off**2 if self.squared else off)[0], _mean_known(evened)[0]

    def records(self, series: SeriesSet, origins: Rows) -> tuple[Array, Array, Array]:
        """Return the mean of `errors` at earlier origins, and of how many (n,)."""
        earlier = self.earlier(series, origins)
        once, index = np.unique(earlier, return_inverse=True)
        index = index.reshape(earlier.shape)
        valid = once >= 0
        every = np.full((2, len(self.names), len(once)), np.nan)
        for rows in _batches(np.flatnonzero(valid)):
            every[:, :, rows] = self.errors(series, once[rows])
        mean, count = _mean_known(every[:, :, index])
        return mean[0], mean[1], count[0].min(0).astype(np.float64)

    def weights(self, record: Array, count: Array) -> Array:
        """Return (C, n): the weights that earlier errors lead to."""
        ratio = _ratios(record)
        shrunk = (count * ratio + self.prior * self.ratios[:, None]) / (
            count + self.prior
        )
        shrunk = np.maximum(shrunk, _BEST)
        weight = (shrunk / shrunk.min(0)) ** -self.power
        return weight / weight.sum(0)

    def weighed(self, series: SeriesSet, origins: Rows) -> Mixed:
        """Return the weighed forecasts, and how they did before."""
        record, evened, count = self.records(series, origins)
        weight = self.weights(record, count)
        found = self.forecasts(series, origins)
        return Mixed(
            np.einsum("cn,cnh->nh", weight, found),
            (weight * np.nan_to_num(evened)).sum(0),
            count,
        )

    def honest(
        self, series: SeriesSet, origins: Rows, held_out: list[list[PooledRidge]]
    ) -> Array:
        """Return (n, H): forecasts by models that did not see a window's fold.

        ``held_out`` has the models of each fold for each pooled regression.
        """
        record, _, count = self.records(series, origins)
        weight = self.weights(record, count)
        fold_of = folds(series, origins)
        out = np.empty((len(origins), self.horizon))
        for f in range(FOLDS):
            inside = fold_of == f
            if inside.any():
                models = [models[f] for models in held_out]
                found = self.forecasts(series, origins[inside], models)
                out[inside] = np.einsum("cn,cnh->nh", weight[:, inside], found)
        return out

    def tune(
        self, series: SeriesSet, origins: Rows, apart: float = np.inf
    ) -> dict[str, float]:
        """Choose p and κ by the errors at these origins; return each one's error.

        Errors are in units of the change that is usual in a series. ``apart`` is how
        many origins tell something of their own: p is at most twice as many, as the
        likelihood of n errors of a size s falls with :math:`s^{-n}`.
        """
        record, _, count = self.records(series, origins)
        found = self.forecasts(series, origins)
        own, _ = self.errors(series, origins, found)
        mean = own.mean(0)
        unit = series.usual(Space.NONE)[origins - 1]
        # Errors of a series that never changed are those of rounding.
        known = np.isfinite(mean) & (mean > 0) & (unit > 0)
        ratio = own[:, known] / mean[known]
        self.ratios = (
            np.exp(np.log(np.maximum(ratio, _BEST)).mean(1))
            if known.any()
            else np.ones(len(self.names))
        )
        truth = series.truth(origins, self.horizon)
        owner = series.owner[origins - 1]
        tried: dict[tuple[float, float], Array] = {}
        for power in (p for p in _POWERS if p <= max(_POWERS[0], 2 * apart)):
            for prior in _PRIORS:
                self.power, self.prior = power, prior
                weight = self.weights(record, count)
                off = np.abs(np.einsum("cn,cnh->nh", weight, found) - truth)
                tried[power, prior] = self._by_series(off, unit, owner)
        self.power, self.prior = min(tried, key=lambda p: self._mean_of(tried[p]))
        best = self._mean_of(tried[self.power, self.prior])
        each = {
            name: self._mean_of(self._by_series(np.abs(part - truth), unit, owner))
            for name, part in zip(self.names, found, strict=True)
        }
        return {**each, "mixture": best}

    def _by_series(self, off: Array, unit: Array, owner: Rows) -> Array:
        """Return each series' mean error in what is usual there, or its square."""
        usable = (unit > 0)[:, None] & np.isfinite(off)
        scaled = np.where(usable, off / np.maximum(unit, 1e-12)[:, None], 0.0)
        scaled = scaled**2 if self.squared else scaled
        count = np.bincount(owner, usable.sum(1))
        sums = np.bincount(owner, scaled.sum(1))
        return sums[count > 0] / count[count > 0]

    def _mean_of(self, errors: Array) -> float:
        mean = float(errors.mean()) if len(errors) else 0.0
        return mean**0.5 if self.squared else mean


def _mean_known(values: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return the mean over the last axis of what is known, and how many were."""
    seen = np.isfinite(values)
    count = seen.sum(-1)
    with np.errstate(invalid="ignore"):
        mean: Array = np.where(seen, values, 0.0).sum(-1) / count
    return mean, count


def _batches(rows: Rows) -> list[Rows]:
    return [part for part in np.array_split(rows, len(rows) // 8192 + 1) if len(part)]


def _ratios(record: Array) -> Array:
    """Return each error over the mean of all, 1 where unknown or all are 0."""
    mean = record.mean(0)
    usable = np.isfinite(mean) & (mean > 0)
    return np.where(usable, record / np.where(usable, mean, 1.0), 1.0)

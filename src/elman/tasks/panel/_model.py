"""A fitted model of many series: what forecasts at any origin of any series."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import nn

from elman.tasks.forecast.intervals._intervals import conformal_offsets, not_narrower
from elman.tasks.forecast.intervals._quantiles import quantile_offsets
from elman.tasks.forecast.scores._backtest import Backtest
from elman.training import predict

from ._mixture import Mixture
from ._preparation import PanelPreparation
from ._series import Array, PanelWindows, Rows, SeriesSet
from ._space import Space

# Earlier origins that what is usual in all series counts for.
_PRIOR = 2.0
_BATCH = 20_000
_WIDEST = 3.0


@dataclass
class PanelModel:
    """Mixture of local and pooled forecasts, its correction, and intervals.

    Attributes
    ----------
    preparation : PanelPreparation
    mixture : Mixture
    network : nn.Module
    context : int
        Steps that the network looks back.
    offsets : tuple of ndarray
        (H,) twice: the interval's ends in units of a series' own earlier errors.
    levels : tuple of float
    quantiles : ndarray
        (Q, H): the same for the quantiles asked for.
    usual : float
        These errors over the change that is usual, where a series has no earlier ones.
    """

    preparation: PanelPreparation
    mixture: Mixture
    network: nn.Module
    context: int
    offsets: tuple[Array, Array]
    usual: float = 1.0
    levels: tuple[float, ...] = ()
    quantiles: Array = field(default_factory=lambda: np.zeros((0, 1)))

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return self.mixture.horizon

    def forecast(self, series: SeriesSet, origins: Rows) -> Backtest:
        """Return the forecasts at these rows."""
        linear, unit = self.highway(series, origins)
        corrected, still = self._corrected(series, origins, linear)
        low, high = self.offsets
        # Forecasts of what never changed are as exact as rounding, either way.
        low = np.where(still, np.minimum(low, -1.0), low)
        high = np.where(still, np.maximum(high, 1.0), high)
        low, high = (corrected + self._wide(unit * offset) for offset in (low, high))
        inverse = self.preparation.inverse
        rows = series.ahead(origins, self.horizon)
        return Backtest(
            targets=[self.preparation.target],
            time=series.time[rows],
            truth=series.truth(origins, self.horizon)[..., None],
            prediction=inverse(corrected)[..., None],
            linear=inverse(linear)[..., None],
            lower=inverse(low)[..., None],
            upper=inverse(high)[..., None],
            levels=self.levels,
            zone=self.preparation.calendar.zone,
            quantiles=tuple(
                inverse(corrected + self._wide(unit * offset))[..., None]
                for offset in self.quantiles
            ),
        )

    def _corrected(
        self, series: SeriesSet, origins: Rows, linear: Array
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Return (n, H) with the correction, and (n, 1) whether all before is alike."""
        windows = PanelWindows(series, origins, linear, self.context)
        scaled = predict(self.network, windows).numpy()[..., 0].astype(np.float64)
        return windows.undone(scaled), windows.still

    def _wide(self, width: Array) -> Array:
        """Return an interval's width, on a logarithmic scale at most a factor of 20."""
        if self.preparation.space is Space.LOG:
            return np.clip(width, -_WIDEST, _WIDEST)
        return width

    def highway(self, series: SeriesSet, origins: Rows) -> tuple[Array, Array]:
        """Return (n, H), what the network corrects, and (n, 1), what errors are in.

        Both in the scale on which the network works.
        """
        parts = [
            self._highway(series, rows)
            for rows in np.array_split(origins, len(origins) // _BATCH + 1)
            if len(rows)
        ]
        return np.concatenate([p[0] for p in parts]), np.concatenate(
            [p[1] for p in parts]
        )

    def _highway(self, series: SeriesSet, origins: Rows) -> tuple[Array, Array]:
        mixed = self.mixture.weighed(series, origins)
        return self.evened(mixed.forecast), self.unit(
            series, origins, mixed.error, mixed.count
        )

    def unit(
        self, series: SeriesSet, origins: Rows, error: Array, count: Array
    ) -> Array:
        """Return (n, 1): a series' earlier errors, those of all where it has few."""
        usual = self.usual * series.usual(series.space)[origins - 1]
        own = np.where(count > 0, error, 0.0)
        unit = (count * own + _PRIOR * usual) / (count + _PRIOR)
        # What rounding may be: of a logarithm absolute, of others relative.
        size = np.abs(series.evened[origins - 1])
        tiny = 1e-9 * (1 + size if series.space is Space.LOG else size) + 1e-30
        found: Array = np.maximum(unit, tiny)[:, None]
        return found

    def evened(self, forecast: Array) -> Array:
        """Return forecasts in the target's unit in the scale of the network.

        Where they are beyond its domain, at its edge, see `Space.reached`.
        """
        return self.preparation.space.reached(forecast)

    def calibrate(
        self,
        series: SeriesSet,
        origins: Rows,
        level: float,
        levels: tuple[float, ...],
        honest: tuple[Rows, Array] | None,
        *,
        rare: bool,
    ) -> None:
        """Set intervals and quantiles by the errors made at these origins.

        Parameters
        ----------
        series : SeriesSet
        origins : ndarray
            (n,).
        level : float
            Share of the errors that intervals hold.
        levels : tuple of float
            Of the quantiles.
        honest : tuple of ndarray, or None
            Training origins and their out-of-fold forecasts (m, H), evened: intervals
            are not narrower than with their errors as well.
        rare : bool
            Whether most values are 0, and so is any lower quantile.
        """
        linear, unit = self.highway(series, origins)
        corrected, still = self._corrected(series, origins, linear)
        errors = self._errors(series, origins, corrected, unit, still)
        more = None
        if honest is not None:
            earlier, forecast = honest
            unit = self.highway(series, earlier)[1]
            still = (series.usual(series.space)[earlier - 1] == 0)[:, None]
            more = self._errors(series, earlier, forecast, unit, still)

        def ends(share: float) -> tuple[Array, Array]:
            if more is None:
                return conformal_offsets(errors, share)
            return not_narrower(errors, more, share)

        low, high = ends(level)
        low = np.full_like(low, -np.inf) if rare else low
        self.offsets, self.levels = (low[:, 0], high[:, 0]), levels
        self.quantiles = np.zeros((0, self.horizon))
        if levels:
            self.quantiles = quantile_offsets(levels, ends, [rare])[..., 0]

    def _errors(
        self,
        series: SeriesSet,
        origins: Rows,
        forecast: Array,
        unit: Array,
        still: NDArray[np.bool_],
    ) -> Array:
        """Return (n, H, 1): truth less forecast, in the unit of each series."""
        truth = series.space.forward(series.truth(origins, self.horizon))
        # Series that never changed have no unit to measure others by.
        errors: Array = (np.where(still, np.nan, truth) - forecast) / unit
        return errors[..., None]

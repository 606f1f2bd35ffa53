"""A fitted model of one series: what forecasts at any origin of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._preparation import Preparation, Prepared
from elman.tasks.forecast.intervals._offsets import Offsets
from elman.tasks.forecast.intervals._widening import widening
from elman.tasks.forecast.linear._blend import Blend
from elman.training import predict

from ._decoder import ForecastNetwork
from .rows._windows import Windows
from .scores._backtest import Backtest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ForecastModel:
    """The start of a forecast, its correction, and intervals.

    Attributes
    ----------
    preparation : Preparation
    linear : Blend
        What the network corrects.
    network : nn.Module
    offsets : Offsets
    """

    preparation: Preparation
    linear: Blend
    network: ForecastNetwork
    offsets: Offsets

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return self.linear.horizon

    def forecast(
        self,
        data: Prepared,
        origins: NDArray[np.int64],
        level: Array | float = 0.0,
    ) -> Backtest:
        """Return the forecasts at these origins, all in one pass.

        ``level``, scaled, has been taken from the data and is added again.
        """
        scaled, corrected = self._both(data, origins, level)
        wide = widening(
            self.preparation,
            self.offsets,
            data,
            origins,
            self.linear.context,
            lambda recent: self._both(data, recent, level)[1],
            level,
        )
        steps = origins[:, None] + np.arange(self.horizon)
        low, high, quantiles = self.offsets.ends(corrected, wide)
        inverse = self.preparation.inverse
        return Backtest(
            targets=self.preparation.targets,
            time=data.time[steps],
            truth=data.raw[steps],
            prediction=inverse(corrected),
            linear=inverse(scaled),
            lower=inverse(low),
            upper=inverse(high),
            levels=self.offsets.levels,
            quantiles=tuple(inverse(values) for values in quantiles),
            zone=self.preparation.calendar.zone,
        )

    def _both(
        self, data: Prepared, origins: NDArray[np.int64], level: Array | float
    ) -> tuple[Array, Array]:
        """Return (n, H, K), scaled: the start of the forecasts, and it corrected."""
        scaled = self.linear.predict(data.table, origins)
        windows = Windows(data, origins, scaled, self.linear.context)
        corrected = predict(self.network, windows).numpy().astype(np.float64)
        return scaled + level, corrected + level

"""The targets as the local models see them: in their own units, wild ones replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.local import LocalModel, filled

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LocalValues:
    """The targets of a series in their own units.

    Attributes
    ----------
    raw : ndarray
        (T, K), gaps carried forward.
    usual : ndarray
        (T, K): the same, with what was there a season earlier in place of gaps and of
        wild values.
    moved : ndarray
        (T, K): what lies beyond the bounds of its column and is no glitch.
    """

    raw: Array
    usual: Array
    moved: NDArray[np.bool_]

    @classmethod
    def of(
        cls, preparation: Preparation, table: WindowTable, seasons: Sequence[int]
    ) -> LocalValues:
        """Return the values of a prepared series, each target with a season."""
        raw = preparation.inverse(table.lags)
        moved = _beyond(preparation, table.lags)
        unknown = moved | np.isnan(table.truth) | _beyond(preparation, table.truth)
        usual = raw.copy()
        for j in map(int, np.flatnonzero(unknown.any(0))):
            known = np.where(unknown[:, j], np.nan, raw[:, j])[:, None]
            whole = filled(known, seasons[j])[:, 0]
            usual[:, j] = np.where(np.isnan(whole), raw[:, j], whole)
        return cls(raw, usual, moved)

    def to_fit(self, table: WindowTable) -> Array:
        """Return (T, K) what is learned from, NaN where it is not."""
        return np.where(np.isfinite(table.truth), self.raw, np.nan)

    def forecast(
        self,
        model: LocalModel,
        j: int,
        origins: NDArray[np.int64],
        horizon: int,
    ) -> Array:
        """Return a model's forecasts of target ``j``, (n, H), in its units.

        A stretch of wild values that is over counts as usual; one that reaches up to
        the origin is where the series is now.
        """
        there = self.moved[origins - 1, j]
        found = np.empty((len(origins), horizon))
        for values, rows in ((self.usual, ~there), (self.raw, there)):
            if rows.any():
                found[rows] = model.forecast_at(values[:, j], origins[rows], horizon)
        last = self.raw[origins - 1, j][:, None]
        return np.where(np.isfinite(found), found, last)


def _beyond(preparation: Preparation, values: Array) -> NDArray[np.bool_]:
    scaler = preparation.scalers["target"]
    low = (scaler.low - scaler.mean) / scaler.scale
    high = (scaler.high - scaler.mean) / scaler.scale
    found: NDArray[np.bool_] = (values < low) | (values > high)
    return found


def scaled(preparation: Preparation, raw: Array, j: int) -> Array:
    """Return values of one target, in its own units, as the networks see them."""
    scaler = preparation.scalers["target"]
    even = preparation.transforms[j].forward(raw)
    found: Array = (even - scaler.mean[j]) / scaler.scale[j]
    return found

"""Forecasts from many origins at once, next to what then happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman._errors import InputError
from elman.tasks.forecast.intervals._quantiles import quantile_name


@dataclass(frozen=True)
class Backtest:
    """Rolling forecasts of one series, or of many.

    Attributes
    ----------
    targets : list of str
    time : ndarray
        (n, H): the time of each forecast step.
    truth, prediction, linear, lower, upper : ndarray
        (n, H, K), in the targets' units; the truth is NaN where unobserved.
    levels : tuple of float
        Of the quantiles that were asked for.
    quantiles : tuple of ndarray
        (n, H, K) each, one a level.
    ids : DataFrame or None
        n rows: which of many series each forecast is of.
    zone : str
        Where the times are UTC: the zone that `to_frame` shows them in.
    """

    targets: list[str]
    time: NDArray
    truth: NDArray[np.float64]
    prediction: NDArray[np.float64]
    linear: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    levels: tuple[float, ...] = ()
    quantiles: tuple[NDArray[np.float64], ...] = ()
    ids: pl.DataFrame | None = None
    zone: str = ""

    def __len__(self) -> int:
        """Return the number of origins."""
        return len(self.time)

    def coverage(self, target: str | None = None) -> float:
        """Return the share of observed values inside their interval.

        Parameters
        ----------
        target : str, optional
            One of ``targets``; all of them together if not given.

        Returns
        -------
        float
            NaN where nothing was observed.
        """
        if target is not None and target not in self.targets:
            raise InputError(
                f"target must be one of {', '.join(self.targets)}, got {target!r}"
            )
        chosen = slice(None) if target is None else [self.targets.index(target)]
        truth = self.truth[:, :, chosen]
        seen = np.isfinite(truth)
        inside = truth >= self.lower[:, :, chosen]
        inside &= truth <= self.upper[:, :, chosen]
        return float(inside[seen].mean()) if seen.any() else float("nan")

    def to_frame(self) -> pl.DataFrame:
        """Return one row a forecast step: origin, step, time, and the columns.

        With several targets a column ``target`` tells them apart.
        """
        n, horizon, _ = self.truth.shape
        dated = np.issubdtype(self.time.dtype, np.datetime64)
        time = self.time.astype("datetime64[us]") if dated else self.time
        parts = []
        for j, name in enumerate(self.targets):
            columns: dict[str, NDArray] = {
                "origin": np.repeat(time[:, 0], horizon),
                "step": np.tile(np.arange(1, horizon + 1), n),
                "time": time.reshape(-1),
            }
            for field in ("truth", "prediction", "linear", "lower", "upper"):
                columns[field] = getattr(self, field)[:, :, j].reshape(-1)
            for level, values in zip(self.levels, self.quantiles, strict=True):
                columns[quantile_name(level)] = values[:, :, j].reshape(-1)
            frame = pl.DataFrame(columns).with_columns(pl.col("truth").fill_nan(None))
            parts.append(
                frame.insert_column(0, pl.Series("target", [name] * len(frame)))
            )
        whole = pl.concat(parts)
        if self.ids is not None:
            index = np.tile(np.repeat(np.arange(n), horizon), len(self.targets))
            whole = pl.concat([self.ids[index], whole], how="horizontal")
        if self.zone and dated:
            times = pl.col("origin", "time").dt.replace_time_zone("UTC")
            whole = whole.with_columns(times.dt.convert_time_zone(self.zone))
        return whole if len(self.targets) > 1 else whole.drop("target")

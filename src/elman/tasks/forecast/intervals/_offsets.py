"""How far the ends of intervals, and quantiles, lie from a forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._quantiles import check_quantiles, quantile_offsets

Array = NDArray[np.float64]


class Offsets(NamedTuple):
    """What to add to a scaled forecast, at each step and for each target.

    Where errors are proportional to the level, it is so much for each unit of it.

    Parameters
    ----------
    low, high : ndarray
        (H, K): the ends of the interval.
    levels : tuple of float
        Of the quantiles, in order.
    quantiles : ndarray
        (Q, H, K).
    zero, least : ndarray
        (K,), of `zero_levels`: from where levels are measured, NaN where distances are
        as they stand; and the least level.
    spread : ndarray or None
        (H, K): the root mean square of the errors they are made of, in the same units;
        None in runs of earlier versions.
    until : datetime64 or float or None
        The time from which on forecasts knew nothing.
    """

    low: Array
    high: Array
    levels: tuple[float, ...]
    quantiles: Array
    zero: Array
    least: Array
    spread: Array | None = None
    until: Any = None

    def ends(
        self, forecast: Array, wide: Array | float = 1.0
    ) -> tuple[Array, Array, list[Array]]:
        """Return the two ends and the quantiles of scaled forecasts, (..., H, K).

        ``wide`` multiplies the distances.
        """
        unit = wide * units(forecast, self.zero, self.least)
        low, high = forecast + self.low * unit, forecast + self.high * unit
        return low, high, [forecast + one * unit for one in self.quantiles]

    def tensors(self) -> dict[str, Tensor]:
        """Return the arrays as tensors."""
        found = {"low": self.low, "high": self.high}
        if np.isfinite(self.zero).any():
            found |= {"zero": self.zero, "least": self.least}
        if self.levels:
            found |= {"levels": np.array(self.levels), "quantiles": self.quantiles}
        if self.spread is not None:
            until = np.asarray(self.until)
            if np.issubdtype(until.dtype, np.datetime64):
                until = until.astype("datetime64[us]").astype(np.int64)
            else:
                until = until.astype(np.float64)
            found |= {"spread": self.spread, "until": until}
        return {f"interval.{name}": torch.from_numpy(v) for name, v in found.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Offsets:
        """Return what `tensors` returned."""
        low, high = (tensors[f"interval.{name}"].numpy() for name in ("low", "high"))
        zero, least = as_they_stand(low.shape[1])
        if "interval.zero" in tensors:
            zero = tensors["interval.zero"].numpy()
            least = tensors["interval.least"].numpy()
        spread, until = None, None
        if "interval.spread" in tensors:
            spread = tensors["interval.spread"].numpy()
            until = tensors["interval.until"].numpy()[()]
            if until.dtype == np.int64:
                until = until.astype("datetime64[us]")
        levels, quantiles = (), np.zeros((0, *low.shape))
        if "interval.levels" in tensors:
            levels = tuple(tensors["interval.levels"].tolist())
            quantiles = tensors["interval.quantiles"].numpy()
        return cls(low, high, levels, quantiles, zero, least, spread, until)


def as_they_stand(targets: int) -> tuple[Array, Array]:
    """Return ``zero`` and ``least`` of targets without proportional errors."""
    return np.full(targets, np.nan), np.ones(targets)


def units(forecast: Array, zero: Array, least: Array) -> Array:
    """Return what distances are multiplied by, (..., K): the level, or 1."""
    level = np.maximum(forecast - zero, least)
    unit: Array = np.where(np.isnan(zero), 1.0, level)
    return unit


def offsets_of(
    forecaster: Any,
    ends: Callable[[float], tuple[Array, Array]],
    rare: Sequence[bool],
    spread: Array,
    until: Any,
    levels_from: tuple[Array, Array] | None = None,
) -> Offsets:
    """Return the distances of a forecaster's interval and of its quantiles.

    Parameters
    ----------
    forecaster : Forecaster
        Its ``level`` and its ``quantiles``.
    ends : callable
        From the level of an interval to its two distances from a forecast, (H, K) each.
    rare : sequence of bool
        Targets that are 0 at least half of the time, and so is any lower quantile.
    spread : ndarray
        (H, K) of the errors.
    until : datetime64 or float
        The time that follows what was learned from.
    levels_from : tuple of ndarray, optional
        ``zero`` and ``least``, in units of which the distances are.
    """
    low, high = ends(forecaster.level)
    low[:, list(rare)] = -np.inf
    levels = check_quantiles(forecaster.quantiles)
    quantiles = quantile_offsets(levels, ends, rare)
    zero, least = levels_from or as_they_stand(low.shape[1])
    return Offsets(low, high, levels, quantiles, zero, least, spread, until)

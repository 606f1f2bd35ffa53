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

    Parameters
    ----------
    low, high : ndarray
        (H, K): the ends of the interval.
    levels : tuple of float
        Of the quantiles, in order.
    quantiles : ndarray
        (Q, H, K).
    spread : ndarray or None
        (H, K): the root mean square of the errors they are made of; None in runs of
        earlier versions.
    until : datetime64 or float or None
        The time from which on forecasts knew nothing.
    """

    low: Array
    high: Array
    levels: tuple[float, ...]
    quantiles: Array
    spread: Array | None = None
    until: Any = None

    def tensors(self) -> dict[str, Tensor]:
        """Return the arrays as tensors."""
        found = {"low": self.low, "high": self.high}
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
        return cls(low, high, levels, quantiles, spread, until)


def offsets_of(
    forecaster: Any,
    ends: Callable[[float], tuple[Array, Array]],
    rare: Sequence[bool],
    spread: Array,
    until: Any,
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
    """
    low, high = ends(forecaster.level)
    low[:, list(rare)] = -np.inf
    levels = check_quantiles(forecaster.quantiles)
    quantiles = quantile_offsets(levels, ends, rare)
    return Offsets(low, high, levels, quantiles, spread, until)

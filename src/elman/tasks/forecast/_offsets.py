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
    """

    low: Array
    high: Array
    levels: tuple[float, ...]
    quantiles: Array

    def tensors(self) -> dict[str, Tensor]:
        """Return the arrays as tensors."""
        found = {"low": self.low, "high": self.high}
        if self.levels:
            found |= {"levels": np.array(self.levels), "quantiles": self.quantiles}
        return {f"interval.{name}": torch.from_numpy(v) for name, v in found.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Offsets:
        """Return what `tensors` returned."""
        low, high = (tensors[f"interval.{name}"].numpy() for name in ("low", "high"))
        if "interval.levels" not in tensors:
            return cls(low, high, (), np.zeros((0, *low.shape)))
        levels = tuple(tensors["interval.levels"].tolist())
        return cls(low, high, levels, tensors["interval.quantiles"].numpy())


def offsets_of(
    forecaster: Any, ends: Callable[[float], tuple[Array, Array]], rare: Sequence[bool]
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
    """
    low, high = ends(forecaster.level)
    low[:, list(rare)] = -np.inf
    levels = check_quantiles(forecaster.quantiles)
    return Offsets(low, high, levels, quantile_offsets(levels, ends, rare))

"""Forecast windows as index arithmetic on one tensor."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks._sampled import sampled
from elman.tasks.forecast.columns._preparation import Prepared
from elman.training import digest_of


class Windows:
    """All windows of a series: a batch is three gathers.

    Parameters
    ----------
    series : Prepared
        The whole series.
    origins : ndarray
        (n,): the first forecast step of each window.
    linear : ndarray
        (n, H, K): the linear model's scaled predictions for these windows.
    context : int
        Steps the network looks back.

    Notes
    -----
    ``take`` returns inputs ``(encoder (B, C, Ce), decoder (B, H, Cd),
    linear (B, H, K))`` and the scaled target (B, H, K), NaN where missing or
    past the end. Where rows have weights, these are a last column of the target.
    """

    def __init__(
        self,
        series: Prepared,
        origins: NDArray[np.int64],
        linear: NDArray[np.float64],
        context: int,
    ) -> None:
        self.encoder = series.encoder
        self.decoder = series.decoder
        self.truth = torch.from_numpy(series.table.truth.astype(np.float32))
        weight = series.table.weight
        self.weight = None if weight is None else torch.from_numpy(weight).float()
        self.origins = torch.from_numpy(origins)
        self.linear = torch.from_numpy(linear.astype(np.float32))
        self.behind = torch.arange(-context, 0)
        self.ahead = torch.arange(linear.shape[1])

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.origins)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """Return the windows numbered ``index``."""
        origins = self.origins[index, None]
        behind, ahead = origins + self.behind, origins + self.ahead
        inputs = (self.encoder[behind], self.decoder[ahead], self.linear[index])
        target = self.truth[ahead]
        if self.weight is not None:
            target = torch.cat([target, self.weight[ahead, None]], -1)
        return inputs, target

    def digest(self) -> str:
        """Return what tells these windows from others, for checkpoints.

        Without the linear model's predictions, which follow from the rest: their
        last bits may differ where another library multiplies.
        """
        return digest_of(
            self.encoder,
            self.decoder,
            self.truth,
            self.origins,
            self.behind,
            *([] if self.weight is None else [self.weight]),
        )


def origins_between(
    start: int, stop: int, context: int, horizon: int, stride: int = 1
) -> NDArray[np.int64]:
    """Return the origins whose forecasts lie in rows start … stop − 1.

    The window before an origin must lie in the series too, so that the first
    origin is at least ``context``.
    """
    return np.arange(max(start, context), stop - horizon + 1, stride, dtype=np.int64)


def observed(
    series: Prepared, origins: NDArray[np.int64], horizon: int
) -> NDArray[np.int64]:
    """Return the origins with at least one observed target to forecast."""
    seen = np.isfinite(series.table.truth).any(1)
    counts = np.concatenate([[0], np.cumsum(seen)])
    return origins[counts[origins + horizon] > counts[origins]]


def kept(
    origins: NDArray[np.int64], horizon: int, targets: int, values: int
) -> NDArray[np.int64]:
    """Return so many of the origins, drawn, that their forecasts are held in memory.

    Parameters
    ----------
    origins : ndarray
        (n,), increasing.
    horizon, targets : int
        Steps and targets of a forecast.
    values : int
        Numbers that all forecasts together may have.
    """
    return origins[sampled(len(origins), max(1, values // (horizon * targets)))]

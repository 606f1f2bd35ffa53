"""Many series as arrays laid end to end, and windows as index arithmetic on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._space import Space

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SeriesSet:
    """The target of S series, and what is known beside it, in T rows.

    Attributes
    ----------
    starts : ndarray
        (S + 1,): series i is rows ``starts[i]`` to ``starts[i + 1]``, its last rows
        those of the future.
    stops : ndarray
        (S,): one past each series' last observed row.
    time : ndarray
        (T,).
    raw : ndarray
        (T,): in the target's own unit, NaN where missing.
    space : Space
        Of the network and the intervals.
    season : int
        Steps after which windows are alike, or 1.
    known, past : ndarray
        (T, F) and (T, P): what the pooled regressions see of the step forecast, and
        of the last step known.
    encoder, decoder : Tensor
        float32 (T, Ce) and (T, Cd): what the network sees beside the target.
    """

    starts: Rows
    stops: Rows
    time: NDArray
    raw: Array
    space: Space
    season: int
    known: Array
    past: Array
    encoder: Tensor
    decoder: Tensor

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.stops)

    @cached_property
    def owner(self) -> Rows:
        """(T,): the series of each row."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def filled(self) -> Array:
        """(T,): the last value carried forward, the first one back."""
        return carried(self.raw, self.starts)

    @property
    def evened(self) -> Array:
        """(T,): the filled values in `space`."""
        return self.values(self.space)

    @cached_property
    def _kept(self) -> dict[tuple[str, Space], Array]:
        return {}

    def values(self, space: Space) -> Array:
        """Return (T,): the filled values in this space."""
        if ("values", space) not in self._kept:
            inside = carried(space.forward(self.raw), self.starts)
            self._kept["values", space] = inside
        return self._kept["values", space]

    def usual(self, space: Space) -> Array:
        """Return (T,): the mean change over a season so far."""
        if ("usual", space) not in self._kept:
            self._kept["usual", space] = self._running(self.values(space))
        return self._kept["usual", space]

    def _running(self, values: Array) -> Array:
        """Return the mean of |y_t − y_{t−m}| in each series up to each row."""
        out = np.zeros(len(values))
        count = np.arange(len(values)) - self.starts[self.owner]
        for lag in dict.fromkeys((1, self.season)):
            change = np.zeros(len(values))
            change[lag:] = np.abs(values[lag:] - values[:-lag])
            inside = count >= lag
            change[~inside] = 0.0
            # Each on its own: a sum over all would round small series away.
            for start, stop in pairwise(self.starts):
                np.cumsum(change[start:stop], out=change[start:stop])
            mean = change / np.maximum(count - lag + 1, 1)
            out = np.where(inside, mean, out)
        return out

    def behind(self, origins: Rows, context: int) -> Rows:
        """Return (n, C): the rows of each window; the first row repeats before it."""
        rows = origins[:, None] + np.arange(-context, 0)
        first = self.starts[self.owner[origins - 1]]
        return np.maximum(rows, first[:, None])

    def ahead(self, origins: Rows, horizon: int) -> Rows:
        """Return (n, H): the rows forecast, the series' last repeated after it."""
        rows = origins[:, None] + np.arange(horizon)
        last = self.starts[self.owner[origins - 1] + 1] - 1
        return np.minimum(rows, last[:, None])

    def truth(self, origins: Rows, horizon: int) -> Array:
        """Return (n, H): what came, NaN where missing or beyond what is known."""
        rows = origins[:, None] + np.arange(horizon)
        stop = self.stops[self.owner[origins - 1]]
        found = self.raw[np.minimum(rows, len(self.raw) - 1)]
        return np.where(rows < stop[:, None], found, np.nan)

    def history(self, origins: Rows) -> Rows:
        """Return (n,): the rows a series has before each origin."""
        return origins - self.starts[self.owner[origins - 1]]

    def level_and_scale(
        self, origins: Rows, window: Array, space: Space, how: str
    ) -> tuple[Array, Array]:
        """Return (n, 1) twice: what windows (n, C) are measured from and in.

        ``how`` is "mean", their mean and standard deviation, or "last", the mean of
        the last season and the mean change over one. The scale is never much less
        than what is usual in the series so far, so that a flat window is no division
        by nothing.
        """
        context = window.shape[1]
        spread = window.std(1, keepdims=True)
        season = self.season if self.season < context else 1
        if how == "mean":
            level, scale = window.mean(1, keepdims=True), spread
        else:
            level = window[:, -season:].mean(1, keepdims=True)
            change = np.abs(window[:, season:] - window[:, :-season])
            scale = 0.05 * spread
            if change.shape[1]:
                scale = scale + change.mean(1, keepdims=True)
        floor = 0.1 * self.usual(space)[origins - 1][:, None]
        return level, np.maximum(scale, floor) + _tiny(level)


def unchanged(level: Array, scale: Array) -> NDArray[np.bool_]:
    """Return where windows, and their series before, are without any change."""
    found: NDArray[np.bool_] = scale <= 2 * _tiny(level)
    return found


def _tiny(level: Array) -> Array:
    tiny: Array = 1e-6 * np.abs(level) + 1e-30
    return tiny


def carried(values: Array, starts: Rows) -> Array:
    """Return values without gaps in each series: the last before, else the first."""
    rows = np.arange(len(values))
    seen = np.isfinite(values)
    first = np.repeat(starts[:-1], np.diff(starts))
    last = np.maximum.accumulate(np.where(seen, rows, -1))
    known = last >= first
    out = np.where(known, values[np.maximum(last, 0)], np.nan)
    after = np.where(seen, rows, len(values))
    after = np.minimum.accumulate(after[::-1])[::-1]
    inside = after < np.repeat(starts[1:], np.diff(starts))
    back = np.where(inside, values[np.minimum(after, len(values) - 1)], 0.0)
    return np.where(known, out, back)


class PanelWindows:
    """Windows of many series, each in its own unit: a batch is a few gathers.

    Parameters
    ----------
    series : SeriesSet
    origins : ndarray
        (n,): the first step forecast of each window.
    linear : ndarray
        (n, H): the forecasts that the network corrects, in `SeriesSet.space`.
    context : int
        Steps the network looks back.

    Notes
    -----
    ``take`` returns ``(encoder (B, C, 1 + Ce), decoder (B, H, Cd), linear
    (B, H, 1))`` and the target (B, H, 1), NaN where missing.

    A series that never changed has no unit: its windows are left out of the loss, and
    their forecasts stay what they are.
    """

    def __init__(
        self, series: SeriesSet, origins: Rows, linear: Array, context: int
    ) -> None:
        self.series, self.rows, self.context = series, origins, context
        horizon = linear.shape[1]
        window = series.evened[series.behind(origins, context)]
        self.level, self.scale = series.level_and_scale(
            origins, window, series.space, "last"
        )
        self.still = unchanged(self.level, self.scale)
        self._uncorrected = linear
        truth = series.space.forward(series.truth(origins, horizon))
        truth = np.where(self.still, np.nan, truth)
        self.encoder, self.decoder = series.encoder, series.decoder
        self.lags = _single((window - self.level) / self.scale)
        self.linear = _single((linear - self.level) / self.scale)
        self.target = _single((truth - self.level) / self.scale)
        self.behind = torch.from_numpy(series.behind(origins, context))
        self.ahead = torch.from_numpy(series.ahead(origins, horizon))

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.rows)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """Return the windows numbered ``index``."""
        lags = self.lags[index, :, None]
        seen = torch.cat([lags, self.encoder[self.behind[index]]], -1)
        ahead = self.decoder[self.ahead[index]]
        inputs = (seen, ahead, self.linear[index, :, None])
        return inputs, self.target[index, :, None]

    def digest(self) -> str:
        """Return what tells these windows from others, for checkpoints."""
        from elman.training import digest_of

        return digest_of(self.encoder, self.decoder, self.behind, self.ahead)

    def undone(self, scaled: Array) -> Array:
        """Return forecasts (n, H) of the network in `SeriesSet.space`."""
        corrected = scaled * self.scale + self.level
        return np.where(self.still, self._uncorrected, corrected)


def _single(values: Array) -> Tensor:
    return torch.from_numpy(np.clip(values, -1e4, 1e4).astype(np.float32))

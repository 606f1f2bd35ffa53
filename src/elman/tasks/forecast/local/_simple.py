"""Forecasts without parameters, as linear maps of a window of a series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from ._smoothing import Smoothing

Array = NDArray[np.float64]


class WindowMap(Protocol):
    """A forecast that is a matrix times the last values of a series."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H): a window of L values times this is its forecasts."""
        ...


@dataclass(frozen=True)
class LastValue:
    """The last value, at every step."""

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        found = np.zeros((length, horizon))
        found[-1] = 1.0
        return found


@dataclass(frozen=True)
class Mean:
    """The mean of the window, at every step."""

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        return np.full((length, horizon), 1.0 / length)


@dataclass(frozen=True)
class Drift:
    """The line through the first and the last value of the window."""

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        slope = np.arange(1.0, horizon + 1) / max(length - 1, 1)
        found = LastValue().weights(length, horizon)
        found[-1] += slope
        found[0] -= slope
        return found


@dataclass(frozen=True)
class SeasonalNaive:
    """The last season again; the last value where the window holds no season.

    Parameters
    ----------
    season : int
    """

    season: int

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        if length < self.season:
            return LastValue().weights(length, horizon)
        found = np.zeros((length, horizon))
        steps = np.arange(horizon)
        found[length - self.season + steps % self.season, steps] = 1.0
        return found


@dataclass(frozen=True)
class Theta:
    r"""The theta method: exponential smoothing with half the slope of the line.

    The mean of the least-squares line (:math:`\theta = 0`) and of the smoothed
    series with its curvature doubled (:math:`\theta = 2`), after the season's
    effects are taken out and before they are put back (Assimakopoulos and
    Nikolopoulos 2000; the winner of the M3 competition).

    Parameters
    ----------
    alpha : float
        Of the smoothing.
    season : int
        1 for none.
    """

    alpha: float
    season: int = 1

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        return _theta(self, length, horizon)


@lru_cache(maxsize=512)
def _theta(model: Theta, length: int, horizon: int) -> Array:
    effects = np.zeros((length, length))
    ahead = np.zeros((length, horizon))
    if 1 < model.season <= length // 2:
        effects, ahead = _seasonal_effects(length, horizon, model.season)
    level = np.eye(length) - effects
    steps = np.arange(length + horizon)[:, None] ** np.arange(2.0)
    line = steps @ np.linalg.pinv(steps[:length])
    bent = 2 * level - line[:length] @ level
    smoothed = Smoothing("none", 1, model.alpha).weights(length, horizon).T
    forecast = (line[length:] @ level + smoothed @ bent) / 2
    return np.ascontiguousarray(forecast.T) + ahead


def _seasonal_effects(length: int, horizon: int, season: int) -> tuple[Array, Array]:
    """Return the effects of the season, linear in the window, within and after it.

    The classical decomposition: the mean, at each place of the season, of what is
    left when a centred moving average over a season is taken off.
    """
    kernel = np.full(season, 1.0 / season)
    if season % 2 == 0:
        kernel = np.convolve(kernel, [0.5, 0.5])
    half = len(kernel) // 2
    rows = length - 2 * half
    kernel = -kernel
    kernel[half] += 1.0
    rest = np.zeros((rows, length))
    where = np.arange(rows)[:, None]
    rest[where, where + np.arange(len(kernel))] = kernel
    place = (np.arange(rows) + half) % season
    means = np.stack(
        [
            rest[place == p].mean(0) if (place == p).any() else np.zeros(length)
            for p in range(season)
        ]
    )
    means -= means.mean(0)
    within = means[np.arange(length) % season]
    ahead = means[(length + np.arange(horizon)) % season]
    return within, np.ascontiguousarray(ahead.T)

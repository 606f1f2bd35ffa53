"""Local models: each knows one series, and forecasts it from a window of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._autoregression import Autoregression, fit_autoregressions
from ._filled import filled, first_values
from ._simple import Drift, LastValue, Mean, SeasonalNaive, Theta, WindowMap
from ._smoothing import TRENDS, Smoothing
from ._smoothing_fit import (
    FittedSmoothing,
    best_of,
    fit_for_steps,
    fit_forms,
    fit_smoothing,
)

Array = NDArray[np.float64]

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Smoothing,
        Theta,
        Autoregression,
        SeasonalNaive,
        LastValue,
        Drift,
        Mean,
    )
}
# A trend that fits best may go on for ever; a damped one, on either scale, ends.
_DAMPED = {
    "smoothing, damped": ("damped", False),
    "smoothing, damped logarithms": ("damped", True),
}
# Parameters change slowly; more rows than these cost time and say nothing new.
MOST_ROWS = 600
# A forecast of logarithms goes at most so much beyond the window, in its widths.
_ROOM = 2.0


@dataclass(frozen=True)
class LocalModel:
    """A forecast from a window of one series.

    Attributes
    ----------
    name : str
        "smoothing", "theta", "seasonal naive", "last value", "drift" or "mean".
    map : WindowMap
    logarithm : bool
        Whether it forecasts the logarithms.
    deviation : float
        Standard deviation of the one-step errors where it is known, else NaN.
    """

    name: str
    map: WindowMap
    logarithm: bool = False
    deviation: float = float("nan")

    def forecast(self, windows: Array, horizon: int) -> Array:
        """Return (n, H) the forecasts from windows (n, L) without gaps."""
        weights = self.map.weights(windows.shape[1], horizon)
        if not self.logarithm:
            last = windows[:, -1:]
            ahead: Array = last + (windows - last) @ weights
            return ahead
        positive = windows > 0
        least = np.where(positive, windows, np.inf).min(1, keepdims=True)
        least = np.where(np.isfinite(least), least, 1.0)
        even = np.log(np.where(positive, windows, least))
        room = _ROOM * np.maximum(np.ptp(even, 1), 1.0)[:, None]
        low, high = even.min(1)[:, None] - room, even.max(1)[:, None] + room
        forecast: Array = np.exp(np.clip(even @ weights, low, high))
        return forecast

    def describe(self) -> dict[str, Any]:
        """Return plain values from which `described` makes the same model."""
        return {
            "kind": type(self.map).__name__,
            "parameters": asdict(self.map),
            "logarithm": self.logarithm,
        }

    @classmethod
    def described(cls, name: str, described: dict[str, Any]) -> LocalModel:
        """Return the model that `describe` described, but for its deviation."""
        kind = _KINDS[described["kind"]]
        return cls(name, kind(**described["parameters"]), described["logarithm"])

    def forecast_at(
        self,
        values: Array,
        origins: NDArray[np.int64],
        horizon: int,
        memory: int = MOST_ROWS,
    ) -> Array:
        """Return (n, H) the forecasts at each origin, from at most ``memory`` rows.

        Parameters
        ----------
        values : ndarray
            (T,), gaps filled; rows before the first value may be NaN.
        origins : ndarray
            (n,): the first steps forecast, after the first value.
        horizon, memory : int

        Notes
        -----
        Windows are shortened by less than a sixteenth to few different lengths, each
        of which has a matrix.
        """
        first = int(first_values(values[:, None])[0])
        lengths = _rounded(np.minimum(origins - first, memory))
        found = np.empty((len(origins), horizon))
        for length in np.unique(lengths):
            rows = lengths == length
            behind = origins[rows][:, None] + np.arange(-length, 0)
            enough = length >= getattr(self.map, "least", 1)
            model = self if enough else LocalModel("last value", LastValue())
            found[rows] = model.forecast(values[behind], horizon)
        return found


def _rounded(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    step = 2 ** np.maximum(np.floor(np.log2(np.maximum(lengths, 1))) - 4, 0)
    return (lengths // step * step).astype(np.int64)


def local_models(
    values: Array,
    seasons: Sequence[int] = (),
    *,
    trends: Sequence[str] = TRENDS,
    logarithms: bool = True,
    moves: int = 4,
    ahead: int = 1,
) -> list[dict[str, LocalModel]]:
    """Fit the local models of every series; return them by name, one dict a series.

    Parameters
    ----------
    values : ndarray
        (T, S), NaN where missing and before a series begins.
    seasons : sequence of int
        Candidates for exponential smoothing; the first is the one of the theta
        method and of the seasonal naive forecast, of which there is one a season.
    trends : sequence of str
    logarithms : bool
        Whether positive series are smoothed as logarithms too.
    moves : int
        See `fit_smoothing`.
    ahead : int
        Above 1 there is one more model: the smoothing with its parameters for all
        steps up to this one.

    Returns
    -------
    list of dict
        Empty for a series without values.
    """
    values = np.asarray(values, np.float64)[-MOST_ROWS:]
    seasons = [season for season in dict.fromkeys(seasons) if season > 1]
    whole = filled(values, seasons[0] if seasons else 1)
    seen, first = np.isfinite(values), first_values(values)
    found: list[dict[str, LocalModel]] = [{} for _ in range(values.shape[1])]
    for start in np.unique(first):
        if start == len(values):
            continue
        which = np.flatnonzero(first == start)
        part = _of_one_length(
            whole[start:, which],
            seen[start:, which],
            seasons,
            trends,
            logarithms=logarithms,
            moves=moves,
            ahead=ahead,
        )
        for j, models in zip(which, part, strict=True):
            found[j] = models
    return found


def _of_one_length(
    values: Array,
    seen: NDArray[np.bool_],
    seasons: list[int],
    trends: Sequence[str],
    *,
    logarithms: bool,
    moves: int,
    ahead: int,
) -> list[dict[str, LocalModel]]:
    length = len(values)
    forms = fit_forms(
        values,
        seen,
        seasons=seasons,
        trends=trends,
        logarithms=logarithms,
        moves=moves,
    )
    smoothed = [best_of(fitted) for fitted in forms]
    season = next((m for m in seasons if 2 * m <= length), 1)
    bent = _theta(values, seen, season, moves)
    further = smoothed
    if ahead > 1:
        further = fit_for_steps(smoothed, values, seen, ahead=ahead, moves=moves)
    found = []
    for j, (fitted, farther, theta, others) in enumerate(
        zip(smoothed, further, bent, forms, strict=True)
    ):
        models = {"smoothing": _smoothed("smoothing", fitted)}
        for name, form in _DAMPED.items():
            # Logarithms only where they fit best: elsewhere they hang on the level.
            if form in others and form[1] <= fitted.logarithm:
                models[name] = _smoothed(name, others[form])
        if ahead > 1:
            name = f"smoothing for {ahead} steps"
            models[name] = _smoothed(name, farther)
        models |= {
            "theta": LocalModel("theta", theta, fitted.logarithm and season > 1),
            "last value": LocalModel("last value", LastValue()),
            "drift": LocalModel("drift", Drift()),
            "mean": LocalModel("mean", Mean()),
        }
        models |= {
            name: LocalModel(name, regressed, fitted.logarithm)
            for name, regressed in _autoregressions(
                values[:, j], seen[:, j], fitted, seasons
            ).items()
        }
        for m in seasons:
            if m <= length:
                name = f"seasonal naive ({m})"
                models[name] = LocalModel(name, SeasonalNaive(m))
        found.append(models)
    return found


def _autoregressions(
    values: Array,
    seen: NDArray[np.bool_],
    fitted: FittedSmoothing,
    seasons: list[int],
) -> dict[str, Autoregression]:
    """Return the autoregressions, of logarithms where those smooth best."""
    series = np.log(values) if fitted.logarithm else values
    return fit_autoregressions(series, seen, seasons[0] if seasons else 1)


def _smoothed(name: str, fitted: FittedSmoothing) -> LocalModel:
    return LocalModel(name, fitted.model, fitted.logarithm, fitted.deviation)


def _theta(
    values: Array, seen: NDArray[np.bool_], season: int, moves: int
) -> list[Theta]:
    """Return the theta methods, smoothing as fits the series without its season."""
    place = np.arange(len(values)) % season
    means = np.stack([values[place == p].mean(0) for p in range(season)])
    even = values - (means - means.mean(0))[place] if season > 1 else values
    steps = np.arange(len(values))[:, None] ** np.arange(2.0)
    bent = 2 * even - steps @ (np.linalg.pinv(steps) @ even)
    fitted = fit_smoothing(bent, seen, trends=("none",), logarithms=False, moves=moves)
    return [Theta(one.model.alpha, season) for one in fitted]

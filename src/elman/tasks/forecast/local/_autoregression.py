"""Autoregressions of the differences of a series, as linear maps of a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# What is regressed on its own past, by name: ordinary and seasonal differences. Not the
# series itself, which comes back to a mean that it may have left for good.
FORMS = {
    "autoregression of differences": (True, False),
    "autoregression of seasonal differences": (False, True),
    "autoregression of both differences": (True, True),
}
# A year of weeks or more has too many seasons behind for a lag of one.
LONGEST = 60
_MOST_LAGS = 8
_ROWS_A_LAG = 5
_FEWEST = 8
# Penalty on the coefficients of standardised values: as if a few rows said zero.
_PENALTY = 0.5
# Beyond this, forecasts would grow exponentially.
_LARGEST_ROOT = 1.0
# A mean seasonal difference is drawn to none, as if so many rows said so.
_NO_DRIFT = 4.0


@dataclass(frozen=True)
class Autoregression:
    r"""A regression on the last values of a series, iterated over the horizon.

    .. math:: z_t - \mu = \sum_k \phi_k (z_{t-k} - \mu)

    with z the series, its differences, its differences over a season, or those of
    these; the mean is that of the window, and none for ordinary differences.

    Parameters
    ----------
    lags : tuple of int
    coefficients : tuple of float
        One a lag.
    differenced : bool
    season : int
        Of the seasonal differences; 1 for none.
    """

    lags: tuple[int, ...] = ()
    coefficients: tuple[float, ...] = ()
    differenced: bool = False
    season: int = 1

    def __post_init__(self) -> None:
        """Take lists as they come from a file."""
        object.__setattr__(self, "lags", tuple(self.lags))
        object.__setattr__(self, "coefficients", tuple(self.coefficients))

    @property
    def least(self) -> int:
        """The shortest window that holds all lags."""
        behind = self.season if self.season > 1 else 0
        return max(self.lags, default=0) + behind + int(self.differenced) + 1

    def weights(self, length: int, horizon: int) -> Array:
        """Return (L, H)."""
        return _weights(self, length, horizon)


@lru_cache(maxsize=512)
def _weights(model: Autoregression, length: int, horizon: int) -> Array:
    steps = _differences(np.eye(length), model.differenced, model.season)
    mean = _mean(steps, model.differenced, model.season)
    path = np.concatenate([steps - mean, np.zeros((horizon, length))])
    for h in range(len(steps), len(path)):
        for lag, share in zip(model.lags, model.coefficients, strict=True):
            path[h] += share * path[h - lag]
    ahead = path[len(steps) :] + mean
    behind = _differences(np.eye(length), False, model.season)
    if model.differenced:
        ahead = behind[-1] + np.cumsum(ahead, 0)
    if model.season > 1:
        whole = np.concatenate([np.eye(length), ahead])
        for h in range(length, len(whole)):
            whole[h] += whole[h - model.season]
        ahead = whole[length:]
    return np.ascontiguousarray(ahead.T)


def fit_autoregressions(
    values: Array, seen: NDArray[np.bool_], season: int
) -> dict[str, Autoregression]:
    """Return the autoregression with the lowest AICc of each form, by name.

    Lags 1 … p are tried, and with a season that lag, and the next, beside them. Forms
    for which the series is too short are left out.

    Parameters
    ----------
    values : ndarray
        (T,), gaps filled.
    seen : ndarray
        (T,): false where a value was filled; it is not learned from as a target.
    season : int
        1 for none.
    """
    found = {}
    for name, (differenced, seasonal) in FORMS.items():
        if seasonal and not 1 < season <= LONGEST:
            continue
        over = season if seasonal else 1
        series = _differences(values[:, None], differenced, over)[:, 0]
        fitted = None
        if len(series) >= _FEWEST:
            series = series - _mean(series, differenced, over)
            known = seen[len(seen) - len(series) :]
            fitted = _best(series, known, season if season <= LONGEST else 1)
        if fitted is not None:
            found[name] = Autoregression(*fitted, differenced, over)
    return found


def _differences(values: Array, differenced: bool, season: int) -> Array:
    """Return the differences of rows."""
    if season > 1:
        values = values[season:] - values[:-season]
    return np.diff(values, axis=0) if differenced else values


def _mean(steps: Array, differenced: bool, season: int) -> Array:
    """Return the mean that steps come back to."""
    if differenced or not len(steps):
        return np.zeros(steps.shape[1:])
    shrunk = len(steps) / (len(steps) + _NO_DRIFT) if season > 1 else 1.0
    mean: Array = shrunk * steps.mean(0)
    return mean


def _best(
    series: Array, seen: NDArray[np.bool_], season: int
) -> tuple[tuple[int, ...], tuple[float, ...]] | None:
    """Return the lags and coefficients with the lowest criterion."""
    rows = len(series)
    size = float(np.abs(series).max())
    # Squares of tiny and of huge numbers are none.
    even = series / (size if size > 0 else 1.0)
    even /= np.sqrt(np.mean(even**2)) if size > 0 else 1.0
    most = min(_MOST_LAGS, rows // _ROWS_A_LAG)
    sets = list(_lag_sets(most, season if rows > 2 * season + 6 else 1))
    every = sorted({lag for lags in sets for lag in lags})
    first = every[-1] if every else 0
    target = even[first:]
    lagged = [even[first - lag : rows - lag] for lag in every]
    past = np.stack(lagged, 1) if every else np.zeros((rows, 0))
    there = seen[first:]
    past, target = past[there], target[there]
    gram: Array = past.T @ past
    with_target: Array = past.T @ target
    least, best = np.inf, None
    for lags in sets:
        spare = len(target) - len(lags) - 3
        if spare <= 2:
            continue
        which = [every.index(lag) for lag in lags]
        own, cross = gram[np.ix_(which, which)], with_target[which]
        penalised = own + _PENALTY * np.eye(len(which))
        share = np.linalg.solve(penalised, cross).astype(np.float64)
        sse = max(float(target @ target + share @ (own @ share - 2 * cross)), 1e-9)
        count = len(lags) + 2
        criterion = len(target) * np.log(sse / len(target))
        criterion += 2 * count * (1 + (count + 1) / spare)
        if criterion < least:
            least, best = criterion, (lags, share)
    if best is None:
        return None
    lags, share = best
    return lags, tuple(map(float, _stable(lags, share)))


def _lag_sets(most: int, season: int) -> Iterator[tuple[int, ...]]:
    """Yield the sets of lags to choose from."""
    for p in range(most + 1):
        lags = tuple(range(1, p + 1))
        yield lags
        if p < season and season > 1:
            yield (*lags, season)
            if p:
                yield (*lags, season, season + 1)


def _stable(lags: tuple[int, ...], share: Array) -> Array:
    """Return the coefficients, made smaller until forecasts do not grow."""
    if not lags:
        return share
    order = lags[-1]
    companion = np.eye(order, k=-1)
    companion[0, np.array(lags) - 1] = share
    root = float(np.abs(np.linalg.eigvals(companion)).max())
    if root <= _LARGEST_ROOT:
        return share
    smaller: Array = share * (_LARGEST_ROOT / root) ** np.array(lags)
    return smaller

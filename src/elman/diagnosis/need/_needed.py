"""How far back the data ask a network to remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elman._errors import InputError
from elman._plain import plain

from ._autocorrelation import autocorrelation
from ._peaks import fundamental

Array = NDArray[np.float64]

MAX_LAG = 400
"""Longest lag looked at, unless the series is shorter than three times that."""

FEWEST = 12
"""Below so many values an autocorrelation says nothing."""

LEVEL = 0.05
"""Chance of one false alarm over all lags together (Bonferroni)."""

EFFECT = 0.15
"""A peak lower than this explains about 2 % of the variance or less: ignored."""

UNIT_ROOT = -21.8
"""n(r1 - 1) above this cannot be told from a random walk with drift.

Fuller, Introduction to Statistical Time Series (1976), table 8.5.1: the 5 %
point with a fitted trend, large n.
"""


@dataclass(frozen=True)
class Need:
    """How many steps back the data ask for, and why.

    Parameters
    ----------
    steps : int
        The needed horizon, at least 1.
    source : str
        One phrase: what was measured and the number found.
    acf : list of float
        Autocorrelation from lag 0, empty when none could be estimated.
    bound : float
        The value beyond which a single correlation counts as real.
    differenced : bool
        Whether ``acf`` belongs to the step-to-step changes.
    found : bool
        Whether there was evidence of a dependence; False where ``steps`` is only a
        fallback.
    low, high : int or None
        5th and 95th percentile of the steps, where samples were drawn anew.
    p : float
        Chance of evidence as strong where there is no dependence.
    explained : float
        Share of the target's variance a linear probe explains, cross-validated.
    """

    steps: int
    source: str
    acf: list[float] = field(default_factory=list)
    bound: float = float("nan")
    differenced: bool = False
    found: bool = True
    low: int | None = None
    high: int | None = None
    p: float = float("nan")
    explained: float = float("nan")

    def later(self, steps: int) -> Need:
        """Return the same need counted from a target so many steps ahead."""
        if self.low is None or self.high is None:
            return replace(self, steps=self.steps + steps)
        return replace(
            self,
            steps=self.steps + steps,
            low=self.low + steps,
            high=self.high + steps,
            source=f"{self.source} (counted from {steps} steps before the target)",
        )

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON; a value nobody could estimate is None."""
        return {
            "steps": self.steps,
            "source": self.source,
            "acf": [None if np.isnan(r) else float(r) for r in self.acf],
            "bound": None if np.isnan(self.bound) else float(self.bound),
            "differenced": self.differenced,
            "found": self.found,
            "low": self.low,
            "high": self.high,
            "p": plain(self.p),
            "explained": plain(self.explained),
        }


def needed_horizon(series: ArrayLike, *, max_lag: int | None = None) -> Need:
    """Estimate from a series how many steps back its past still matters.

    The autocorrelation of the series less its straight trend decides, in this
    order: the longest period that stands out (a week in hourly rentals: 168), in
    the level or else in the step-to-step changes, which a slow drift does not
    hide; else the first lag at which correlation sinks into the noise. For a
    series that cannot be told from a random walk, or whose correlation never
    sinks, only the changes count (Box and Jenkins, 1970). Noise at
    lag k is Bartlett's, sqrt((1 + 2 sum_{j<k} r_j^2) / n), and the bound is set
    so that all lags together give one false alarm in twenty.

    Parameters
    ----------
    series : array-like (T,)
        Equally spaced values, NaN where missing.
    max_lag : int, optional
        Longest lag to look at; a third of the length, at most 400, if not given.

    Returns
    -------
    Need
        Steps, at least 1, with the evidence.

    Raises
    ------
    InputError
        If the series is not one-dimensional, holds an infinite value or no
        value at all, or if ``max_lag`` is below 2.
    """
    values = _checked(series)
    if max_lag is not None and max_lag < 2:
        raise InputError(f"max_lag: got {max_lag}; give 2 steps or more")
    known = values[np.isfinite(values)]
    limit = len(values) // 3 if max_lag is None else min(max_lag, len(values) - 2)
    limit = min(limit, MAX_LAG) if max_lag is None else limit
    if len(known) < FEWEST or limit < 2:
        return Need(
            max(1, len(values) - 1),
            f"length of the series: {len(known)} values are too few for an "
            f"autocorrelation",
        )
    if np.ptp(known) <= 1e-12 * np.abs(known).max():
        return Need(1, "the target is constant: nothing to remember")

    level = _winsorised(_less_trend(_winsorised(values, slack=1.0)))
    if np.nanstd(level) <= 1e-9 * np.abs(known).max():
        return Need(1, "the target is a straight line: one step shows it")
    r, bound = _acf(level, limit)
    wanders = len(known) * (r[1] - 1) >= UNIT_ROOT
    changes, noise = _acf(_winsorised(np.diff(values)), limit)
    return (
        (None if wanders else _season(r, bound))
        # A slow drift hides a season in the level, not in the changes.
        or _season(changes, noise, differenced=True)
        or (None if wanders else _decay(r, bound))
        or _decay(changes, noise, differenced=True)
        or _endless(changes, noise, limit)
    )


def needed_from_lengths(lengths: Sequence[int] | ArrayLike) -> Need:
    """Take the length of the sequences as the needed horizon.

    The honest default where no autocorrelation speaks for the target, as in
    classification: what decides may stand anywhere in the sequence.

    Parameters
    ----------
    lengths : sequence of int
        Steps of each sequence.

    Returns
    -------
    Need
        The median length, at least 1.

    Raises
    ------
    InputError
        If there is no length, or a negative one.
    """
    steps = np.asarray(lengths, dtype=np.float64).ravel()
    if steps.size == 0 or not np.all(steps >= 0):
        raise InputError(
            f"lengths: got {steps.size} values; give one step count, 0 or more, "
            "for each sequence"
        )
    median = max(1, round(float(np.median(steps))))
    return Need(median, f"length of the sequences (median {median} steps)")


def _checked(series: ArrayLike) -> Array:
    try:
        values = np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"series: {error}; give numbers, NaN where missing") from error
    if values.ndim != 1:
        raise InputError(
            f"series: got shape {values.shape}; give one column, shape (T,)"
        )
    if np.isinf(values).any():
        where = int(np.flatnonzero(np.isinf(values))[0])
        raise InputError(
            f"series: infinite value at position {where}; use NaN for a missing one"
        )
    if not np.isfinite(values).any():
        raise InputError(
            f"series: no value among {len(values)}; give at least one number"
        )
    return values


def _less_trend(values: Array) -> Array:
    known = np.flatnonzero(np.isfinite(values))
    time = (np.arange(len(values)) - known.mean()) / len(values)
    slope, height = np.polyfit(time[known], values[known], 1)
    return np.asarray(values - (slope * time + height))


def _winsorised(values: Array, slack: float = 0.0) -> Array:
    """Pull the outermost 0.5 % in, so that no single spike owns the variance.

    With slack, only what lies that many times the inner range outside of it, so
    that the ends of a trend stay.
    """
    low, high = np.nanquantile(values, [0.005, 0.995])
    room = slack * (high - low)
    return np.clip(values, low - room, high + room) if low < high else values


def _acf(values: Array, limit: int) -> tuple[Array, Array]:
    """Autocorrelation, and the bound it must pass at each lag to be real."""
    r, pairs = autocorrelation(values, limit)
    z = NormalDist().inv_cdf(1 - LEVEL / (2 * limit))
    squares = np.nan_to_num(r[1:]) ** 2
    spread = 1 + 2 * np.concatenate([[0.0, 0.0], np.cumsum(squares[:-1])])
    return r, z * np.sqrt(spread / np.maximum(pairs, 1))


def _season(r: Array, bound: Array, *, differenced: bool = False) -> Need | None:
    clean = np.where(np.isfinite(r), r, -1.0)
    lag = fundamental(
        clean,
        np.maximum(bound, EFFECT),
        margin=max(EFFECT, 1.5 * bound[1]),
        noise=float(bound[1]),
    )
    if lag is None:
        return None
    of = "changes of the target" if differenced else "target"
    return Need(
        lag,
        f"autocorrelation of the {of}: peak at {lag} steps (r = {r[lag]:.2f})",
        [float(v) for v in r],
        float(bound[1]),
        differenced,
    )


def _decay(r: Array, bound: Array, *, differenced: bool = False) -> Need | None:
    """First lag in the noise, or None where correlation outlives the window."""
    quiet = np.flatnonzero(~(np.abs(r[1:]) > bound[1:])) + 1
    if len(quiet) == 0:
        return None
    steps = int(quiet[0])
    of = "changes of the target" if differenced else "target"
    source = (
        f"autocorrelation of the {of}: within the noise from {steps} steps on "
        f"(r below {bound[steps]:.2f})"
    )
    if steps == 1:
        source = f"autocorrelation of the {of}: no dependence found"
        if differenced:
            source += ", the last value is all the past that matters"
    return Need(steps, source, [float(v) for v in r], float(bound[1]), differenced)


def _endless(r: Array, bound: Array, limit: int) -> Need:
    return Need(
        limit,
        f"autocorrelation of the changes of the target: still above the noise at "
        f"{limit} steps, the longest lag looked at",
        [float(v) for v in r],
        float(bound[1]),
        True,
    )

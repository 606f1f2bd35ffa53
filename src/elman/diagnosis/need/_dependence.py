"""How far back the inputs reach that a target depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from elman._arguments import whole_number
from elman._errors import InputError

from ._information import informed
from ._lagged import Samples, samples_of
from ._masked import LEVEL, Masked, masked
from ._needed import MAX_LAG, Need

SAMPLES = 700
"""Sequences, or steps, the probe is fitted to."""

WEAK = 0.1
"""Share of variance below which the linear probe does not have the last word."""

FEWEST = 20
"""Below so many samples nothing can be told."""


def needed_dependence(
    inputs: Any,
    targets: Any,
    *,
    max_lag: int | None = None,
    method: str = "auto",
    seed: int = 0,
) -> Need:
    """Estimate how many steps back the inputs reach that the targets depend on.

    **Linear probe.** Ridge regression predicts each target from the last m + 1 steps
    of its sequence alone (of at most six channels, with their squares and products),
    every block of samples from all others. The need is the smallest lag m whose error
    is not worse than that of the best, by 1.645 standard errors of the paired
    difference. The evidence that there is any dependence at all is the share of
    variance explained at the best m, against the same, best m and all, with the
    targets shuffled (99 times; shifted in time where there is one target a step).
    The interval is the 5th to the 95th percentile when samples are drawn anew.

    **Mutual information.** I(x_{t−k}; y_t) of each lag and channel, in levels of equal
    share, against the largest over all of them with the targets shuffled. The need
    is the longest lag above that. It sees what no line fits, but one step at a
    time, and where inputs depend on their own past it sees longer lags too: the
    linear probe goes first.

    Neither sees what lies in several steps together alone, such as a parity: no
    evidence is not evidence of no dependence, and the result says which it is.

    Parameters
    ----------
    inputs : array (n, T, C) or (n, T), or list of arrays (T_i, C)
        Sequences, NaN where missing.
    targets : array
        One a sequence, (n,) or (n, k), or one a step, (n, T), (n, T, k) or a list
        of (T_i,). Whole numbers and text are classes.
    max_lag : int, optional
        Longest lag looked at; the longest sequence, at most 400, if not given.
    method : str
        "linear"; "information"; or "auto", the longer of the two where the probe
        explains less than a tenth of the variance.
    seed : int
        Of the choice of samples and the shuffles.

    Returns
    -------
    Need
        ``found`` tells whether there was evidence; ``low`` and ``high`` are the
        interval, ``p`` and ``explained`` the evidence.

    Raises
    ------
    InputError
        If shapes do not fit, or an argument is out of range.
    """
    if method not in ("auto", "linear", "information"):
        raise InputError(
            f"method: got {method!r}; give 'auto', 'linear' or 'information'"
        )
    if max_lag is not None:
        whole_number("max_lag", max_lag)
    longest = max((np.shape(x)[0] for x in inputs), default=1) - 1
    limit = min(longest, MAX_LAG if max_lag is None else max_lag)
    rng = np.random.default_rng(seed)
    samples = samples_of(inputs, targets, limit, SAMPLES, rng)
    if len(samples.targets) < FEWEST:
        return Need(
            max(1, limit),
            f"length of the sequences: {len(samples.targets)} samples are too few to "
            "look for a dependence",
            found=False,
        )
    if not samples.targets.std() > 0:
        return Need(1, "the target is constant: nothing to remember", found=False)
    if method == "information":
        return _by_information(samples, rng)
    probe = _as_need(masked(samples, rng), "linear probe")
    if method == "linear" or (probe.found and probe.explained >= WEAK):
        return probe
    other = _by_information(samples, rng)
    if not other.found or (probe.found and probe.steps >= other.steps):
        return probe
    return other


def forecast_dependence(
    series: Any, *, horizon: int = 1, max_lag: int | None = None, seed: int = 0
) -> Need:
    """Estimate how many steps back a forecast of a series needs to look.

    As `needed_dependence` by the linear probe, with the value ``horizon`` steps
    ahead as the target of each step; the lag is counted from that value, as in
    `needed_horizon`.

    Parameters
    ----------
    series : array (T,) or (T, C)
        Equally spaced values, NaN where missing; the first column is forecast.
    horizon : int
        Steps ahead.
    max_lag : int, optional
        A third of the length, at most 400, if not given.
    seed : int
        Of the choice of samples and the shuffles.

    Returns
    -------
    Need
    """
    whole_number("horizon", horizon)
    values = np.asarray(series, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) <= horizon + FEWEST:
        raise InputError(
            f"series: got shape {np.shape(series)}; give (T,) or (T, channels), "
            f"more than {horizon + FEWEST} steps"
        )
    limit = min(len(values) // 3, MAX_LAG) if max_lag is None else max_lag
    target = values[horizon:, 0]
    need = needed_dependence(
        [values[:-horizon]], [target], max_lag=max(1, limit - horizon), seed=seed
    )
    return need.later(horizon) if need.found else need


def _as_need(found: Masked, what: str) -> Need:
    if found.p > LEVEL:
        return Need(
            1,
            f"{what}: no evidence of a dependence (p = {found.p:.2f}); one that no "
            "linear map of single steps shows may be there",
            found=False,
            p=found.p,
            explained=found.explained,
        )
    return Need(
        found.steps,
        f"{what}: inputs up to {found.steps} steps back matter "
        f"({found.low} to {found.high}), {found.explained:.0%} of the variance "
        f"explained, p = {found.p:.2f}",
        low=found.low,
        high=found.high,
        p=found.p,
        explained=found.explained,
    )


def _by_information(samples: Samples, rng: np.random.Generator) -> Need:
    seen = informed(samples, rng)
    if seen.p > LEVEL:
        return Need(
            1,
            f"mutual information: no lag above chance (p = {seen.p:.2f})",
            found=False,
            p=seen.p,
        )
    return Need(
        max(1, seen.lag),
        f"mutual information: {seen.bits:.2f} bits at a lag of {seen.lag} steps, the "
        f"longest above chance (surely {seen.sure}), p = {seen.p:.2f}",
        low=max(1, seen.sure),
        high=max(1, seen.lag),
        p=seen.p,
    )

"""Inputs and targets as samples: the steps before each answer, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError

Array = NDArray[np.float64]

CHANNELS = 6
"""With at most so many channels, their squares and products are features too."""


@dataclass(frozen=True)
class Samples:
    """One row for each answer.

    Attributes
    ----------
    lagged : array (N, M, F)
        Features of the last M steps, the nearest first; 0 before the first step.
    targets : array (N, k)
        Standardised; classes as indicators.
    single : bool
        Whether each sequence gives one sample, so that samples are independent.
    """

    lagged: Array
    targets: Array
    single: bool


def samples_of(
    inputs: Any, targets: Any, max_lag: int, most: int, rng: np.random.Generator
) -> Samples:
    """Line inputs up with the targets that may depend on them.

    Parameters
    ----------
    inputs : array (n, T, C) or (n, T), or a list of (T_i, C)
    targets : array (n,) or (n, k), one answer a sequence; (n, T) or (n, T, k) or a
        list of (T_i,), one a step
        Whole numbers or text are classes, other numbers a regression.
    max_lag : int
    most : int
        Samples at most.
    rng : Generator
    """
    rows = [_row(x, i) for i, x in enumerate(inputs)]
    if not rows:
        raise InputError("inputs: no sequences; give at least one")
    if len({x.shape[1] for x in rows}) > 1:
        raise InputError("inputs: sequences have different numbers of channels")
    if len(targets) != len(rows):
        raise InputError(
            f"targets: {len(targets)} for {len(rows)} sequences; give one for each"
        )
    each = [np.asarray(t) for t in targets]
    by_step = all(
        t.ndim >= 1 and len(t) == len(x) for t, x in zip(each, rows, strict=True)
    )
    # (n, k) with k equal to every length could be either: a step each is likelier.
    rows = _features(rows)
    if by_step:
        ends = [(i, t) for i, x in enumerate(rows) for t in range(len(x))]
        values = [y for t in each for y in t]
    else:
        ends = [(i, len(x) - 1) for i, x in enumerate(rows)]
        values = each
    encoded = _encoded(values)
    known = np.isfinite(encoded).all(1)
    # What reaches back beyond the first step tells nothing about long lags.
    if by_step:
        enough = np.array([t >= min(max_lag, len(rows[i]) // 2) for i, t in ends])
        known &= enough if (known & enough).sum() > 20 else True
    chosen = np.flatnonzero(known)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    lagged = np.zeros((len(chosen), max_lag + 1, rows[0].shape[1]))
    for place, at in enumerate(chosen):
        i, t = ends[at]
        past = rows[i][max(0, t - max_lag) : t + 1][::-1]
        lagged[place, : len(past)] = past
    y = encoded[chosen]
    y = y - y.mean(0)
    y = y / max(float(np.sqrt((y**2).sum(1).mean())), 1e-300) if y.size else y
    return Samples(lagged, y, not by_step)


def _row(x: Any, place: int) -> Array:
    values = np.asarray(x, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) == 0:
        raise InputError(
            f"inputs: sequence {place} has shape {values.shape}; give (steps, channels)"
        )
    return values


def _features(rows: list[Array]) -> list[Array]:
    """Standardise channels, missing values at their mean; add products."""
    stacked = np.concatenate(rows)
    with np.errstate(all="ignore"):
        mean, std = np.nanmean(stacked, 0), np.nanstd(stacked, 0)
    std = np.where(std > 0, std, 1.0)
    found = []
    for x in rows:
        z = np.nan_to_num((x - mean) / std, posinf=0.0, neginf=0.0)
        if z.shape[1] <= CHANNELS:
            i, j = np.triu_indices(z.shape[1])
            z = np.concatenate([z, z[:, i] * z[:, j]], 1)
        found.append(z)
    stacked = np.concatenate(found)
    spread = stacked.std(0)
    keep = spread > 1e-9
    if not keep.any():
        keep[:1] = True
        spread[:1] = 1.0
    mean = stacked.mean(0)
    return [((x - mean) / np.where(keep, spread, 1.0))[:, keep] for x in found]


def _encoded(values: Sequence[Any]) -> Array:
    array = np.asarray(values)
    if array.dtype.kind in "biuUSO":
        flat = array.reshape(len(array), -1)
        parts = []
        for column in flat.T:
            _, codes = np.unique(column.astype(str), return_inverse=True)
            parts.append(np.eye(int(codes.max(initial=0)) + 1)[codes])
        return np.concatenate(parts, 1)
    return array.astype(np.float64).reshape(len(array), -1)

"""Quantiles of a forecast: their distances from it, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import share
from elman._errors import InputError

Array = NDArray[np.float64]

_NARROWEST = 0.01


def check_quantiles(value: Any) -> tuple[float, ...]:
    """Return the levels in order, none if there are none.

    Raises
    ------
    InputError
        They are no different numbers between 0 and 1.
    """
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise InputError(
            f"quantiles must be numbers between 0 and 1, such as (0.1, 0.5, 0.9), got"
            f" {value!r:.60}"
        )
    levels = sorted(share("quantiles", level) for level in value)
    twice = [a for a, b in pairwise(levels) if a == b]
    if twice:
        raise InputError(f"quantiles names {twice[0]:g} twice")
    return tuple(levels)


def quantile_offsets(
    levels: Sequence[float],
    ends: Callable[[float], tuple[Array, Array]],
    rare: Sequence[bool],
) -> Array:
    """Return (Q, H, K): what to add to a forecast for each of its quantiles.

    A quantile is an end of the interval that leaves out so much on either side, and
    intervals are calibrated; higher levels are never below lower ones.

    Parameters
    ----------
    levels : sequence of float
        In order.
    ends : callable
        From the level of an interval to its two distances from a forecast, (H, K) each.
    rare : sequence of bool
        Targets that are 0 at least half of the time, and so is any lower quantile.
    """
    if not levels:
        return np.zeros((0, *ends(0.5)[0].shape))
    found = []
    for level in levels:
        # The median lies in the middle of the narrowest interval.
        low, high = ends(max(abs(2 * level - 1), _NARROWEST))
        offset = high if level > 0.5 else low if level < 0.5 else (low + high) / 2
        if level < 0.5:
            offset[:, list(rare)] = -np.inf
        found.append(offset)
    return np.maximum.accumulate(np.stack(found), 0)


def quantile_name(level: float) -> str:
    """Return the column of a level, such as q0.1."""
    return f"q{level:g}"


def quantile_scores(
    levels: Sequence[float], truth: Array, quantiles: Sequence[Array]
) -> dict[str, list[float]]:
    r"""Return pinball loss and coverage of each level, over what was observed.

    .. math:: \text{pinball}_\tau = \text{mean} \max(\tau e, (\tau - 1) e), \quad
              e = y - \hat q_\tau; \qquad
              \text{coverage}_\tau = \text{mean}\,[y \le \hat q_\tau]

    Parameters
    ----------
    levels : sequence of float
    truth : ndarray
        (n, H), NaN where unknown.
    quantiles : sequence of ndarray
        (n, H), one a level.
    """
    seen = np.isfinite(truth)
    found: dict[str, list[float]] = {
        "level": list(levels),
        "pinball": [],
        "coverage": [],
    }
    for level, values in zip(levels, quantiles, strict=True):
        error = (truth - values)[seen]
        loss = np.maximum(level * error, (level - 1) * error)
        found["pinball"].append(float(loss.mean()) if len(loss) else float("nan"))
        share_below = float((error <= 0).mean()) if len(error) else float("nan")
        found["coverage"].append(share_below)
    return found

"""How much of the network's correction is kept: what its gain is sure of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from elman.models import CorrectingNetwork, LogLink

Array = NDArray[np.float64]

_SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Gate:
    """What was decided about the correction.

    Attributes
    ----------
    share : float
        Of the correction that is kept, 0 to 1.
    gain, noise : float
        How far the best share lowers the error of the validation part, and the
        standard error of that, both as a part of the error without it.
    """

    share: float
    gain: float
    noise: float


def gate(
    truth: Array,
    start: Array,
    corrected: Array,
    *,
    squared: bool,
    shortened: bool = True,
    apart: float | None = None,
) -> Gate:
    r"""Return how much of a correction to keep.

    The share :math:`\lambda` with the lowest error of a few, times
    :math:`\max(0, 1 - (\text{noise}/\text{gain})^2)`: nothing where the gain does not
    exceed its standard error, nearly all where it is many of them. Forecasts that
    overlap count as one for each horizon they cover.

    Parameters
    ----------
    truth, start, corrected : ndarray
        (n, H, K), scaled: of the validation windows; the truth is NaN where unknown.
    squared : bool
        Whether errors are squared; absolute else.
    shortened : bool
        Whether the standard error shortens the share. Long forecasts of several
        targets, of which a validation part has few without overlap, are taken at
        their mean gain: weights shared by all targets have more to show than that.
    apart : float, optional
        How many of the windows tell something of their own; one for each horizon, the
        windows being a step apart, if not given.
    """
    known = np.isfinite(truth).any((1, 2))
    if not known.any():
        return Gate(0.0, 0.0, 0.0)
    truth, start, corrected = truth[known], start[known], corrected[known]

    def errors(forecast: Array) -> Array:
        error = np.abs(forecast - truth)
        mean: Array = np.nanmean(error**2 if squared else error, axis=(1, 2))
        return mean

    without = errors(start)
    least = float(without.mean())
    gains = {
        share: without - errors(start + share * (corrected - start))
        for share in _SHARES
    }
    best = max(gains, key=lambda share: gains[share].mean())
    gain = float(gains[best].mean())
    count = max(1.0, len(truth) / truth.shape[1] if apart is None else apart)
    noise = float(gains[best].std() / np.sqrt(count)) if count > 1 else float("inf")
    if gain > 0 and least and not shortened:
        return Gate(best, gain / least, noise / least)
    if gain <= 0 or not least or noise >= gain:
        relative = gain / least if least else 0.0
        return Gate(0.0, relative, noise / least if least else 0.0)
    return Gate(best * (1 - (noise / gain) ** 2), gain / least, noise / least)


def apply_gate(network: CorrectingNetwork | LogLink, share: float) -> None:
    """Multiply the network's correction by a share, in place."""
    with torch.no_grad():
        network.head.weight.mul_(share)
        network.head.bias.mul_(share)


def gate_notes(gate: Gate) -> list[str]:
    """Return what became of the correction, if not all of it was kept."""
    if gate.share > 0.99 or gate.noise == 0:
        return []
    gain, noise = f"{gate.gain:.1%}", f"{gate.noise:.1%}"
    if not np.isfinite(gate.noise):
        noise = "unknown: one forecast alone does not overlap"
    if gate.gain <= 0:
        return []
    if gate.share == 0:
        return [
            f"the network's correction lowers the validation error by {gain}, no more "
            f"than its standard error ({noise}): it is left out"
        ]
    return [
        f"{gate.share:.0%} of the network's correction is kept: it lowers the "
        f"validation error by {gain} ± {noise}"
    ]

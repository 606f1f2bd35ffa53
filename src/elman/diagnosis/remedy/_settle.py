"""Learning rate and clipping threshold, settled by steps on a copy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from elman.diagnosis._results import Remedy
from elman.diagnosis._thresholds import (
    EXPLODED,
    JUMPED,
    LARGE_STEP,
    REWRITTEN,
    RISEN,
    STEADY,
)
from elman.diagnosis.judge._judge import growth
from elman.diagnosis.measure._measure import Loss, measure
from elman.diagnosis.measure._order import steadiness
from elman.diagnosis.measure._trial import Optimiser, Trial, trial
from elman.diagnosis.open._call_model import Forward

FACTORS = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
"""Of the learning rate given, from above."""

FEWEST_NORMS = 8
"""Gradients that make a 90th percentile."""


@dataclass(frozen=True)
class Settled:
    """What to set in the training, and what was measured for it.

    Parameters
    ----------
    configuration : dict
    remedies : list of Remedy
    factor : float
        Of the learning rate given, the largest that the model stands; 0 if none.
    """

    configuration: dict[str, Any] = field(default_factory=dict)
    remedies: list[Remedy] = field(default_factory=list)
    factor: float = 1.0


def settle(
    model: nn.Module,
    data: Sequence[tuple[Any, Any]],
    loss: Loss,
    optimizer: Optimiser,
    clip_norm: float | None,
    needed: int,
    *,
    max_lag: int | None = None,
    forward: Forward | None = None,
    above: float = 0.0,
    apart: int = 1,
) -> Settled:
    """Find the longest steps after which the model is still sound.

    From the learning rate given downwards, the first is taken with which a few
    steps on a copy neither rewrite the weights nor raise the loss nor make the
    gradient explode within the needed lag.

    Parameters
    ----------
    model : Module
        Left untouched.
    data : sequence of (inputs, targets)
        Stepped on in turn; the first is measured.
    loss, optimizer, clip_norm, needed, max_lag, forward
        As for `prescribe`.
    above : float
        Only factors above this are tried.
    apart : int
        Where steps have to be told apart, one step must leave the gradient at the need
        in its direction.

    Returns
    -------
    Settled
    """
    from ._prescribe import maker

    make = maker(optimizer)
    first: tuple[Trial, float] | None = None
    for factor in (f for f in FACTORS if f > above):
        seen, twin = trial(
            model,
            data,
            loss,
            make,
            clip_norm=clip_norm,
            factor=factor,
            forward=forward,
        )
        largest = _growth(twin, data[0], loss, needed, max_lag, forward)
        first = first or (seen, largest)
        sound = _sound(seen, largest)
        if sound and apart > 1:
            _, moved = trial(
                model, data, loss, make, clip_norm=clip_norm, steps=1, factor=factor,
                forward=forward,
            )  # fmt: skip
            sound = steadiness(model, moved, data[0][0], needed, forward) >= STEADY
        if sound:
            break
    else:
        return Settled(factor=0.0)
    if first is None:
        raise AssertionError("there is at least one factor")
    configuration: dict[str, Any] = {}
    remedies = []
    if factor != 1.0:
        configuration["learning_rate"] = seen.learning_rate
        remedies.append(
            Remedy(
                "learning rate",
                math.nan,
                math.nan,
                "",
                0.0,
                f"learning_rate={seen.learning_rate:g}",
                "learning rate",
                {"learning_rate": seen.learning_rate},
                "loss after the trial steps over before",
                first[0].risen,
                seen.risen,
            )
        )
    clipping = _clipping(seen.norms) if clip_norm is None else None
    if clipping is not None:
        configuration |= clipping.settings
        remedies.append(clipping)
    return Settled(configuration, remedies, factor)


def _clipping(norms: Sequence[float]) -> Remedy | None:
    """Clip at the 90th percentile of the norms, if there are enough to have one."""
    finite = [n for n in norms if math.isfinite(n)]
    if len(finite) < FEWEST_NORMS or not max(finite) > 0:
        return None
    middle = float(np.median(finite))
    at = float(f"{np.quantile(finite, 0.9):.2g}")
    return Remedy(
        "clipping",
        math.nan,
        math.nan,
        "",
        0.0,
        f"torch.nn.utils.clip_grad_norm_(model.parameters(), {at:g})",
        "clipping",
        {"clip_norm": at},
        "longest gradient over the median",
        max(finite) / max(middle, 1e-30),
        min(max(finite), at) / max(middle, 1e-30),
    )


def _sound(seen: Trial, largest: float) -> bool:
    if not seen.longest <= REWRITTEN or not all(map(math.isfinite, seen.losses)):
        return False
    if seen.longest > LARGE_STEP and not seen.risen <= RISEN:
        return False
    return largest <= EXPLODED and seen.peak <= JUMPED


def _growth(
    twin: nn.Module,
    batch: tuple[Any, Any],
    loss: Loss,
    needed: int,
    max_lag: int | None,
    forward: Forward | None,
) -> float:
    if any(not bool(p.detach().isfinite().all()) for p in twin.parameters()):
        return math.inf
    after = measure(twin, *batch, loss, max_lag=max_lag, full=False, forward=forward)
    return max(growth(p, needed)[0] for p in after.profiles)

"""How far the gradient reaches after a few dozen steps of training on a copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from elman.diagnosis.open._call_model import Forward

from ._measure import Loss, measure
from ._trial import Optimiser, trial


def practised(
    model: nn.Module,
    data: Sequence[tuple[Any, Any]],
    loss: Loss,
    optimizer: Optimiser,
    steps: int,
    layer: str,
    *,
    clip_norm: float | None = None,
    max_lag: int | None = None,
    forward: Forward | None = None,
) -> list[tuple[int, float]]:
    """Return the horizon of a layer after half of some steps on a copy, and all.

    What arrives may be little and still say in which direction memory grows: a gate
    that begins to keep lengthens the reach, which lets more arrive.

    Parameters
    ----------
    model : Module
        Left untouched.
    data : sequence of (inputs, targets)
        Stepped on in turn; the first is measured.
    loss, optimizer, clip_norm, max_lag, forward
        As for `diagnose`.
    steps : int
    layer : str
        Its title in a profile.

    Returns
    -------
    list of (int, float)
        Steps and the horizon after them.
    """
    found = []
    for count in sorted({max(steps // 2, 1), steps}):
        _, twin = trial(
            model,
            data,
            loss,
            optimizer,
            clip_norm=clip_norm,
            steps=count,
            forward=forward,
        )
        seen = measure(
            twin, *data[0], loss, max_lag=max_lag, full=False, forward=forward
        )
        found.append((count, next(p.horizon for p in seen.profiles if p.name == layer)))
    return found

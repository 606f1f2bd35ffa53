"""One look at a model: run it opened, and measure every layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._behaviour import Behaviour, behaviour
from ._call_model import Forward, call, loss_of
from ._call_model import Loss as Loss
from ._gates import Saturation, saturation
from ._horizon import horizon_of, mean_curve
from ._lyapunov import Lyapunov, lyapunov
from ._preserve import unwrapped
from ._probe import opened
from ._profile import lag_curve, loss_profile
from ._results import LayerProfile
from ._rows import fewer_rows
from ._unroll import Track

NO_STEPS = np.zeros(0)


@dataclass(frozen=True)
class Measurement:
    """What one run of the model showed.

    Parameters
    ----------
    profiles, exponents, used, seen
        By layer and direction; all but the first empty when not asked for.
    lengths : list of int
        Steps of every row of the longest layer.
    loss : float
    rows : int
    """

    profiles: list[LayerProfile]
    exponents: list[Lyapunov]
    used: list[Saturation]
    seen: list[Behaviour]
    lengths: list[int]
    loss: float
    rows: int


def measure(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    max_lag: int | None = None,
    full: bool = True,
    forward: Forward | None = None,
) -> Measurement:
    """Run the model once and measure gradients, exponents and gates.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `diagnose`.
    max_lag : int, optional
        Longest lag of the lag curves.
    full : bool
        False for the lag curves alone.
    forward : callable, optional
        ``forward(model, inputs)``, for a call of another form.

    Returns
    -------
    Measurement
    """
    model = unwrapped(model)
    for some_inputs, some_targets, kept in fewer_rows(model, inputs, targets):
        with opened(model) as tracks:
            value = loss_of(loss, call(model, some_inputs, forward), some_targets)
            tracks = _longest(tracks)
            # Whether the first axis was the batch, only the layers can tell.
            if kept and any(len(t.lengths) != kept for t in tracks):
                continue
            return _measured(tracks, value, max_lag, full)
    raise InputError("model: no recurrent layer ran on these inputs")


def _measured(
    tracks: list[Track], value: Tensor, max_lag: int | None, full: bool
) -> Measurement:
    profiles: list[LayerProfile] = []
    exponents: list[Lyapunov] = []
    used: list[Saturation] = []
    seen: list[Behaviour] = []
    generator = torch.Generator().manual_seed(0)
    for track in tracks:
        curves = lag_curve(track, generator, max_lag)
        curve, reach = mean_curve(curves), horizon_of(curves)
        by_step, connected = loss_profile(track, value) if full else (NO_STEPS, True)
        profiles.append(
            LayerProfile(
                track.title,
                track.cell.kind,
                int(track.lengths.max()) if len(track.lengths) else 0,
                list(range(len(curve))),
                [float(v) for v in curve],
                list(range(len(by_step))),
                by_step.tolist(),
                reach.steps,
                reach.error,
                reach.beyond_window,
                reach.capped,
                reach.rate,
                connected,
            )
        )
        if full:
            exponent = lyapunov(track)
            exponents += [] if exponent is None else [exponent]
            used.append(saturation(track))
            seen.append(behaviour(track))
    longest = max(tracks, key=lambda t: int(t.lengths.max()))
    return Measurement(
        profiles,
        exponents,
        used,
        seen,
        [int(n) for n in longest.lengths],
        float(value.detach()),
        len(longest.lengths),
    )


def _longest(tracks: list[Track]) -> list[Track]:
    """Keep one track of each layer and direction: the longest, the first of equals."""
    kept: dict[str, Track] = {}
    for track in tracks:
        if len(track.lengths) == 0:
            raise InputError("inputs: a batch of 0 rows; give at least one")
        old = kept.get(track.title)
        if old is None or len(track.states) > len(old.states):
            kept[track.title] = track
    if not kept:
        raise InputError(
            "model: its recurrent layers did not run on these inputs; diagnose needs "
            "a forward pass that calls them"
        )
    return list(kept.values())

"""One look at a model: run it opened, and measure every layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman._errors import InputError
from elman.diagnosis._results import LayerProfile
from elman.diagnosis.open._call_model import Forward, call, loss_of
from elman.diagnosis.open._call_model import Loss as Loss
from elman.diagnosis.open._preserve import unwrapped
from elman.diagnosis.open._probe import opened
from elman.diagnosis.open._rows import fewer_rows
from elman.diagnosis.open._unroll import Track, whole_lengths

from ._behaviour import Behaviour, behaviour
from ._finite import finite_rows, look_at_gradients
from ._gates import Saturation, saturation
from ._horizon import horizon_of, mean_curve
from ._lyapunov import Lyapunov, lyapunov
from ._order import told_apart
from ._profile import connections, lag_curve, loss_profile

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
    finite : bool
        Whether every state, adjoint and gradient of a weight is a finite number.
    arrives : bool
        Whether a gradient other than zero reaches a recurrent layer, or will once a
        weight that starts at zero has moved.
    """

    profiles: list[LayerProfile]
    exponents: list[Lyapunov]
    used: list[Saturation]
    seen: list[Behaviour]
    lengths: list[int]
    loss: float
    rows: int
    finite: bool = True
    arrives: bool = True


def measure(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    max_lag: int | None = None,
    full: bool = True,
    forward: Forward | None = None,
    far: tuple[int, int] | None = None,
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
    far : (int, int), optional
        The lag up to which to count the steps that are told apart, and of how many.

    Returns
    -------
    Measurement
    """
    model = unwrapped(model)
    for some_inputs, some_targets, kept in fewer_rows(model, inputs, targets):
        with opened(model) as ran:
            try:
                output = call(model, some_inputs, forward)
                value = loss_of(loss, output, some_targets)
            except (ValueError, RuntimeError, IndexError, TypeError):
                if kept:  # what the model keeps may have the rows of the whole batch
                    continue
                raise
            reached = connections(ran, value)
            tracks, heard = _longest(ran, reached)
            wholes = [whole_lengths(ran, track) for track in tracks]
            # Whether the first axis was the batch, only the layers can tell.
            if kept and any(len(t.lengths) != kept for t in tracks):
                continue
            if not full:
                return _measured(
                    tracks, value, max_lag, heard, wholes, full=False, far=far
                )
            weights = {n: p for n, p in model.named_parameters() if p.requires_grad}
            finite, moves = look_at_gradients(weights, value)
            return _measured(
                tracks,
                value,
                max_lag,
                heard,
                wholes,
                finite=finite,
                moves=moves,
                far=far,
            )
    raise InputError("model: no recurrent layer ran on these inputs")


def _measured(
    tracks: list[Track],
    value: Tensor,
    max_lag: int | None,
    reached: list[bool],
    wholes: list[Tensor],
    *,
    full: bool = True,
    finite: bool = True,
    moves: bool = False,
    far: tuple[int, int] | None = None,
) -> Measurement:
    profiles: list[LayerProfile] = []
    exponents: list[Lyapunov] = []
    used: list[Saturation] = []
    seen: list[Behaviour] = []
    generator = torch.Generator().manual_seed(0)
    arrives = not full
    for track, here, whole in zip(tracks, reached, wholes, strict=True):
        curves = lag_curve(track, generator, max_lag)
        sound = finite_rows(track)
        curves[~sound] = np.nan  # of what is no number, nothing can be said
        curve, reach = mean_curve(curves), horizon_of(curves)
        steps = int(track.lengths.max()) if len(track.lengths) else 0
        cut = int(whole.max()) if whole is not track.lengths else 0
        if cut and reach.steps > steps:  # nothing passes a detached state
            reach = replace(
                reach, steps=float(steps), error=0.0, beyond_window=False, capped=False
            )
        by_step = loss_profile(track, value)[0] if full else NO_STEPS
        known = by_step[~np.isnan(by_step)]
        finite = finite and bool(sound.all()) and bool(np.isfinite(known).all())
        arrives = arrives or bool((known > 0).any()) or (moves and here)
        profiles.append(
            LayerProfile(
                track.title,
                track.cell.kind,
                steps,
                list(range(len(curve))),
                [float(v) for v in curve],
                list(range(len(by_step))),
                by_step.tolist(),
                reach.steps,
                reach.error,
                reach.beyond_window,
                reach.capped,
                reach.rate,
                here,
                cut,
                math.nan if far is None else told_apart(track, *far),
            )
        )
        if full:
            exponent = lyapunov(track)
            exponents += [] if exponent is None else [exponent]
            used.append(saturation(track))
            seen.append(behaviour(track))
    longest = max(wholes, key=lambda lengths: int(lengths.max()))
    return Measurement(
        profiles,
        exponents,
        used,
        seen,
        [int(n) for n in longest],
        float(value.detach()),
        len(longest),
        finite,
        arrives,
    )


def _longest(
    tracks: list[Track], reached: list[tuple[bool, bool]]
) -> tuple[list[Track], list[bool]]:
    """Keep one track of each layer and direction, and whether the loss depends on it.

    One that it does depend on, if there is any; one that a gradient arrives in; the
    longest; the first of equals.
    """
    kept: dict[str, tuple[tuple[bool, bool, int], Track]] = {}
    for track, (heard, moved) in zip(tracks, reached, strict=True):
        if len(track.lengths) == 0:
            raise InputError("inputs: a batch of 0 rows; give at least one")
        old = kept.get(track.title)
        rank = heard, moved, len(track.states)
        if old is None or rank > old[0]:
            kept[track.title] = rank, track
    if not kept:
        raise InputError(
            "model: its recurrent layers did not run on these inputs; diagnose needs "
            "a forward pass that calls them"
        )
    return [t for _, t in kept.values()], [r[0] for r, _ in kept.values()]

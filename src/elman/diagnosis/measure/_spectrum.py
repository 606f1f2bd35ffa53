"""Singular values of one step: in how many directions a gradient survives it."""

from __future__ import annotations

import numpy as np
import torch

from elman.diagnosis.open._unroll import DoubleCells, Track

SHOWN = 65
"""Values kept; a spectrum is smooth."""

STEPS = 12
"""Steps of one row looked at, fewer where the state is wide."""

_WORK = 3e8  # cubes of the width that may be spent
_FLOOR = 1e-12


@torch.no_grad()
def singular_values(track: Track) -> list[float]:
    """Return the singular values of the one-step Jacobian, the largest first.

    σ_1 ≥ σ_2 ≥ … of J_t = ∂s_t/∂s_{t−1} by the equations and in double precision,
    geometric mean over evenly spread steps of the longest row. Of a wide state, evenly
    spread ranks.

    Parameters
    ----------
    track : Track
    """
    row = int(torch.argmax(track.lengths))
    steps, length = len(track.states), int(track.lengths[row])
    first = steps - length if track.reverse else 0
    width = sum(s.shape[-1] for s in track.start)
    count = int(min(STEPS, length, max(1, _WORK // max(width, 1) ** 3)))
    only = torch.tensor([row], device=track.lengths.device)
    cells = DoubleCells(track, only)
    eye = torch.eye(width, dtype=torch.float64, device=only.device)[None]
    logs = []
    for t in first + np.linspace(0, length - 1, count).round().astype(int):
        before = track.start if t == 0 else track.states[t - 1]
        state = tuple(s[only].detach().double() for s in before)
        cell = cells.at(t)
        a = cell.project(track.x[t][only].double())
        J = track.push(t, only, cell, a, state, eye)[0]
        found = torch.linalg.svdvals(torch.nan_to_num(J))
        logs.append(found.clamp(min=_FLOOR).log())
    mean = torch.stack(logs).mean(0).exp()
    kept = np.linspace(0, width - 1, min(width, SHOWN)).round().astype(int)
    return [float(mean[i]) for i in kept]

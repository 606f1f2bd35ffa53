"""Singular values of one step: in how many directions a gradient survives it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from elman.diagnosis.open._unroll import DoubleCells, Track

from ._loop import jacobians_of_loop

SHOWN = 65
"""Values kept; a spectrum is smooth."""

STEPS = 12
"""Steps of one row looked at, fewer where the state is wide."""

PAIRS = 64
"""Steps of rows that a mean Jacobian is taken over, fewer where the state is wide."""

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
    at = first + np.linspace(0, length - 1, count).round().astype(int)
    if track.open_loop:
        found = torch.stack([_jacobian(track, int(t), row) for t in at])
    else:
        found = jacobians_of_loop(track, row, [int(t) for t in at])
    logs = torch.linalg.svdvals(torch.nan_to_num(found)).clamp(min=_FLOOR).log()
    mean = logs.mean(0).exp()
    kept = np.linspace(0, width - 1, min(width, SHOWN)).round().astype(int)
    return [float(mean[i]) for i in kept]


@torch.no_grad()
def mean_jacobian(track: Track, alive: Tensor) -> Tensor:
    """Return the mean of J_t over evenly spread steps of evenly spread rows, (n, n).

    Parameters
    ----------
    track : Track
    alive : Tensor of bool (T, B)
    """
    pairs = alive.nonzero().tolist()
    width = sum(s.shape[-1] for s in track.start)
    count = int(min(PAIRS, len(pairs), max(4, _WORK // max(width, 1) ** 3)))
    chosen = np.linspace(0, len(pairs) - 1, count).round().astype(int)
    if track.open_loop:
        found = [_jacobian(track, *pairs[i]) for i in chosen]
    else:
        at = {int(pairs[i][0]) for i in chosen}
        found = list(jacobians_of_loop(track, int(pairs[-1][1]), sorted(at)))
    return torch.stack(found).mean(0)


def _jacobian(track: Track, t: int, row: int) -> Tensor:
    """Return J_t of one row by the cell's equations, (n, n)."""
    only = torch.tensor([row], device=track.lengths.device)
    cell = DoubleCells(track, only).at(t)
    state = tuple(s[only].double() for s in track.state_before(t))
    width = sum(s.shape[-1] for s in state)
    eye = torch.eye(width, dtype=torch.float64, device=only.device)[None]
    a = cell.project(track.x[t][only].double())
    return track.push(t, only, cell, a, state, eye)[0]

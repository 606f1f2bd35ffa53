"""What a track's steps say one by one: which rows are alive, gates, slopes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from elman.diagnosis.open._cells import Cell, States
from elman.diagnosis.open._unroll import Track


def alive_of(track: Track) -> Tensor:
    """Return which rows have which steps, (T, B), in the order of the track."""
    steps = torch.arange(len(track.states), device=track.lengths.device)
    if track.reverse:
        return steps[:, None] >= len(track.states) - track.lengths
    return steps[:, None] < track.lengths


def gate_values(track: Track, name: str) -> Tensor:
    """Return a gate's values at all steps, (T, B, H)."""
    place = track.cell.gates.index(name)
    return torch.stack([gates[place] for gates in track.gates])


def slopes(track: Track) -> Tensor:
    """Return φ' at all steps, (T, B, H), where all of the state goes through φ."""
    return torch.stack(
        [cell.slope(cell.project(x), state) for cell, x, state in _steps(track)]
    )


def own_past(track: Track, alive: Tensor) -> Tensor:
    """Return the mean over steps and rows of each unit's own part of the Jacobian.

    Parameters
    ----------
    track : Track
    alive : Tensor of bool (T, B)

    Returns
    -------
    Tensor (H, N, N)
    """
    total = torch.zeros((), dtype=torch.float64)
    for here, (cell, x, state) in zip(alive, _steps(track), strict=True):
        block = cell.own_past(cell.project(x), state)[here]
        total = total.to(block.device) + block.double().sum(0)
    return total / alive.sum()


def held_back(track: Track, state: int, alive: Tensor) -> Tensor | float:
    """Return the share of its old value that zoneout leaves a state, (H,), or 0.

    Parameters
    ----------
    track : Track
    state : int
        Which of them.
    alive : Tensor of bool (T, B)
    """
    total: Tensor | float = 0.0
    for here, stays in zip(alive, track.stays, strict=True):
        share = stays[state]
        if isinstance(share, Tensor):
            total = total + share[here].double().sum(0)
        elif share is not None:
            total = total + share * here.double().sum()
    return total / alive.sum()


def _steps(track: Track) -> Iterator[tuple[Cell, Tensor, States]]:
    """Yield the cell, the input and the state before each step."""
    for t, (cell, x) in enumerate(zip(track.cells, track.x, strict=True)):
        yield cell, x, track.state_before(t)

"""One step of a loop around a cell: what the model does to the state is part of it."""

from __future__ import annotations

import torch
from torch import Tensor

from elman.diagnosis.open._unroll import Track

LAST = 100
"""Steps looked at of a longer track: each is a few backward passes of its own."""

_PASSES = 2000  # backward passes that one spectrum may take


def pulled(track: Track, t: int, Q: Tensor) -> Tensor:
    """Return J_tᵀ Q, J_t = ∂s_t/∂s_{t−1} as the graph of the model has it.

    Parameters
    ----------
    track : Track
    t : int
        A step that has one before it.
    Q : Tensor (B, n, m)

    Returns
    -------
    Tensor (B, n, m)
    """
    after, before = track.states[t], track.states[t - 1]
    widths = [s.shape[-1] for s in before]
    columns = []
    for column in Q.unbind(-1):
        along = [
            part.to(s) for part, s in zip(column.split(widths, 1), after, strict=True)
        ]
        found = torch.autograd.grad(
            after, before, along, retain_graph=True, allow_unused=True
        )
        parts = [
            torch.zeros_like(s) if g is None else g
            for g, s in zip(found, before, strict=True)
        ]
        columns.append(torch.cat(parts, -1).double())
    return torch.stack(columns, -1)


def growths_of_loop(track: Track, rows: Tensor, Q: Tensor) -> Tensor:
    """Return ln |R_ii| of every step, (T, rows, m), the last step first.

    (Q_{t−1}, R_t) = qr(J_tᵀ Q_t): the singular values of a product and of its transpose
    are the same, and a graph is only walked backwards.

    Parameters
    ----------
    track : Track
    rows : Tensor of int64
    Q : Tensor (n, m)
        Directions to begin with.
    """
    B = len(track.lengths)
    Q = Q.expand(B, *Q.shape)
    logs = []
    last = len(track.states) - 1
    for t in range(last, max(0, last - LAST), -1):
        Q, R = torch.linalg.qr(torch.nan_to_num(pulled(track, t, Q)))
        logs.append(R.diagonal(dim1=-2, dim2=-1).abs().log()[rows])
    return torch.stack(logs)


def jacobians_of_loop(track: Track, row: int, at: list[int]) -> Tensor:
    """Return J_t of one row at some steps, (steps, n, n); fewer of a wide state.

    Parameters
    ----------
    track : Track
    row : int
    at : list of int
        Steps, of which the first has none before it.
    """
    width = sum(s.shape[-1] for s in track.start)
    steps = [t for t in at if t > 0] or [len(track.states) - 1]
    steps = steps[:: -(-len(steps) * width // _PASSES) or 1]
    eye = torch.eye(width, dtype=torch.float64, device=track.start[0].device)
    eye = eye.expand(len(track.lengths), width, width)
    return torch.stack([pulled(track, t, eye)[row].T for t in steps])

"""Leading Lyapunov exponents of the input-driven state, by QR."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from elman.diagnosis.open._unroll import DoubleCells, Track

from ._loop import growths_of_loop
from ._spectrum import singular_values

ROWS = 8
"""Rows followed: enough for a standard error, cheap enough for every model."""

FLOOR = -50.0
"""ln |R_ii| of one step is counted as no less: a dead direction has −∞."""


@dataclass(frozen=True)
class Lyapunov:
    """How fast small differences of the state grow per step, leading directions.

    Parameters
    ----------
    name : str
        The layer measured.
    exponents : list of float
        λ_1, λ_2, … in the order the QR finds them, per step; below zero the state
        forgets, above zero it is chaotic. The memory lasts about 1/|λ_1| steps.
    errors : list of float
        Their standard errors over rows, or over blocks of time for one row.
    steps, warm_up : int
        Steps averaged, and steps run before to turn the directions.
    singular_values : list of float
        Of the one-step Jacobian, the largest first, typical of a step; of more than
        65, evenly spread ones.
    """

    name: str
    exponents: list[float]
    errors: list[float]
    steps: int
    warm_up: int
    singular_values: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the leading exponent with its error, rounded up to 0.001."""
        return f"{self.exponents[0]:+.3f} ± {max(self.errors[0], 0.001):.3f}"


@torch.no_grad()
def lyapunov(track: Track, count: int = 4) -> Lyapunov | None:
    """Measure the leading Lyapunov exponents along the states of a track.

    (Q_t, R_t) = qr(J_t Q_{t−1}), λ_i = mean over t of ln |R_t,ii|, in double
    precision, with the Jacobian J_t of the step the track took, by its equations.
    A fifth of the steps, at most 100, turn Q first and do not count. Where the model
    changes the state between two calls of the layer, or makes the input from it, J_t is
    that of the whole loop, from the graph, and the product is taken from its end.

    Parameters
    ----------
    track : Track
    count : int
        Exponents wanted, at most the width of the state.

    Returns
    -------
    Lyapunov or None
        None where no row is longer than the warm-up.

    References
    ----------
    Engelken, Wolf and Abbott, "Lyapunov spectra of chaotic recurrent neural
    networks", 2020; Vogt, Puelma Touzel, Shlizerman and Lajoie, 2020.
    """
    rows = torch.argsort(track.lengths, descending=True, stable=True)[:ROWS]
    lengths = track.lengths[rows]
    steps = int(lengths.max())
    warm_up = min(steps // 5, 100)
    if steps - warm_up < 1:
        return None
    width = sum(s.shape[-1] for s in track.start)
    generator = torch.Generator().manual_seed(0)
    Q = torch.randn(width, min(count, width), generator=generator, dtype=torch.float64)
    Q = torch.linalg.qr(Q.to(track.start[0].device)).Q
    if track.open_loop:
        growths = _growths(track, rows, lengths, Q, warm_up, generator)
    else:
        growths = growths_of_loop(track, rows, Q).clamp(min=FLOOR)
        warm_up = min(len(growths) // 5, 100)
        growths, steps = growths[warm_up:], len(growths)
    enough = (~growths[..., 0].isnan()).sum(0) > 0
    means = growths[:, enough].nanmean(0)
    exponents = means.mean(0)
    if len(means) > 1:
        errors = means.std(0) / math.sqrt(len(means))
    else:
        one = growths[:, enough][:, 0]
        one = one[~one[:, 0].isnan()]
        blocks = torch.stack([b.mean(0) for b in one.tensor_split(min(8, len(one)))])
        errors = blocks.std(0, correction=min(1, len(blocks) - 1)) / math.sqrt(
            len(blocks)
        )
    return Lyapunov(
        track.title,
        exponents.tolist(),
        errors.tolist(),
        steps - warm_up,
        warm_up,
        singular_values(track),
    )


def _growths(
    track: Track,
    rows: Tensor,
    lengths: Tensor,
    Q: Tensor,
    warm_up: int,
    generator: torch.Generator,
) -> Tensor:
    """Return ln |R_ii| of every step by the cell's equations, (T, rows, m).

    NaN where a row has no such step, or still turns the directions.
    """
    cells = DoubleCells(track, rows)
    Q = Q.expand(len(rows), *Q.shape)
    logs = []
    # In reverse, a shorter row waits at its initial state until its last step.
    first = len(track.states) - lengths if track.reverse else torch.zeros_like(lengths)
    for t, x in enumerate(track.x):
        alive = (t >= first) & (t < first + lengths)
        cell = cells.at(t)
        state = tuple(s[rows].double() for s in track.state_before(t))
        J_Q = track.push(t, rows, cell, cell.project(x[rows].double()), state, Q)
        turned, R = torch.linalg.qr(torch.nan_to_num(J_Q))
        turned = _drawn_anew(J_Q, turned, R, generator)
        growth = R.diagonal(dim1=-2, dim2=-1).abs().log().clamp(min=FLOOR)
        counts = alive & (t >= first + warm_up)
        logs.append(torch.where(counts[:, None], growth, torch.nan))
        Q = torch.where(alive[:, None, None], turned, Q)
    return torch.stack(logs)


def _drawn_anew(J_Q: Tensor, turned: Tensor, R: Tensor, generator: Any) -> Tensor:
    """Return the directions, drawn anew where a step took all of one.

    What the decomposition puts there is an axis, and where units see nothing of each
    other it would stay that one unit's for ever.
    """
    gone = R.diagonal(dim1=-2, dim2=-1) == 0
    if not bool(gone.any()):
        return turned
    drawn = torch.randn(J_Q.shape, generator=generator, dtype=J_Q.dtype)
    return torch.linalg.qr(torch.where(gone[:, None], drawn.to(J_Q), turned)).Q

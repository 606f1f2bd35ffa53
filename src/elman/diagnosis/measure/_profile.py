"""Adjoints ‖∂L/∂s_t‖ of every step, and the lag curve of a loss at the end."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.diagnosis.open._unroll import Track

Array = NDArray[np.float64]

DRAWS = 16
"""Random cotangents drawn in all: rows times backward passes, at least."""


def adjoints(track: Track, loss: Tensor) -> tuple[Tensor, Tensor | None, bool]:
    """Gradient of a scalar with respect to every state of a track.

    Parameters
    ----------
    track : Track
    loss : Tensor ()
        Any scalar of the same graph.

    Returns
    -------
    h : Tensor (T, B, P)
        ∂L/∂h_t, the whole of it: through the output and through time, in the
        order of the track. Zero where the loss does not depend on it. Where a
        row has ended, that of its last state.
    c : Tensor (T, B, ·) or None
        That of the further states side by side with h_t held, ∂L/∂c_t of an LSTM: h
        and c are the coordinates of its state. None where h is all.
    connected : bool
        Whether the graph leads from the loss to any of these states at all. A head
        that starts at zero is connected, and its gradient is zero.
    """
    parts = list(zip(*track.states, strict=True))
    flat = [s for part in parts for s in part]
    found: tuple[Tensor | None, ...] = (None,) * len(flat)
    if loss.requires_grad and all(s.requires_grad for s in flat):
        found = torch.autograd.grad(loss, flat, retain_graph=True, allow_unused=True)
    grads = [
        torch.zeros_like(s) if g is None else g
        for s, g in zip(flat, found, strict=True)
    ]
    connected = any(g is not None for g in found)
    steps = len(track.states)
    h = torch.stack(grads[:steps])
    others = [
        torch.stack(grads[first : first + steps])
        for first in range(steps, len(grads), steps)
    ]
    c = torch.cat(others, -1) if others else None
    return h, c, connected


def connections(tracks: list[Track], loss: Tensor) -> list[tuple[bool, bool]]:
    """Return for each track whether the graph leads from a loss to its states.

    And, second, whether the gradient there is anything but zero.
    """
    states = [[s[0] for s in track.states] for track in tracks]
    flat = [s for of in states for s in of if s.requires_grad]  # else under no_grad
    found: tuple[Tensor | None, ...] = (None,) * len(flat)
    if loss.requires_grad and flat:
        found = torch.autograd.grad(loss, flat, retain_graph=True, allow_unused=True)
    by_node = {id(s): g for s, g in zip(flat, found, strict=True) if g is not None}
    reached = []
    for of in states:
        grads = [by_node[id(s)] for s in of if id(s) in by_node]
        reached.append((bool(grads), any(bool(g.any()) for g in grads)))
    return reached


def loss_profile(track: Track, loss: Tensor) -> tuple[Array, bool]:
    """‖∂L/∂h_t‖ of the user's loss at every time step, mean over the rows alive.

    Returns
    -------
    norm : array (T,)
        In the order of time, NaN where no row is that long.
    connected : bool
        As for `adjoints`.
    """
    h, _, connected = adjoints(track, loss)
    norms = _norm(h)
    if track.reverse:
        norms = norms.flip(0)
    rows = norms.double().cpu().numpy()
    ended = np.arange(len(rows))[:, None] >= track.lengths.cpu().numpy()
    rows[ended] = np.nan
    return _row_mean(rows), connected


def lag_curve(
    track: Track, generator: torch.Generator, max_lag: int | None = None
) -> Array:
    """How much of a gradient at a row's last step arrives k steps earlier.

    A(k) = ‖∂ℓ/∂s_{T−k}‖ with ℓ = ⟨u, h_T⟩, u a random direction of length 1, T the
    row's last step in the order of the track (the first in time for a reverse
    direction), and s all states: h, or (h, c) for an LSTM, whose memory lives in
    c. It looks at the layer alone, from its own last output, whatever the loss;
    only what the model feeds back (a decoder's own output) is seen as well.

    Parameters
    ----------
    track : Track
    generator : Generator
        For u, on the CPU.
    max_lag : int, optional
        Longest lag.

    Returns
    -------
    array (B, K + 1)
        A of each row over the lags, mean of the draws; NaN beyond its length.
    """
    last = track.states[-1][0]
    rows = last.shape[0]
    draws = max(1, -(-DRAWS // max(rows, 1)))
    total: Array | None = None
    for _ in range(draws):
        u = torch.randn(last.shape, generator=generator, dtype=torch.float64)
        u = u / u.norm(dim=-1, keepdim=True)
        h, c, _ = adjoints(track, (last * u.to(last)).sum())
        squares = _norm(h) ** 2
        if c is not None:
            squares = squares + _norm(c) ** 2
        norms = squares.sqrt().cpu().numpy()
        total = norms if total is None else total + norms
    if total is None:
        raise AssertionError("draws is at least one")
    return _by_lag(total / draws, track, max_lag)


def _by_lag(norms: Array, track: Track, max_lag: int | None) -> Array:
    """Rearrange (T, B) in the order of the track to (B, K + 1) by lag."""
    steps = len(norms)
    reach = steps if max_lag is None else min(steps, max_lag + 1)
    lengths = track.lengths.cpu().numpy()
    lag = np.arange(reach)
    # Forward, a row ends at its length; in reverse every row ends at the end.
    end = np.full(len(lengths), steps) if track.reverse else lengths
    place = end[:, None] - 1 - lag
    curve = norms[np.clip(place, 0, None), np.arange(len(lengths))[:, None]]
    return np.where(lag < lengths[:, None], curve, np.nan)


def _norm(x: Tensor) -> Tensor:
    """Norm over the units; infinite where the gradient is no number."""
    norm = x.detach().double().norm(dim=-1)
    return torch.where(norm.isnan(), torch.inf, norm)


def _row_mean(rows: Array) -> Array:
    alive = ~np.isnan(rows)
    count = alive.sum(1)
    total = np.where(alive, rows, 0.0).sum(1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)

"""∂L/∂h_t from torch's fused operators, which do not hand it out.

With a further input ε_t of width G·H, fixed at zero and with the identity as its
weight, the gates' pre-activations become a_t + ε_t, so that ∂L/∂ε_t is their own
gradient g_t, from the fused backward. With δ_t = ∂L/∂h_t and d_t what enters at the
output,

    RNN, LSTM   δ_{t−1} = d_{t−1} + W_hhᵀ g_t
    GRU         δ_{t−1} = d_{t−1} + W_hrᵀ g_r + W_hzᵀ g_z + W_hnᵀ (r ∘ g_n) + z ∘ δ_t
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from ._call import Call


def widened(call: Call) -> tuple[Call, Tensor]:
    """Return a call that computes the same, and its further input ε, (T, B, G·H)."""
    w = call.weights
    width = w.w_ih.shape[0]
    eye = torch.eye(width, dtype=w.w_ih.dtype, device=w.w_ih.device)
    zeros = call.x.new_zeros(*call.x.shape[:2], width, requires_grad=True)
    wide = call._replace(
        x=torch.cat([call.x, zeros], -1),
        weights=w._replace(w_ih=torch.cat([w.w_ih, eye], 1)),
    )
    return wide, zeros


@torch.no_grad()
def step_norms(call: Call, y: Tensor, g: Tensor, dy: Tensor, dh_n: Tensor) -> Tensor:
    """Return ‖∂L/∂h_t‖, (T, B), zero beyond a row's length.

    Parameters
    ----------
    call : Call
        Before it was widened.
    y : Tensor, (T, B, P)
        What it returned.
    g : Tensor, (T, B, G·H)
        ∂L/∂ε.
    dy, dh_n : Tensor, (T, B, P) and (B, P)
        What enters at the output and at the last state.
    """
    return torch.linalg.vector_norm(_adjoints(call, y, g, dy, dh_n), dim=-1)


def _adjoints(call: Call, y: Tensor, g: Tensor, dy: Tensor, dh_n: Tensor) -> Tensor:
    """Return δ, (T, B, P), in the order of time."""
    steps, rows = y.shape[:2]
    lengths = y.new_full((rows,), steps, dtype=torch.int64)
    if call.lengths is not None:
        lengths = call.lengths.to(y.device)
    time = torch.arange(steps, device=y.device)[:, None]
    alive = (time < lengths).unsqueeze(-1)
    last = torch.zeros_like(lengths) if call.reverse else lengths - 1
    at_last = ((time == last) & (lengths > 0)).unsqueeze(-1)
    direct = torch.where(alive, dy, 0.0) + torch.where(at_last, dh_n, 0.0)
    if call.cell != "gru":
        return direct + torch.where(alive, _next(g @ call.weights.w_hh, call), 0.0)
    r, z = _gates(call, y, lengths)
    g_r, g_z, g_n = g.chunk(3, -1)
    arriving = torch.cat([g_r, g_z, r * g_n], -1) @ call.weights.w_hh
    # Beyond a row's end nothing arrives, and z ∘ δ must not either.
    arriving, z = (torch.where(alive, v, 0.0) for v in (arriving, z))
    delta = direct
    order = range(steps) if call.reverse else range(steps - 1, -1, -1)
    carried = torch.zeros_like(direct[0])
    for t in order:
        delta[t] = delta[t] + torch.where(alive[t], carried, 0.0)
        carried = arriving[t] + z[t] * delta[t]
    return delta


def _next(values: Tensor, call: Call) -> Tensor:
    """Return at each step what belongs to the step the call runs after it."""
    zero = torch.zeros_like(values[:1])
    parts = [zero, values[:-1]] if call.reverse else [values[1:], zero]
    return torch.cat(parts)


def _gates(call: Call, y: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return r and z of every step of a GRU, from the states it left."""
    start = call.state[0].detach().expand(1, *y.shape[1:])
    if call.reverse:
        before = torch.cat([y[1:], start])
        time = torch.arange(len(y), device=y.device)[:, None]
        before = torch.where((time == lengths - 1).unsqueeze(-1), start, before)
    else:
        before = torch.cat([start, y[:-1]])
    w = call.weights
    a = linear(call.x.detach(), w.w_ih, w.b_ih) + linear(before, w.w_hh, w.b_hh)
    r, z, _ = a.chunk(3, -1)
    return torch.sigmoid(r), torch.sigmoid(z)

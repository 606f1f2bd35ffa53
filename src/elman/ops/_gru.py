"""The gated recurrent unit: Cho et al. 2014, in both its forms."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from ._asked_once import exporting
from ._call import Call, Weights
from ._composite import Cell, States, register_cell
from ._paths import run


def gru(
    x: Tensor,
    h_0: Tensor,
    weights: Weights,
    *,
    reset_after: bool = True,
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run a gated recurrent layer in one direction.

    ::

        r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)
        z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t ∘ (W_hn h_{t−1} + b_hn))    reset_after
        n_t = tanh(W_in x_t + b_in + W_hn (r_t ∘ h_{t−1}) + b_hn)    otherwise
        h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}

    Parameters
    ----------
    x : Tensor, (T, B, I)
    h_0 : Tensor, (B, H)
    weights : Weights
        Gates in the order r|z|n.
    reset_after : bool
        Reset after the recurrent product (cuDNN, torch) or before it (the paper).
    lengths : Tensor of int64, (B,), optional
        Steps of each row, 0 to T.
    reverse : bool
        Run each row from its last step to its first.

    Returns
    -------
    y : Tensor, (T, B, H)
        Every h_t; zero beyond a row's length.
    h_n : Tensor, (B, H)
        Each row's last h.
    """
    variant = "reset_after" if reset_after else "reset_before"
    if lengths is not None:
        lengths = lengths.clone()  # the caller may change theirs before backward
    result = run(Call("gru", variant, x, (h_0,), weights, lengths, reverse))
    return result.y, result.state[0]


def _cell(call: Call) -> Cell:
    build = _reset_after if call.variant == "reset_after" else _reset_before
    return build(call.weights)


def _reset_after(w: Weights) -> Cell:
    hidden = w.w_hh.shape[1]

    def step(
        a_x: Tensor, state: States, seen: Tensor
    ) -> tuple[States, tuple[Tensor, ...]]:
        (h,) = state
        x_rz, x_n = a_x.split([2 * hidden, hidden], -1)
        h_rz, h_n = linear(seen, w.w_hh, w.b_hh).split([2 * hidden, hidden], -1)
        r, z = torch.sigmoid(x_rz + h_rz).chunk(2, -1)
        n = torch.tanh(x_n + r * h_n)
        return (n + z * (h - n),), (r, z, n)

    return Cell(w.b_ih, step, gates=("r", "z", "n"))


def _reset_before(w: Weights) -> Cell:
    bias = None if w.b_ih is None or w.b_hh is None else w.b_ih + w.b_hh
    hidden = w.w_hh.shape[1]
    gates, candidate = w.w_hh.t().split([2 * hidden, hidden], 1)
    if exporting():  # a scan takes no two views of one tensor
        candidate = candidate.clone()

    def step(
        a_x: Tensor, state: States, seen: Tensor
    ) -> tuple[States, tuple[Tensor, ...]]:
        (h,) = state
        x_rz, x_n = a_x.split([2 * hidden, hidden], -1)
        r, z = torch.sigmoid(torch.addmm(x_rz, seen, gates)).chunk(2, -1)
        n = torch.tanh(torch.addmm(x_n, r * seen, candidate))
        return (n + z * (h - n),), (r, z, n)

    return Cell(bias, step, gates=("r", "z", "n"))


register_cell("gru", _cell)

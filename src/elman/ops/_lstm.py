"""Long short-term memory: Hochreiter and Schmidhuber 1997; Gers et al. 2000."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from ._call import Call, Weights
from ._composite import Cell, States, register_cell
from ._paths import run


def lstm(
    x: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Weights,
    *,
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run a long short-term memory layer in one direction.

    ::

        i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)
        f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)
        g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
        o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)
        c_t = f_t ∘ c_{t−1} + i_t ∘ g_t
        h_t = o_t ∘ tanh(c_t), or W_hr (o_t ∘ tanh(c_t)) with a projection

    Parameters
    ----------
    x : Tensor, (T, B, I)
    state : tuple of Tensor
        h_0, (B, H) or (B, P), and c_0, (B, H).
    weights : Weights
        Gates in the order i|f|g|o.
    lengths : Tensor of int64, (B,), optional
        Steps of each row, 0 to T.
    reverse : bool
        Run each row from its last step to its first.

    Returns
    -------
    y : Tensor, (T, B, H) or (T, B, P)
        Every h_t; zero beyond a row's length.
    state : tuple of Tensor
        Each row's last h and c.
    """
    variant = "plain" if weights.w_hr is None else "projected"
    if lengths is not None:
        lengths = lengths.clone()  # the caller may change theirs before backward
    result = run(Call("lstm", variant, x, tuple(state), weights, lengths, reverse))
    return result.y, (result.state[0], result.state[1])


def _cell(call: Call) -> Cell:
    w = call.weights
    bias = None if w.b_ih is None or w.b_hh is None else w.b_ih + w.b_hh
    recurrent = w.w_hh.t()
    hidden = w.w_hh.shape[0] // 4

    def step(
        a_x: Tensor, state: States, seen: Tensor
    ) -> tuple[States, tuple[Tensor, ...]]:
        c = state[1]
        a = torch.addmm(a_x, seen, recurrent)
        a_if, a_g, a_o = a.split([2 * hidden, hidden, hidden], -1)
        i, f = torch.sigmoid(a_if).chunk(2, -1)
        g, o = torch.tanh(a_g), torch.sigmoid(a_o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        if w.w_hr is not None:
            h = linear(h, w.w_hr)
        return (h, c), (i, f, g, o)

    return Cell(bias, step, gates=("i", "f", "g", "o"), states=("h", "c"))


register_cell("lstm", _cell)

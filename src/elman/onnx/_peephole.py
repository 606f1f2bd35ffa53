"""The LSTM whose gates see the cell: Gers and Schmidhuber 2000, as ONNX has it.

Torch has no such layer, so there is no fused path: plain operations, step by step.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.ops import Weights


def peephole_lstm(
    x: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Weights,
    peepholes: Tensor,
    lengths: Tensor | None,
    reverse: bool,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run one direction; axes and meaning as in `elman.ops.lstm`.

    ::

        i_t = σ(… + p_i ∘ c_{t−1})    f_t = σ(… + p_f ∘ c_{t−1})
        o_t = σ(… + p_o ∘ c_t)

    Parameters
    ----------
    peepholes : Tensor, (3·H,)
        p_i | p_o | p_f.
    """
    h, c = state
    p_i, p_o, p_f = peepholes.chunk(3)
    steps, rows = x.shape[:2]
    ends = torch.full((rows,), steps) if lengths is None else lengths
    alive = (torch.arange(steps)[:, None] < ends).unsqueeze(-1).to(x.device)
    products = linear(torch.where(alive, x, 0.0), weights.w_ih, weights.b_ih)
    outputs = []
    for t in reversed(range(steps)) if reverse else range(steps):
        a = products[t] + linear(h, weights.w_hh, weights.b_hh)
        a_i, a_f, a_g, a_o = a.chunk(4, -1)
        i, f = torch.sigmoid(a_i + p_i * c), torch.sigmoid(a_f + p_f * c)
        new_c = f * c + i * torch.tanh(a_g)
        new_h = torch.sigmoid(a_o + p_o * new_c) * torch.tanh(new_c)
        outputs.append(torch.where(alive[t], new_h, 0.0))
        h, c = torch.where(alive[t], new_h, h), torch.where(alive[t], new_c, c)
    if reverse:
        outputs.reverse()
    y = torch.stack(outputs) if outputs else x.new_zeros(0, rows, h.shape[-1])
    return y, (h, c)

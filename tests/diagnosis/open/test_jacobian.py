"""The Jacobian of one step equals automatic differentiation."""

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian

import elman
from elman.diagnosis.open._cells import cell_of
from elman.ops import NONLINEARITIES

I, H, B = 4, 7, 3
EPS = torch.finfo(torch.float64).eps

LAYERS = {
    **{n: lambda n=n: elman.RNN(I, H, nonlinearity=n) for n in NONLINEARITIES},
    "gru": lambda: nn.GRU(I, H),
    "gru reset before": lambda: elman.GRU(I, H, reset_after=False),
    "lstm": lambda: nn.LSTM(I, H),
    "lstm projected": lambda: nn.LSTM(I, H, proj_size=3),
    "no bias": lambda: nn.GRU(I, H, bias=False),
}


@pytest.mark.parametrize("name", LAYERS)
def test_jacobian_matches_autograd(name):
    layer = LAYERS[name]().double()
    cell = cell_of(layer, 0, False)
    widths = [layer.proj_size or H] + [H] * (layer.mode == "LSTM")
    state = torch.randn(B, sum(widths), dtype=torch.float64)
    x = torch.randn(B, I, dtype=torch.float64)

    def run(one, row):  # the layer itself makes the step
        parts = [s[None, None] for s in one.split(widths)]
        _, new = layer(x[row][None, None], tuple(parts) if len(parts) == 2 else one)
        return torch.cat([n.reshape(-1) for n in new])

    if len(widths) == 1:

        def run(one, row):
            return layer(x[row][None, None], one[None, None])[1].reshape(-1)

    want = torch.stack([jacobian(lambda s, b=b: run(s, b), state[b]) for b in range(B)])
    a, split = cell.project(x), tuple(state.split(widths, dim=1))
    got = cell.jacobian(a, split)
    # Sums of H + I terms through three products of gates.
    assert (got - want).abs().max() <= 16 * (H + I) * EPS
    Q = torch.randn(B, sum(widths), 2, dtype=torch.float64)
    assert (cell.push(a, split, Q) - want @ Q).abs().max() <= 64 * (H + I) * EPS

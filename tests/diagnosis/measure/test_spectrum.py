"""Singular values of one step and units' time scales, against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.diagnosis import diagnose
from tolerance import tolerance


class Sum(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.rnn = layer

    def forward(self, x):
        return self.rnn(x)[0][:, -1].sum(1)


def seen(layer, x):
    return diagnose(
        Sum(layer), x, torch.zeros(len(x)), nn.functional.mse_loss, remedies=False
    )


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_singular_values_are_those_of_the_jacobian_by_autograd(cell):
    torch.manual_seed(0)
    H, T = 5, 9
    layer = getattr(elman, cell)(3, H, batch_first=True).double()
    one = getattr(nn, f"{cell}Cell")(3, H).double()
    one.load_state_dict(
        {k.removesuffix("_l0"): v for k, v in layer.state_dict().items()}
    )
    x = torch.randn(1, T, 3, dtype=torch.float64)

    def step(state, x_t):
        parts = state.split(H)
        out = one(
            x_t[None], tuple(p[None] for p in parts) if cell == "LSTM" else state[None]
        )
        return torch.cat(out, 1)[0] if cell == "LSTM" else out[0]

    state = torch.zeros(2 * H if cell == "LSTM" else H, dtype=torch.float64)
    logs = []
    for t in range(T):
        J = torch.autograd.functional.jacobian(lambda s, t=t: step(s, x[0, t]), state)
        logs.append(torch.linalg.svdvals(J).clamp(min=1e-12).log())
        state = step(state, x[0, t]).detach()
    want = torch.stack(logs).mean(0).exp().numpy()
    found = np.array(seen(layer, x).lyapunov[0].singular_values)
    # A small singular value's relative error is that of the matrix, over it.
    np.testing.assert_allclose(
        found, want, rtol=0, atol=tolerance(torch.float64, H, T) * 1e3
    )


def test_an_orthogonal_linear_step_keeps_everything():
    layer = elman.RNN(2, 6, nonlinearity="relu", batch_first=True)
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.weight_hh_l0.copy_(0.9 * torch.eye(6))
        layer.bias_ih_l0.fill_(1.0)
    found = seen(layer, torch.randn(3, 40, 2)).lyapunov[0].singular_values
    np.testing.assert_allclose(found, 0.9, rtol=1e-6)


def test_time_scales_are_those_of_the_gates():
    """With no weights, a forget bias b keeps σ(b) a step."""
    layer = elman.LSTM(2, 4, batch_first=True)
    biases = torch.tensor([4.0, 0.0, 2.0, -1.0])
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.bias_ih_l0[4:8] = biases
    found = seen(layer, torch.randn(3, 20, 2)).saturation[0].time_scales
    want = (-1 / torch.sigmoid(biases.double()).log()).sort().values
    # A gate's rounding error counts against its distance from one.
    rtol = 2 * torch.finfo(torch.float32).eps / float(torch.sigmoid(-biases[0]))
    np.testing.assert_allclose(found, want, rtol=rtol)
    wide = elman.GRU(2, 200, batch_first=True)
    spread = seen(wide, torch.randn(3, 20, 2))
    assert len(spread.saturation[0].time_scales) == 65
    assert len(spread.lyapunov[0].singular_values) == 65

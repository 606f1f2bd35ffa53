"""Gradient flossing moves the leading exponents of every cell to zero."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import InputError
from elman.diagnosis import floss_, prescribe
from elman.diagnosis.measure._lyapunov import lyapunov
from elman.diagnosis.open._cells import cell_of
from elman.diagnosis.open._probe import opened
from elman.diagnosis.remedy._floss import exponents
from readout import Last


def spectrum(layer, x, count=4, track=-1):
    with torch.no_grad(), opened(layer) as tracks:
        layer(x)
    return torch.tensor(lyapunov(tracks[track], count).exponents)


LAYERS = {
    "tanh": lambda: nn.RNN(3, 24),
    "GRU": lambda: nn.GRU(3, 24),
    "GRU, reset before": lambda: elman.GRU(3, 24, reset_after=False),
    "LSTM": lambda: nn.LSTM(3, 16),
    "no bias": lambda: nn.RNN(3, 24, bias=False),
}


@pytest.mark.parametrize("name", LAYERS)
def test_exponents_move_to_zero_on_other_inputs_as_well(name):
    layer = LAYERS[name]()
    x, other = torch.randn(50, 4, 3), torch.randn(150, 4, 3)
    before = spectrum(layer, other)
    floss_(layer, x, count=4, steps=40, learning_rate=0.02, tolerance=0.02)
    after = spectrum(layer, other)
    assert before.abs().max() > 0.2
    assert after.abs().max() < 0.25 * before.abs().max()


def test_every_layer_and_direction_of_a_packed_batch():
    layer = nn.GRU(3, 8, num_layers=2, bidirectional=True, batch_first=True)
    rows = [torch.randn(n, 3) for n in (20, 30, 25, 22, 9)]
    x = nn.utils.rnn.pack_sequence(rows, enforce_sorted=False)
    before = [spectrum(layer, x, 2, track) for track in range(4)]
    floss_(layer, x, count=2, steps=25, learning_rate=0.03, tolerance=0.02)
    for track in range(4):
        after = spectrum(layer, x, 2, track)
        assert after.abs().max() < 0.6 * before[track].abs().max()


@pytest.mark.parametrize(
    "layer", [nn.RNN(2, 4), nn.GRU(2, 4), nn.LSTM(2, 3)], ids=lambda m: m.mode
)
def test_gradient_is_that_of_finite_differences(layer):
    cell = cell_of(layer).double()
    inputs = list(torch.randn(9, 2, 2, dtype=torch.float64))
    start = [torch.zeros(2, layer.hidden_size, dtype=torch.float64)]
    start *= 2 if layer.mode == "LSTM" else 1

    names = ("weight_hh", "bias_ih")

    def of(*weights):
        own = {**cell.weights, **dict(zip(names, weights, strict=True))}
        return exponents(replace(cell, weights=own), inputs, start, 2)

    weights = [cell.weights[name].requires_grad_() for name in names]
    assert torch.autograd.gradcheck(of, weights)


def test_never_worse_than_before():
    torch.manual_seed(1)
    layer = elman.init.orthogonal_(nn.RNN(3, 12))
    x = torch.randn(40, 4, 3)
    before = spectrum(layer, x).square().mean()
    floss_(layer, x, count=4, steps=3, learning_rate=10.0)  # leaps at random
    assert spectrum(layer, x).square().mean() <= 1.1 * before


def test_it_is_a_remedy_where_it_is_asked_for():
    model = Last(nn.RNN(3, 16, batch_first=True))
    x, y = torch.randn(8, 30, 3), torch.randn(8, 1)
    p = prescribe(model, x, y, mse_loss, 30, remedies=["flossing"])
    (remedy,) = p.remedies
    assert (remedy.name, remedy.kind) == ("flossing", "flossing")
    assert remedy.horizon_after > 2 * remedy.horizon_before
    assert p.best == "flossing"
    assert not torch.equal(p.model.rnn.weight_hh_l0, model.rnn.weight_hh_l0)
    unasked = prescribe(model, x, y, mse_loss, 30)
    assert "flossing" not in {r.name for r in unasked.remedies}


def test_wrong_arguments():
    with pytest.raises(InputError, match="got Linear"):
        floss_(nn.Linear(2, 2), torch.ones(9, 2, 2))
    with pytest.raises(InputError, match="have 3 steps"):
        floss_(nn.RNN(2, 4), torch.ones(3, 2, 2))
    with pytest.raises(InputError, match="count"):
        floss_(nn.RNN(2, 4), torch.ones(9, 2, 2), count=0)
    with pytest.raises(InputError, match="learning_rate"):
        floss_(nn.RNN(2, 4), torch.ones(9, 2, 2), learning_rate=-1.0)

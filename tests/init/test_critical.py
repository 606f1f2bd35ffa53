"""The critical gain: against linear theory, mean-field theory and the QR exponents."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import InputError, init
from elman.diagnosis import diagnose
from elman.init._exponent import InDoubles, leading_exponent

TOLERANCE = 0.002


def test_linear_network_is_scaled_to_spectral_radius_one():
    layer = elman.RNN(3, 24, nonlinearity="identity")
    before = layer.weight_hh_l0.detach().clone()
    radius = float(torch.linalg.eigvals(before).abs().max())
    init.critical_(layer, torch.randn(400, 4, 3), redraw=False)
    gain = float((layer.weight_hh_l0 / before).detach().median())
    # λ₁ of finite length differs from ln ρ by at most ln(condition)/steps.
    assert math.log(gain * radius) == pytest.approx(0.0, abs=0.02)


# Zero input and zero bias, orthogonal blocks: ρ = g for an RNN, ½ + g/4 for the gated
# cells (f = i = o = z = r = ½), so that the critical gain is 1 and 2.
@pytest.mark.parametrize("home", [nn, elman], ids=["torch", "elman"])
@pytest.mark.parametrize(("cell", "gain"), [("RNN", 1.0), ("GRU", 2.0), ("LSTM", 2.0)])
def test_gain_at_the_fixed_point_is_that_of_theory(home, cell, gain):
    layer = getattr(home, cell)(3, 48)
    init.critical_(layer, torch.zeros(300, 2, 3))
    block = layer.weight_hh_l0.detach()[:48]
    found = float(torch.linalg.matrix_norm(block, 2))
    assert found == pytest.approx(gain, rel=0.03)


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2, "bidirectional": True},
        {"batch_first": True, "bias": False},
    ],
    ids=["plain", "stacked", "batch first"],
)
def test_exponent_is_zero_afterwards(cell, options):
    layer = getattr(elman, cell)(3, 24, **options)
    x = torch.randn(120, 6, 3)
    given = x.transpose(0, 1) if layer.batch_first else x
    init.critical_(layer, given)
    exponent = leading_exponent(InDoubles(layer, 0, False), x.double())
    # Weights rounded to float32 move it by little.
    assert -2 * TOLERANCE <= exponent <= TOLERANCE


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("reverse", [False, True])
def test_exponent_agrees_with_the_qr_method(cell, reverse):
    layer = getattr(elman, cell)(3, 16, bidirectional=True, dtype=torch.float64)
    x = torch.randn(200, 4, 3, dtype=torch.float64)
    d = diagnose(layer, x, None, lambda y, _: y[0].sum(), remedies=False)
    other = d.lyapunov[int(reverse)]
    found = leading_exponent(InDoubles(layer, 0, reverse), x)
    # Each leaves out other steps: two standard errors and the end effects of QR.
    assert found == pytest.approx(other.exponents[0], abs=0.02 + 3 * other.errors[0])


def test_long_memory_and_packed_inputs():
    layer = elman.RNN(3, 32, batch_first=True)
    x = torch.randn(8, 100, 3)
    packed = pack_padded_sequence(x, [100] * 8, batch_first=True)
    torch.manual_seed(1)
    init.critical_(layer, packed)
    again = elman.RNN(3, 32, batch_first=True)
    again.load_state_dict({**layer.state_dict()})
    torch.manual_seed(1)
    init.critical_(again, x)
    assert torch.equal(layer.weight_hh_l0, again.weight_hh_l0)
    d = diagnose(layer, x, None, lambda y, _: y[0].sum(), remedies=False)
    assert d.horizon > 300


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (torch.zeros(9, 2, 4), {}, r"3 wide, got \(9, 2, 4\)"),
        ("x", {}, "got str"),
        (torch.zeros(3, 2, 3), {}, "2 rows of 3 steps"),
        (torch.full((9, 2, 3), torch.nan), {}, "not finite"),
        (torch.zeros(9, 2, 3), {"tolerance": 0}, "tolerance must be above 0"),
    ],
)
def test_wrong_input_is_one_line(x, options, words):
    with pytest.raises(InputError, match=words) as caught:
        init.critical_(elman.GRU(3, 8), x, **options)
    assert "\n" not in str(caught.value)


def test_inputs_that_drown_the_state():
    layer = elman.RNN(3, 16, nonlinearity="relu")
    layer.bias_ih_l0.data.fill_(-1.0)
    with pytest.raises(InputError, match="no recurrent gain"):
        init.critical_(layer, torch.zeros(60, 2, 3), redraw=False)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_layer_is_scaled_the_same_where_no_gradients_are_recorded(mode):
    x = torch.randn(40, 4, 3)
    plain = elman.GRU(3, 4)
    layer = copy.deepcopy(plain)
    torch.manual_seed(0)
    init.critical_(plain, x)
    torch.manual_seed(0)
    with mode():
        init.critical_(layer, x)
    assert torch.equal(layer.weight_hh_l0, plain.weight_hh_l0)

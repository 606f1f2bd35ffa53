"""Lyapunov exponents of maps whose exponents are known."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.diagnosis.measure._lyapunov import lyapunov
from elman.diagnosis.open._probe import opened

EPS = torch.finfo(torch.float64).eps


def spectrum(layer, x, count=4, **kwargs):
    with opened(layer) as tracks:
        layer(x, **kwargs)
    return lyapunov(tracks[-1], count)


def linear(width, weight):
    layer = elman.RNN(2, width, nonlinearity="identity").double()
    layer.weight_hh_l0.data = weight
    return layer


def orthogonal(width):
    return torch.linalg.qr(torch.randn(width, width, dtype=torch.float64)).Q


@pytest.mark.parametrize("gain", [1.0, 0.5, 1.05])
def test_scaled_orthogonal_map(gain):
    layer = linear(12, gain * orthogonal(12))
    found = spectrum(layer, torch.randn(60, 3, 2, dtype=torch.float64))
    assert found.exponents == pytest.approx([math.log(gain)] * 4, abs=60 * 12 * EPS)
    assert max(found.errors) < 60 * 12 * EPS


def test_diagonal_map_gives_its_logarithms_in_order():
    rates = torch.tensor([0.9, 0.7, 0.5, 0.2], dtype=torch.float64)
    layer = linear(4, torch.diag(rates[torch.tensor([2, 0, 3, 1])]))
    found = spectrum(layer, torch.randn(400, 2, 2, dtype=torch.float64))
    # After the warm-up, 80 steps, directions mix by (0.7/0.9)^160 at most.
    assert found.exponents == pytest.approx(rates.log().tolist(), abs=1e-14)


def test_gaussian_map_gives_its_spectral_radius():
    width, steps = 40, 2000
    weight = 0.8 * torch.randn(width, width, dtype=torch.float64) / width**0.5
    radius = torch.linalg.eigvals(weight).abs().max()
    found = spectrum(
        linear(width, weight), torch.zeros(steps, 1, 2, dtype=torch.float64)
    )
    # ln ‖W^T q‖ = T ln ρ + a bounded term: the eigenvectors' condition number.
    condition = torch.linalg.cond(torch.linalg.eig(weight).eigenvectors)
    bound = 2 * math.log(float(condition)) / (found.steps)
    assert found.exponents[0] == pytest.approx(math.log(radius), abs=bound)


@pytest.mark.parametrize(
    ("layer", "remedy", "want"),
    [
        (nn.RNN, None, -0.625),
        (nn.GRU, None, -0.449),
        (nn.LSTM, None, -0.469),
        (nn.LSTM, "forget_bias", -0.157),
        (nn.GRU, "chrono", -0.013),
        (nn.LSTM, "chrono", -0.013),
        (nn.RNN, "orthogonal", -0.12),
    ],
)
def test_torch_defaults_and_remedies(layer, remedy, want):
    """Measured values at H = 128, I = 16, N(0, 1) inputs; other seeds, so ± 15 %."""
    net = layer(16, 128)
    if remedy == "chrono":
        elman.init.chrono_(net, t_max=100)
    elif remedy:
        elman.init.apply_(remedy, net)
    if remedy == "orthogonal":
        net.bias_ih_l0.data.zero_()
        net.bias_hh_l0.data.zero_()
    with torch.no_grad():
        found = spectrum(net, torch.randn(150, 4, 16), 2)
    noise = 3 * found.errors[0]
    assert found.exponents[0] == pytest.approx(want, abs=0.15 * abs(want) + noise)


def test_rows_of_any_length_and_both_directions():
    layer = elman.RNN(2, 5, nonlinearity="identity", bidirectional=True).double()
    layer.weight_hh_l0_reverse.data = 0.9 * orthogonal(5)
    x = torch.randn(50, 4, 2, dtype=torch.float64)
    found = spectrum(layer, x, lengths=[50, 30, 12, 0])
    assert found.exponents == pytest.approx([math.log(0.9)] * 4, abs=50 * 5 * EPS)
    assert found.steps == 40


def test_dead_direction_is_a_finite_number():
    layer = elman.RNN(2, 4, nonlinearity="relu")
    layer.bias_ih_l0.data.fill_(-100.0)
    found = spectrum(layer, torch.randn(20, 2, 2))
    assert all(math.isfinite(v) for v in found.exponents)
    assert found.exponents[0] < -40


def mean_field(gain, noise):
    """λ₁ of a large random tanh network driven by white noise, and its variance.

    q = g² E[tanh²(√q z)] + σ² and λ₁ = ½ ln(g² E[tanh'²(√q z)]): Molgedey,
    Schuchhardt and Schuster, "Suppressing chaos in neural networks by noise", 1992.
    """
    z, weight = np.polynomial.hermite_e.hermegauss(101)
    weight = weight / weight.sum()
    q = 1.0
    for _ in range(500):
        q = gain**2 * (weight @ np.tanh(q**0.5 * z) ** 2) + noise**2
    slope = 1 - np.tanh(q**0.5 * z) ** 2
    return 0.5 * math.log(gain**2 * (weight @ slope**2)), q


@pytest.mark.parametrize(
    ("gain", "noise"), [(2.0, 0.0), (3.0, 0.0), (3.0, 1.0), (2.0, 1.5), (1.5, 0.5)]
)
def test_random_networks_as_in_the_literature(gain, noise):
    """Chaotic by themselves; driven by noise less so, and from some strength not."""
    width, steps = 300, 400
    layer = nn.RNN(width, width, bias=False)
    layer.weight_ih_l0.data = noise * torch.eye(width)
    nn.init.normal_(layer.weight_hh_l0, 0, gain / width**0.5)
    with torch.no_grad(), opened(layer) as tracks:
        layer(torch.randn(steps, 4, width), 0.5 * torch.randn(1, 4, width))
    found = lyapunov(tracks[-1], 1)
    want, _ = mean_field(gain, noise)
    # The gain of N² draws is known to 1/√(2N²); the theory itself is of order 1/N.
    assert found.exponents[0] == pytest.approx(want, abs=10 / width)
    assert found.exponents[0] * want > 0


def test_exponent_is_how_two_neighbours_part():
    """λ₁ without any Jacobian: a tiny difference, shrunk back after every step."""
    layer = nn.RNN(2, 40).double()
    nn.init.normal_(layer.weight_hh_l0, 0, 2.5 / 40**0.5)
    x = torch.randn(2000, 1, 2, dtype=torch.float64)
    found = spectrum(layer, x, 1)
    size, total = 1e-7, 0.0
    with torch.no_grad():
        h = torch.zeros(1, 1, 40, dtype=torch.float64)
        near = h + size * torch.nn.functional.normalize(torch.randn_like(h), dim=-1)
        for t in range(2000):
            h, near = layer(x[t : t + 1], h)[1], layer(x[t : t + 1], near)[1]
            apart = near - h
            if t >= found.warm_up:
                total += math.log(float(apart.norm()) / size)
            near = h + apart * size / apart.norm()
    # Rounding parts the two paths within some hundred steps: two samples of one mean.
    assert found.exponents[0] > 0.1
    error = 2**0.5 * found.errors[0]
    assert found.exponents[0] == pytest.approx(total / found.steps, abs=4 * error)

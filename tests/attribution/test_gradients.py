"""Integrated and expected gradients: closed forms, captum, and adding up."""

import numpy as np
import pytest
import torch
from torch import nn

from elman.attribution import (
    ModuleFunction,
    expected_gradients,
    integrated_gradients,
)


class Network(nn.Module):
    """A recurrent network with two smooth outputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.GRU(3, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Network().double()


@pytest.fixture
def case():
    return np.random.default_rng(0).normal(size=(7, 3))


def cubic(points):
    """Return x₀³ + 2 x₀ x₁ and its gradient, of inputs (n, 1, 2)."""
    x, y = points[:, 0, 0], points[:, 0, 1]
    slopes = np.stack([3 * x**2 + 2 * y, 2 * x], 1)[:, None, None, :]
    return (x**3 + 2 * x * y)[:, None], slopes


def test_a_polynomial_by_hand():
    found = integrated_gradients(cubic, np.array([[2.0, 3.0]]), np.zeros(2))
    # Along the way from 0: x³ all of x, the product halved between both.
    np.testing.assert_allclose(found.values, [[[8.0 + 6.0, 6.0]]], rtol=1e-12)
    assert found.output == pytest.approx([20.0])
    assert found.reference == pytest.approx([0.0])
    assert found.relative_gap.max() < 1e-12


def test_they_equal_those_of_captum(network, case):
    captum = pytest.importorskip("captum.attr")
    baseline = np.full(3, 0.3)
    function = ModuleFunction(network, network)
    found = integrated_gradients(function.gradient, case, baseline, tolerance=1e-9)
    there = captum.IntegratedGradients(network)
    x = torch.from_numpy(case)[None]
    b = torch.from_numpy(baseline).expand_as(x)
    for k in range(2):
        values = there.attribute(
            x, b, target=k, n_steps=256, method="gausslegendre", internal_batch_size=64
        )
        np.testing.assert_allclose(found.values[k], values[0].numpy(), atol=1e-6)


def test_nodes_are_doubled_until_they_add_up(network, case):
    sharp = nn.Sequential(network, nn.Hardtanh())  # a kink on the way
    with torch.no_grad():
        network.head.weight.mul_(40)
    function = ModuleFunction(sharp, sharp)
    found = integrated_gradients(function.gradient, case, np.zeros(3))
    assert found.relative_gap.max() < 0.005
    assert found.evaluations > 20


def test_of_several_baselines_the_mean_is_taken(network, case):
    several = np.random.default_rng(1).normal(size=(4, 7, 3))
    gradient = ModuleFunction(network, network).gradient
    found = integrated_gradients(gradient, case, several)
    each = [integrated_gradients(gradient, case, one).values for one in several]
    np.testing.assert_allclose(found.values, np.mean(each, 0), rtol=1e-9)


def test_expected_gradients_come_to_the_same_in_the_mean(network, case):
    several = np.random.default_rng(1).normal(size=(4, 7, 3))
    gradient = ModuleFunction(network, network).gradient
    exact = integrated_gradients(gradient, case, several, tolerance=1e-6)
    found = expected_gradients(gradient, case, several, draws=4096)
    np.testing.assert_allclose(found.reference, exact.reference, rtol=1e-9)
    np.testing.assert_allclose(found.values, exact.values, atol=0.02)
    assert found.error is not None
    apart = np.abs(found.values - exact.values)
    assert (apart <= 6 * found.error + 1e-3).all()


def test_a_module_is_left_as_it_was(network, case):
    network.train()
    network.layer.eval()
    network.head.weight.grad = torch.ones_like(network.head.weight)
    ModuleFunction(network, network).gradient(case[None])
    assert network.training
    assert not network.layer.training
    assert (network.head.weight.grad == 1).all()
    assert network.layer.weight_ih_l0.grad is None

"""Parameters that are computed from what is stored."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import expm

import elman
from elman import InputError
from elman.cells import Antisymmetric, Cayley, Exponential, Rotations, tanh
from tolerance import assert_close


def drawn(rows, columns):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(rows, columns, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("transform", [Exponential(), Cayley(), Cayley(0.1)])
@pytest.mark.parametrize("sizes", [(6, 6), (6, 2), (1, 1)])
def test_every_block_is_orthogonal(transform, sizes):
    found = transform.of(drawn(*sizes))
    assert found.shape == sizes
    for block in found.split(sizes[1]):
        one = torch.eye(sizes[1], dtype=torch.float64)
        assert_close(block @ block.T, one, summands=100)


def test_they_are_what_scipy_says():
    stored = drawn(5, 5).numpy()
    lower = np.tril(stored, -1)
    skew, one = lower - lower.T, np.eye(5)
    given = torch.from_numpy(stored)
    assert_close(Exponential().of(given), expm(skew), summands=100)
    assert_close(
        Cayley().of(given), np.linalg.inv(one + skew) @ (one - skew), summands=100
    )
    assert_close(Exponential(0.2).of(given), expm(0.2 * skew), summands=100)
    assert_close(Cayley(0.2).of(given), Cayley().of(0.2 * given), summands=100)
    expected = stored - stored.T - 0.3 * one
    assert_close(Antisymmetric(0.3).of(given), expected, summands=5)


@pytest.mark.parametrize("transform", [Exponential(), Cayley(), Antisymmetric(0.1)])
def test_gradients_go_through(transform):
    assert torch.autograd.gradcheck(transform.of, drawn(4, 2).requires_grad_())


@pytest.mark.parametrize("scale", [1.0, 0.1])
@pytest.mark.parametrize("cayley", [False, True])
def test_rotations_start_at_the_angles_of_their_article(cayley, scale):
    draw = Rotations(cayley, scale)
    stored = draw.draw((7, 7), 7, np.random.default_rng(0).random)
    transform = Cayley(scale) if cayley else Exponential(scale)
    found = np.linalg.eigvals(transform.of(torch.from_numpy(stored)).numpy())
    angles = np.sort(np.abs(np.angle(found)))
    assert angles[0] < 1e-12  # the unit left over stays where it is
    assert (angles[1:] > 1e-6).all()
    assert angles.max() < (math.pi / 2 if cayley else math.pi)


@pytest.mark.parametrize("cayley", [False, True])
def test_rotations_evenly_spaced(cayley):
    stored = Rotations(cayley, 0.1, widest=math.pi).draw((8, 8), 8, None)
    transform = Cayley(0.1) if cayley else Exponential(0.1)
    found = np.linalg.eigvals(transform.of(torch.from_numpy(stored)).numpy())
    angles = np.sort(np.abs(np.angle(found)))[::2]
    np.testing.assert_allclose(angles, np.pi * np.array([1, 3, 5, 7]) / 8, atol=1e-9)
    with pytest.raises(InputError, match="widest must be an angle from 0 to π, got 4"):
        elman.OrthogonalRNN(2, 6, widest=4.0)


@pytest.mark.parametrize("map", ["exponential", "cayley"])
def test_a_layer_stays_orthogonal_while_it_trains(map):  # noqa: A002
    torch.manual_seed(0)
    layer = elman.OrthogonalRNN(2, 6, map=map, nonlinearity="identity", bias=False)
    optimiser = torch.optim.SGD(layer.parameters(), 0.1)
    for _ in range(5):
        optimiser.zero_grad()
        layer(torch.randn(7, 3, 2))[0].square().mean().backward()
        optimiser.step()
    assert "weight_hh_l0" in layer.state_dict()
    state = torch.randn(1, 3, 6)
    _, last = layer(torch.zeros(50, 3, 2), state)
    assert_close(last.norm(dim=-1), state.norm(dim=-1), summands=6, steps=50)
    one = elman.cells.find("orthogonal").one_step(2, 6, map=map)
    assert not one(torch.zeros(3, 2)).any()


def test_gradients_in_float32_are_precise():
    torch.manual_seed(0)
    stored, given = torch.randn(64, 64), torch.randn(64, 64)
    found = {}
    for dtype in (torch.float32, torch.float64):
        own = stored.to(dtype, copy=True).requires_grad_()
        Cayley(0.1).of(own).backward(given.to(dtype))
        found[dtype] = own.grad.double()
    exact = found[torch.float64]
    difference = (found[torch.float32] - exact).abs().max() / exact.abs().max()
    assert difference < 64 * torch.finfo(torch.float32).eps


def test_what_is_no_transform_is_refused():
    class Own(elman.Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h))

    def own(transforms):
        return type("Own", (Own,), {"transforms": transforms})

    with pytest.raises(InputError, match=r"must be one of elman\.cells' transforms"):
        own({"weight_hh": Cayley})()
    with pytest.raises(InputError, match="must be a mapping"):
        own([Cayley()])()
    with pytest.raises(InputError, match="nothing is called 'weight_h'"):
        own({"weight_h": Cayley()}).layer(2, 3)
    with pytest.raises(InputError, match="is for matrices of square blocks"):
        own({"weight_ih": Cayley()}).layer(2, 3)(torch.zeros(1, 1, 2))

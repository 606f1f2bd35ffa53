"""A value that no gradient passes through, beside a loop in torch."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from elman import Cell, InputError
from elman.cells import detach, restored, row_mean, sigmoid, specified, stored, tanh
from elman.cells import where as choose

CPU = {"dtype": torch.float64}


class Spiking(Cell):
    """Integrate and fire: a threshold whose slope is that of a sigmoid."""

    states = ("s", "v")

    def step(self, x, s, v):
        v = 0.9 * v * (1 - detach(s)) + self.linear("i", x, s)
        soft = sigmoid(4 * (v - 0.1))
        return choose(v > 0.1, 1.0, 0.0) + (soft - detach(soft)), v


def spiking(x, state, p):
    s, v = state
    v = 0.9 * v * (1 - s.detach()) + x @ p["weight_ih"].T + s @ p["weight_hh"].T
    v = v + p["bias"]
    soft = torch.sigmoid(4 * (v - 0.1))
    return (v > 0.1).to(v) + (soft - soft.detach()), v


class Both(Cell):
    """Products of values and of the same values detached, also of a plain state."""

    def step(self, x, h):
        u = tanh(self.linear("u", x, detach(h)))
        z = sigmoid(self.linear("z", u, h) + self.linear("y", detach(u)))
        scale = self.unit("scale", 0.5)
        return z * h + (1 - z) * detach(scale * u + row_mean(u)) + scale * u


def both(x, state, p):
    (h,) = state
    hh, bias = p["weight_hh"].chunk(4), p["bias"].chunk(3)
    u = torch.tanh(x @ p["weight_ih"].T + h.detach() @ hh[0].T + bias[0])
    z = u @ hh[1].T + h @ hh[2].T + bias[1] + u.detach() @ hh[3].T + bias[2]
    z, scale = torch.sigmoid(z), p["scale"]
    kept = (scale * u + u.mean(1, keepdim=True)).detach()
    return (z * h + (1 - z) * kept + scale * u,)


PAIRS = [(Spiking, spiking), (Both, both)]


@pytest.mark.parametrize(("kind", "plain"), PAIRS)
@pytest.mark.parametrize("trace", [False, True])
def test_values_and_gradients_are_those_of_a_loop(kind, plain, trace):
    torch.manual_seed(0)
    layer = kind.layer(3, 6, **CPU)
    x = torch.randn(6, 4, 3, **CPU, requires_grad=True)
    y = (layer.trace(x) if trace else layer(x))[0]
    own = {k.removesuffix("_l0"): v for k, v in layer.named_parameters()}
    state, found = [x.new_zeros(4, 6)] * len(layer.cell.states), []
    for value in x:
        state = plain(value, state, own)
        found.append(state[0])
    expected = torch.stack(found)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-13)
    for up in (torch.ones_like(y), torch.randn_like(y)):
        for a, b in zip(
            torch.autograd.grad(y, [x, *own.values()], up, retain_graph=True),
            torch.autograd.grad(expected, [x, *own.values()], up, retain_graph=True),
            strict=True,
        ):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "plain"), PAIRS)
def test_second_derivatives_and_transforms_agree(kind, plain):
    del plain
    torch.manual_seed(1)
    layer = kind.layer(2, 3, **CPU)
    x = torch.randn(3, 2, 2, **CPU, requires_grad=True)

    def slope(x):
        return torch.func.grad(lambda x: layer(x)[0].pow(2).sum())(x)

    (first,) = torch.autograd.grad(layer(x)[0].pow(2).sum(), x, create_graph=True)
    torch.testing.assert_close(first, slope(x), rtol=0, atol=1e-14)
    one = torch.autograd.grad(first.sum(), x)[0]
    torch.testing.assert_close(
        one, torch.func.grad(lambda x: slope(x).sum())(x), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize(("kind", "plain"), PAIRS)
def test_it_is_stored_and_shown(kind, plain):
    del plain
    own = kind()
    data = json.loads(json.dumps(stored(own)))
    assert data["version"] == 3
    again = restored(data)
    assert again.lowered().program == own.lowered().program
    assert "detach(" in str(own.equations)
    assert r"\operatorname{detach}" in own.equations.latex
    rng = np.random.default_rng(0)
    layer = kind.layer(3, 4, **CPU)
    arrays = {
        k.removesuffix("_l0"): v.detach().numpy() for k, v in layer.named_parameters()
    }
    x = rng.normal(size=(3, 2, 3))
    said = specified(own, x, [np.zeros((2, 4))] * len(own.states), arrays)
    y = layer(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(np.stack([s[0] for s in said]), y, rtol=0, atol=1e-14)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch's own
@pytest.mark.parametrize(("kind", "plain"), PAIRS)
def test_an_exported_loop_has_the_value(kind, plain):
    del plain
    layer = kind.layer(3, 4)
    x = torch.randn(5, 2, 3)
    axes = ({0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO},)
    with torch.no_grad():
        program = torch.export.export(layer, (x,), dynamic_shapes=axes)
        program = program.run_decompositions()
        x = torch.randn(7, 2, 3)
        torch.testing.assert_close(program.module()(x)[0], layer(x)[0])


def test_the_forward_pass_is_a_threshold():
    torch.manual_seed(2)
    y, _ = Spiking.layer(3, 8)(torch.randn(9, 4, 3))
    assert set(y.unique().tolist()) == {0.0, 1.0}


def test_a_parameter_alone_is_refused():
    class Own(Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h)) * detach(self.unit("u"))

    with pytest.raises(InputError, match=r"line \d+.*requires_grad_\(False\)"):
        _ = Own().traced

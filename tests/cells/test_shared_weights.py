"""Weights that multiply several values of one step, beside a loop in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import Cell, InputError, cells
from elman.cells import sigmoid, tanh

CPU = {"dtype": torch.float64}


class Heun(Cell):
    """dh/dt = tanh(W_x x + W_h h + b) − h, by Heun's method."""

    dt = 0.5

    def slope(self, x, h):
        return tanh(self.linear("a", x, h, shared=True)) - h

    def step(self, x, h):
        first = self.slope(x, h)
        second = self.slope(x, h + self.dt * first)
        return h + 0.5 * self.dt * (first + second)


def heun(x, h, p):
    def slope(h):
        return torch.tanh(x @ p["weight_ih"].T + h @ p["weight_hh"].T + p["bias"]) - h

    first = slope(h[0])
    second = slope(h[0] + 0.5 * first)
    return (h[0] + 0.25 * (first + second),)


class Deep(Cell):
    """A bias without x, two places, heads, other gates in between, weights of 2 gates.

    Weight-tied depth: the same block twice, and gates whose rows stand beside it.
    """

    states = ("h", "c")
    heads = 2

    def step(self, x, h, c):
        z = sigmoid(self.linear("z", x, h))
        u = tanh(self.linear("u", h, c, shared=True) + self.linear("i", x))
        u = tanh(self.linear("u", z * u, h, shared=True))
        return z * h + (1 - z) * tanh(self.linear("o", u)), u + c * 0.5


def deep(x, s, p):
    h, c = s
    ih, hh, bias = p["weight_ih"].chunk(2), p["weight_hh"].chunk(4), p["bias"].chunk(4)

    def by(rows, value):
        pair = rows.reshape(2, -1, rows.shape[1]), value.reshape(len(value), 2, -1)
        return torch.einsum("hij,bhj->bhi", *pair).reshape(value.shape)

    z = torch.sigmoid(x @ ih[0].T + by(hh[0], h) + bias[0])
    u = by(hh[1], h) + by(hh[2], c) + bias[1]
    u = torch.tanh(u + x @ ih[1].T + bias[2])
    u = torch.tanh(by(hh[1], z * u) + by(hh[2], h) + bias[1])
    return z * h + (1 - z) * torch.tanh(by(hh[3], u) + bias[3]), u + c * 0.5


PAIRS = [(Heun, heun), (Deep, deep)]


def loop(step, x, states, parameters):
    found = []
    for value in x:
        states = step(value, states, parameters)
        found.append(states[0])
    return torch.stack(found)


@pytest.mark.parametrize(("kind", "plain"), PAIRS)
def test_values_and_gradients_are_those_of_a_loop(kind, plain):
    torch.manual_seed(0)
    layer = kind.layer(3, 6, **CPU)
    x = torch.randn(5, 4, 3, **CPU, requires_grad=True)
    y, _ = layer(x)
    own = {k.removesuffix("_l0"): v for k, v in layer.named_parameters()}
    count = len(layer.cell.states)
    expected = loop(plain, x, [x.new_zeros(4, 6)] * count, own)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-13)
    up = torch.randn_like(y)
    for a, b in zip(
        torch.autograd.grad(y, [x, *own.values()], up),
        torch.autograd.grad(expected, [x, *own.values()], up),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "plain"), PAIRS)
def test_every_way_of_running_it_agrees(kind, plain):
    torch.manual_seed(1)
    layer = kind.layer(3, 4, **CPU)
    own = {k.removesuffix("_l0"): v.detach() for k, v in layer.named_parameters()}
    x = torch.randn(3, 2, 3, **CPU)
    y = layer(x)[0].detach()
    start = [np.zeros((2, 4)) for _ in layer.cell.states]
    arrays = {k: v.numpy() for k, v in own.items()}
    said = cells.specified(layer.cell, x.numpy(), start, arrays)
    np.testing.assert_allclose(np.stack([s[0] for s in said]), y, rtol=0, atol=1e-14)
    again = cells.restored(cells.stored(layer.cell))
    assert cells.stored(again)["version"] == 3
    assert again.lowered().program == layer.cell.lowered().program
    with torch.no_grad():
        torch.testing.assert_close(layer.trace(x)[0], y, rtol=0, atol=0)

    def run(*values):
        named = {f"{k}_l0": v for k, v in zip(own, values, strict=True)}
        return torch.func.functional_call(layer, named, (x,))[0].sum()

    inputs = [v.clone().requires_grad_() for v in own.values()]
    assert torch.autograd.gradgradcheck(run, inputs)


def test_dropout_hides_a_state_from_every_product():
    torch.manual_seed(2)
    layer = Heun.layer(3, 6, recurrent_dropout=0.5, **CPU)
    x = torch.randn(4, 2, 3, **CPU)
    layer(x)[0].sum().backward()
    step = cells.noisy(layer.cell.traced, dropout=True)
    masked = [n for n in step.linears if n.args]
    assert len(masked) == 2
    assert all("mask" in repr(n) for n in masked)


def test_its_equations_show_one_matrix():
    text = str(Heun().equations)
    assert text.count("W_xa x[t] + b_a") == 1
    assert text.count("W_ha ") == 2


def test_the_gate_has_one_block_of_rows():
    assert cells.shapes(Heun().traced, 3, 4) == {
        "weight_ih": (4, 3),
        "weight_hh": (4, 4),
        "bias": (4,),
    }


def test_shared_and_not_shared_do_not_mix():
    class Mixed(Cell):
        def step(self, x, h):
            a = tanh(self.linear("a", x, h, shared=True))
            return self.linear("a", x, a)

    class Uneven(Cell):
        def step(self, x, h):
            a = tanh(self.linear("a", x, h, shared=True))
            return self.linear("a", a, shared=True)

    with pytest.raises(InputError, match="write it at both"):
        _ = Mixed().traced
    with pytest.raises(InputError, match="x and bias at every place"):
        _ = Uneven().traced

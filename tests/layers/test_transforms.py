"""torch.func and higher derivatives, through whole layers."""

import pytest
import torch
from torch.func import (
    functional_call,
    grad,
    jacrev,
    jvp,
    stack_module_state,
    vmap,
)

import elman
from tolerance import assert_close

T, B, I, H = 4, 3, 2, 3
# Raised inside torch, by the first forward-mode call of a process.
jit_warning = pytest.mark.filterwarnings("ignore:`torch.jit.script`")
NAMES = ["RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"]
every = pytest.mark.parametrize("name", NAMES)


def build(name, **options):
    torch.manual_seed(0)
    more = {} if "Cell" in name else {"num_layers": 2, "bidirectional": True}
    layer = getattr(elman, name)(I, H, dtype=torch.float64, **more | options)
    rows = () if "Cell" in name else (T,)
    return layer, lambda *n: torch.randn(*n[:-1], *rows, n[-1], I, dtype=torch.float64)


def out(result):
    return result if isinstance(result, torch.Tensor) else result[0]


def same(a, b):
    assert_close(a, b, summands=4 * H * T * B, steps=2 * T)


@every
def test_vmap_over_data(name):
    layer, draw = build(name)
    x = draw(5, B)
    y = vmap(lambda one: out(layer(one)))(x)
    for k in range(5):
        same(y[k], out(layer(x[k])))


@every
def test_an_ensemble(name):
    layers = [build(name)[0] for _ in range(3)]
    for layer in layers:
        layer.reset_parameters()
    x = build(name)[1](B)
    stacked, buffers = stack_module_state(layers)
    base = layers[0]
    y = vmap(lambda p, b: out(functional_call(base, (p, b), (x,))))(stacked, buffers)
    for k, layer in enumerate(layers):
        same(y[k], out(layer(x)))


@every
def test_gradients_of_each_example(name):
    layer, draw = build(name)
    parameters = dict(layer.named_parameters())
    x = draw(B) if "Cell" in name else draw(B).transpose(0, 1)

    def loss(p, one):
        return out(functional_call(layer, p, (one,))).square().sum()

    each = vmap(grad(loss), (None, 0))(parameters, x)
    for k in range(B):
        layer.zero_grad()
        out(layer(x[k])).square().sum().backward()
        for key, parameter in parameters.items():
            same(each[key][k], parameter.grad)


@jit_warning
@every
def test_forward_mode_and_jacobians_agree(name):
    layer, draw = build(name)
    x, v = draw(B), draw(B)

    def run(x):
        return out(layer(x))

    _, tangent = jvp(run, (x,), (v,))
    jacobian = jacrev(run)(x)
    same(tangent, torch.tensordot(jacobian, v, dims=v.dim()))


@every
def test_a_gradient_penalty(name):
    """Double backward: the gradient of a gradient's norm, against differences."""
    layer, draw = build(name)
    x = draw(B).requires_grad_()

    def penalty():
        (g,) = torch.autograd.grad(out(layer(x)).sum(), x, create_graph=True)
        return g.square().sum()

    weight = next(p for k, p in layer.named_parameters() if "hh" in k)
    (exact,) = torch.autograd.grad(penalty(), weight)
    step = torch.finfo(torch.float64).eps ** (1 / 3)
    direction = torch.randn_like(weight)
    with torch.no_grad():
        weight += step * direction
    above = penalty().item()
    with torch.no_grad():
        weight -= 2 * step * direction
    slope = (above - penalty().item()) / (2 * step)
    # A central difference is off by step², and 100 for the third derivative.
    assert abs(slope - (exact * direction).sum().item()) < 100 * step**2

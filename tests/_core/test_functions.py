"""Sigmoid, tanh and softplus to the last places, through a network of one unit."""

import pytest
import torch

from elman import ops
from native_core import every_set, running_on


def points(dtype, isa):
    """Return numbers of every size and both signs."""
    edge = 86.0 if dtype == torch.float32 else 700.0
    if isa == "scalar":
        # Without a fused instruction, part of a result near 10⁻³⁸ (10⁻³⁰⁸) is
        # a product below the smallest normal number, which counts as zero.
        edge = 69.0 if dtype == torch.float32 else 660.0
    sizes = torch.logspace(-25, 0, 4001, dtype=torch.float64) * edge
    near = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    return torch.cat([sizes, -sizes, near]).to(dtype)


def through(variant, x):
    one = torch.ones(1, 1, dtype=x.dtype)
    none = torch.zeros(1, 1, dtype=x.dtype)
    call = ops.Call(
        "rnn",
        variant,
        x.view(1, -1, 1),
        (torch.zeros_like(x)[:, None],),
        ops.Weights(one, none),
    )
    with ops.force_path("native"):
        return ops.run(call).y.flatten()


def ulps(actual, exact):
    """Return the distance in units of the last place of the exact value."""
    digits = 24 if actual.dtype == torch.float32 else 53
    _, exponent = torch.frexp(exact)
    return (
        (
            (actual.double() - exact).abs()
            / torch.ldexp(torch.ones_like(exact), exponent - digits)
        )
        .max()
        .item()
    )


@every_set
@pytest.mark.parametrize("variant", ["sigmoid", "tanh"])
def test_float32_to_the_last_places(variant, isa):
    x = points(torch.float32, isa)
    with running_on(isa):
        y = through(variant, x)
    # Three roundings and the polynomial: 2.5 measured over every float.
    assert ulps(y, getattr(torch, variant)(x.double())) <= 4


@every_set
@pytest.mark.parametrize("variant", ["sigmoid", "tanh"])
def test_float64_to_the_last_places(variant, isa):
    x = points(torch.float64, isa)
    with running_on(isa):
        y = through(variant, x)
    # torch's own is an ulp off, and it is what we compare with.
    assert ulps(y, getattr(torch, variant)(x)) <= 6


@every_set
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_saturation_and_what_is_no_number(dtype, isa):
    inf, nan = float("inf"), float("nan")
    x = torch.tensor([inf, -inf, nan, 200.0, -200.0, 0.0, -0.0], dtype=dtype)
    with running_on(isa):
        s, t = through("sigmoid", x), through("tanh", x)
    assert s[0] == s[3] == 1
    assert 0 <= s[1] <= s[4] < 1e-37
    assert t[0] == t[3] == 1
    assert t[1] == t[4] == -1
    assert s[2].isnan()
    assert t[2].isnan()
    assert s[5] == s[6] == 0.5
    assert t[5] == t[6] == 0


@every_set
@pytest.mark.parametrize(
    ("dtype", "lowest"), [(torch.float32, 4e-38), (torch.float64, 3e-308)], ids=str
)
def test_a_sigmoid_is_never_zero(dtype, lowest, isa):
    x = torch.tensor([-float("inf"), -1e30, -800.0], dtype=dtype)
    with running_on(isa):
        s = through("sigmoid", x)
    assert bool(((s > lowest) & (s < 1.6 * lowest)).all())


def exact_softplus(x):
    x = x.double()
    return torch.logaddexp(x, torch.zeros_like(x))


@every_set
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_softplus_to_the_last_places(dtype, isa):
    x = points(dtype, isa).requires_grad_()
    with running_on(isa):
        y = through("softplus", x)
        y.sum().backward()
    # e^(-|x|) with its division and the series after it: one rounding each.
    assert ulps(y.detach(), exact_softplus(x.detach())) <= 6
    # The derivative is read off y: its error comes on top of e^(-y)'s own. In
    # the scalar set 1 - e^(-y) loses a factor of two near y = ln 2.
    assert ulps(x.grad, x.detach().double().sigmoid()) <= 9


@every_set
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_softplus_at_its_ends(dtype, isa):
    inf, nan = float("inf"), float("nan")
    x = torch.tensor([inf, -inf, nan, 300.0, -2000.0, 0.0], dtype=dtype)
    x.requires_grad_()
    with running_on(isa):
        y = through("softplus", x)
        y.backward(torch.ones_like(y))
    assert y[0] == inf
    assert y[3] == 300
    assert 0 <= y[1] <= y[4] < 1e-37
    assert y[2].isnan()
    assert ulps(y[5].detach(), torch.tensor(2.0, dtype=torch.float64).log()) <= 2
    assert x.grad[0] == x.grad[3] == 1
    assert x.grad[1] < 1e-37
    assert x.grad[2].isnan()

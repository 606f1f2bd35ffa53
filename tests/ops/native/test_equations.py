"""Cells given as equations on the core: the composite path's results and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import elman
from elman import InputError
from elman.cells import Cell, cell, initial, names, sin, tanh
from elman.ops import Weights, _composite, force_path, record_paths, run
from elman.ops._call import Call, Noise
from elman.ops._step_gradients import following, record_step_gradients
from elman.ops.native import _program
from native_core import native  # noqa: F401 - skips without the core

LENGTHS = torch.tensor([5, 0, 2, 3])


def problem(name, T=5, B=4, I=3, H=6, dtype=torch.float64):
    torch.manual_seed(0)
    found = cell(name, **({"heads": 2} if name == "slstm" else {}))
    start = initial(found, I, H, np.random.default_rng(0).random)
    parameters = {
        k: torch.tensor(v, dtype=dtype).requires_grad_() for k, v in start.items()
    }
    x = torch.randn(T, B, I, dtype=dtype, requires_grad=True)
    state = tuple(
        (0.3 + 0.3 * torch.rand(B, H, dtype=dtype)).requires_grad_()
        for _ in found.states
    )
    return found, parameters, x, state


def call_of(found, parameters, x, state, **how):
    return Call(
        type(found).__name__.lower(), "", x, state, parameters, equations=found, **how
    )


def loss_of(result):
    draw = torch.Generator().manual_seed(1)

    def weighed(value):
        like = torch.randn(value.shape, generator=draw, dtype=value.dtype)
        return (value * like).sum()

    loss = weighed(result.y) + sum(map(weighed, result.state))
    return loss + sum(weighed(result.trace[k]) for k in sorted(result.trace))


def compare(call):
    inputs = [call.x, *call.state, *call.parameters.values()]
    by = []
    for path in (_program, _composite):
        result = path.run(call)
        grads = torch.autograd.grad(loss_of(result), inputs, allow_unused=True)
        by.append((result, grads))
    (a, da), (b, db) = by
    torch.testing.assert_close(a.y, b.y, rtol=0, atol=1e-11)
    torch.testing.assert_close(a.state, b.state, rtol=0, atol=1e-11)
    torch.testing.assert_close(a.trace, b.trace, rtol=0, atol=1e-11)
    for source, one, other in zip(inputs, da, db, strict=True):
        zeros = torch.zeros_like(source)
        one, other = (zeros if g is None else g for g in (one, other))
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"trace": True},
        {"lengths": LENGTHS},
        {"lengths": LENGTHS, "reverse": True},
        {"lengths": LENGTHS, "reverse": True, "trace": True},
    ],
    ids=["plain", "trace", "ragged", "reverse", "all"],
)
def test_core_and_composite_agree(name, how):
    compare(call_of(*problem(name), **how))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("rate", [None, 0.25])
def test_with_noise(name, rate):
    found, parameters, x, state = problem(name)
    shape = state[0].shape
    step = found.traced
    hides = step.dropped if name != "slstm" else ()
    factors = tuple(2.0 * torch.randint(0, 2, shape) for _ in hides)
    stays = tuple(
        torch.rand(len(x), *shape) < 0.3 if rate is None or k % 2 else rate
        for k, _ in enumerate(state)
    )
    noise = Noise(factors or None, stays)
    compare(call_of(found, parameters, x, state, noise=noise, lengths=LENGTHS))


@pytest.mark.parametrize("name", names())
def test_first_and_second_derivatives(name):
    found, parameters, x, state = problem(name, T=2, B=2, I=2, H=4)
    order = list(parameters)

    def run(x, *rest):
        count = len(state)
        own = dict(zip(order, rest[count:], strict=True))
        result = _program.run(call_of(found, own, x, rest[:count]))
        return (result.y, *result.state)

    inputs = (x, *state, *parameters.values())
    assert torch.autograd.gradcheck(run, inputs)
    if name in ("gru", "lru"):
        assert torch.autograd.gradgradcheck(run, inputs, atol=1e-4)


@pytest.mark.parametrize("name", ["gru", "lru", "layer_norm_lstm"])
@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (1, 1)])
def test_nothing_to_do(name, sizes):
    found, parameters, x, state = problem(name, *sizes)
    result = _program.run(call_of(found, parameters, x, state))
    (result.y.sum() + sum(s.sum() for s in result.state)).backward()
    for value in (x, *parameters.values()):
        assert value.grad.shape == value.shape
        assert torch.isfinite(value.grad).all()


@pytest.mark.parametrize("name", names())
def test_batch_first_and_a_changed_output(name):
    """Any strides of x, and y changed in place, as torch's layers allow."""
    found, parameters, x, state = problem(name)
    turned = x.detach().transpose(0, 1).contiguous().transpose(0, 1).requires_grad_()
    inputs = list(parameters.values())
    y = _program.run(call_of(found, parameters, turned, state)).y
    changed = y.mul_(2).sum()
    one = torch.autograd.grad(changed, [turned, *inputs], allow_unused=True)
    y = _program.run(call_of(found, parameters, x, state)).y
    other = torch.autograd.grad((2 * y).sum(), [x, *inputs], allow_unused=True)
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)


def test_wants_only_what_is_asked_for():
    found, parameters, x, state = problem("peephole_lstm")
    for name, value in parameters.items():
        value.requires_grad_(name in ("weight_hh", "p_f"))
    y = _program.run(call_of(found, parameters, x.detach(), state)).y
    y.sum().backward()
    given = {name for name, value in parameters.items() if value.grad is not None}
    assert given == {"weight_hh", "p_f"}


def test_a_layer_without_bias():
    found, parameters, x, state = problem("gru")
    del parameters["bias"]
    compare(call_of(found, parameters, x, state))


@pytest.mark.parametrize("name", ["gru", "cornn", "slstm"])
def test_norms_of_every_steps_gradient(name):
    found, parameters, x, state = problem(name)
    call = call_of(found, parameters, x, state)
    norms = []
    for path in (_program, _composite):
        with record_step_gradients() as record, following(call, "test"):
            result = path.run(call)
        result.y.sum().backward()
        norms.append(record[0].norms)
    torch.testing.assert_close(*norms)


def test_saved_tensors_may_be_packed():
    found, parameters, x, state = problem("janet")
    plain = _program.run(call_of(found, parameters, x, state)).y
    expected = torch.autograd.grad(plain.sum(), x)[0]
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        packed = _program.run(call_of(found, parameters, x, state)).y
    assert torch.equal(torch.autograd.grad(packed.sum(), x)[0], expected)


STOCK = [("rnn", "relu"), ("gru", "reset_after"), ("gru", "reset_before")]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("name", "variant"), [*STOCK, ("lstm", "plain")])
def test_torchs_cells_with_noise(name, variant, bias):
    """Recurrent dropout and zoneout of the three stock cells run on the core too."""
    torch.manual_seed(2)
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[name]
    T, B, I, H = 5, 4, 3, 6

    def leaf(*shape):
        return (0.5 * torch.randn(shape, dtype=torch.float64)).requires_grad_()

    biases = (leaf(gates * H), leaf(gates * H)) if bias else (None, None)
    weights = Weights(leaf(gates * H, I), leaf(gates * H, H), *biases)
    state = tuple(leaf(B, H) for _ in range(1 + (name == "lstm")))
    stays = (torch.rand(T, B, H) < 0.3, 0.25)[: len(state)]
    factor = 2.0 * torch.randint(0, 2, (B, H))
    x = leaf(T, B, I)
    inputs = [x, *state, *weights.tensors()]
    for noise in (Noise(factor), Noise(None, stays), Noise(factor, stays)):
        call = Call(name, variant, x, state, weights, LENGTHS, True, True, noise)
        by = []
        for path in ("native", "composite"):
            with force_path(path):
                result = run(call)
            by.append((result, torch.autograd.grad(loss_of(result), inputs)))
        (a, da), (b, db) = by
        torch.testing.assert_close(a.y, b.y, rtol=0, atol=1e-12)
        torch.testing.assert_close(a.trace, b.trace, rtol=0, atol=1e-12)
        torch.testing.assert_close(da, db, rtol=1e-9, atol=1e-11)
        quick = run(call._replace(trace=False))
        torch.testing.assert_close(quick.state, b.state, rtol=0, atol=1e-12)
        got = torch.autograd.grad(quick.y.sum(), inputs)
        want = torch.autograd.grad(composite_of(call).y.sum(), inputs)
        torch.testing.assert_close(got, want, rtol=1e-9, atol=1e-11)


def composite_of(call):
    with force_path("composite"):
        return run(call._replace(trace=False))


class Turning(Cell):
    """A sine of a value, which the core has not."""

    def step(self, x, h):
        return tanh(self.linear("a", x, h)) + 0.1 * sin(h)


class Spun(Cell):
    """A sine of a parameter, which is computed once a call."""

    def step(self, x, h):
        return tanh(self.linear("a", x, h)) * sin(self.unit("u", 1.0))


def test_which_path_runs():
    x = torch.randn(4, 2, 3)
    layers = {
        "native": [elman.JANET(3, 5), elman.SLSTM(3, 4, heads=2), Spun.layer(3, 5)],
        "composite": [Turning.layer(3, 5)],
    }
    for path, own in layers.items():
        for layer in own:
            with record_paths() as ran:
                layer(x)
            assert ran == [path]
    janet = elman.JANET(3, 5)
    noisy = elman.CoRNN(3, 5, recurrent_dropout=0.5, zoneout=(0.1, 0.2))
    with record_paths() as ran:
        noisy(x)
        noisy.eval()(x)
        torch.func.vmap(lambda one: janet(one)[0])(x[None])
    assert ran == ["native", "native", "composite"]


def test_half_precision_is_widened():
    layer = elman.JANET(3, 5)
    x = torch.randn(4, 2, 3)
    y, _ = layer(x)
    half, _ = layer.bfloat16()(x.bfloat16())
    assert half.dtype == torch.bfloat16
    assert (half.float() - y).abs().max() < 0.05


def test_shapes_that_do_not_fit_are_refused():
    found, parameters, x, state = problem("gru")
    parameters["weight_hh"] = parameters["weight_hh"][:, :-1]
    with pytest.raises(InputError):
        _program.run(call_of(found, parameters, x, state))

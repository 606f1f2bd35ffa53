"""RNN, GRU and LSTM with noise on the fast path: the bits of the ordinary way."""

from __future__ import annotations

import pytest
import torch
from torch.autograd.graph import save_on_cpu

from elman import ops
from elman.layers import GRU, LSTM, RNN
from elman.layers.fast._twins import fast_noisy_call

pytestmark = pytest.mark.skipif(not ops.PROGRAMS, reason="needs the core")
T, B, I, H = 5, 3, 4, 6
NOISE = [
    {"recurrent_dropout": 0.4},
    {"zoneout": 0.3},
    {"recurrent_dropout": 0.4, "zoneout": 0.3},
]
LAYERS = [
    (RNN, {"nonlinearity": "relu", "bias": False}),
    (RNN, {"batch_first": True}),
    (GRU, {"num_layers": 2, "bidirectional": True, "dropout": 0.5}),
    (GRU, {"reset_after": False, "learn_initial_state": True}),
    (LSTM, {"dtype": torch.float64, "batch_first": True}),
    (LSTM, {"bidirectional": True}),
]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def build(kind, options):
    torch.manual_seed(0)
    layer = kind(I, H, **options)
    dtype = layer.weight_ih_l0.dtype
    shape = (B, T, I) if layer.batch_first else (T, B, I)
    x = torch.randn(shape, dtype=dtype, requires_grad=True)
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    state = [
        torch.rand(places, B, H, dtype=dtype, requires_grad=True)
        for _ in layer._state_widths()
    ]
    return layer, x, state


def solve(layer, call, x, hx, leaves):
    torch.manual_seed(1)
    y, last = call(x, hx)
    outputs = [y, *parts(last)]
    loss = sum((out * torch.cos(out)).sum() for out in outputs)
    leaves = [*leaves, *layer.parameters()]
    return [*outputs, *torch.autograd.grad(loss, leaves, allow_unused=True)]


@pytest.mark.parametrize("given", [True, False], ids=["state", "zeros"])
@pytest.mark.parametrize("noise", NOISE, ids=str)
@pytest.mark.parametrize(("kind", "options"), LAYERS, ids=str)
def test_the_bits_of_the_ordinary_way(kind, options, noise, given):
    layer, x, state = build(kind, {**options, **noise})
    hx = (tuple(state) if len(state) > 1 else state[0]) if given else None
    leaves = [x, *state] if given else [x]
    with ops.record_paths() as ran:
        expected = solve(layer, layer, x, hx, leaves)
    assert set(ran) == {"native"}
    quick = layer
    if given or not layer.learn_initial_state:
        quick = lambda x, hx: fast_noisy_call(layer, x, hx)  # noqa: E731
    for a, b in zip(solve(layer, quick, x, hx, leaves), expected, strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)
    layer.eval()
    with torch.no_grad():
        found = layer(x, hx)[0]
        with ops.record_paths():
            assert torch.equal(found, layer(x, hx)[0])


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_second_derivatives_and_checkpoints(kind):
    layer, x, _ = build(kind, {"dtype": torch.float64, "zoneout": 0.4})

    def run(x):
        torch.manual_seed(1)
        return layer(x)[0]

    weights = [x, *layer.parameters()]
    first = torch.autograd.grad(run(x).square().sum(), weights)
    double = torch.autograd.grad(run(x).square().sum(), weights, create_graph=True)
    with save_on_cpu():
        y = run(x)
    again = torch.autograd.grad(y.square().sum(), weights)
    for a, b, c in zip(first, double, again, strict=True):
        torch.testing.assert_close(a, b)
        assert torch.equal(a, c)
    torch.autograd.gradgradcheck(run, x)


def test_what_goes_another_way():
    layer, x, (h, c) = build(LSTM, {"zoneout": 0.3})
    assert fast_noisy_call(layer, x, (h, c)) is not None
    assert fast_noisy_call(layer, x, h) is None
    assert fast_noisy_call(layer, x[:, 0], None) is None
    assert fast_noisy_call(layer, x.double(), None) is None
    with ops.force_path("composite"):
        assert fast_noisy_call(layer, x, None) is None
    for options in (
        {"proj_size": 3},
        {"stateful": True},
        {"state_batch_first": True},
        {"learn_initial_state": True},
    ):
        other = build(LSTM, {"zoneout": 0.3, **options})[0]
        assert fast_noisy_call(other, x, None) is None
    plain = build(LSTM, {"recurrent_dropout": 0.3})[0].eval()
    assert fast_noisy_call(plain, x, None) is None

"""Streaming: fast calls that are one run of the core have the bits of any other."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

import elman
from elman import GRU, LSTM, RNN, InputError, ops
from elman.layers.fast._twins import fast_call
from tolerance import assert_close

LAYERS = {
    "tanh": (RNN, {}),
    "relu": (RNN, {"nonlinearity": "relu"}),
    "gru": (GRU, {}),
    "before": (GRU, {"reset_after": False}),
    "lstm": (LSTM, {}),
}
core = pytest.mark.skipif(not ops.BUILT, reason="needs the core")


def state_of(layer, *shape, dtype=torch.float32):
    h = torch.randn(*shape, dtype=dtype)
    return (h, torch.randn_like(h)) if isinstance(layer, LSTM) else h


def flat(result):
    y, state = result
    return [y, *(state if isinstance(state, tuple) else (state,))]


def ordinary(layer, x, hx=None):
    """The same call the ordinary way, which whoever collects paths gets."""
    with torch.no_grad(), ops.record_paths() as ran:
        found = flat(layer(x, hx))
    assert set(ran) == {"native"}
    return found


def same(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        assert torch.equal(a, b)


@core
@pytest.mark.parametrize("given", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize(
    ("options", "shape", "states"),
    [
        ({}, (1, 1, 5), (1, 1, 21)),
        ({}, (1, 7, 5), (1, 7, 21)),
        ({"bias": False}, (3, 2, 5), (1, 2, 21)),
        ({"num_layers": 3}, (1, 1, 5), (3, 1, 21)),
        ({"num_layers": 2, "dropout": 0.5}, (4, 2, 5), (2, 2, 21)),
        ({"batch_first": True}, (1, 9, 5), (1, 1, 21)),
        ({"batch_first": True, "num_layers": 2}, (6, 1, 5), (2, 6, 21)),
        ({"batch_first": True}, (2, 5), (1, 21)),
        ({"batch_first": True, "num_layers": 2}, (6, 7, 5), (2, 6, 21)),
        ({"num_layers": 2, "bidirectional": True}, (3, 2, 5), (4, 2, 21)),
        ({"dtype": torch.float64, "num_layers": 2}, (8, 5), (2, 21)),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", LAYERS)
def test_the_same_bits(kind, options, shape, states, given):
    torch.manual_seed(0)
    cls, more = LAYERS[kind]
    layer = cls(5, 21, **options, **more).eval()
    dtype = options.get("dtype", torch.float32)
    x = torch.randn(*shape, dtype=dtype)
    hx = state_of(layer, *states, dtype=dtype) if given else None
    expected = ordinary(layer, x, hx)
    with torch.no_grad():
        same(flat(fast_call(layer, x, hx)), expected)
        same(flat(layer(x, hx)), expected)
    with torch.inference_mode():
        same(flat(fast_call(layer, x, hx)), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_a_stream_equals_the_sequence(kind, dtype):
    """To rounding: a step alone sums along a row of weights, a sequence down it."""
    torch.manual_seed(1)
    cls, more = LAYERS[kind]
    layer = cls(4, 19, num_layers=2, dtype=dtype, **more)
    x = torch.randn(40, 1, 4, dtype=dtype)
    with torch.no_grad():
        y, last = layer(x)
        state, steps = None, []
        for t in range(40):
            out, state = layer(x[t : t + 1], state)
            steps.append(out)
    found = [torch.cat(steps), *flat((y, state))[1:]]
    for a, b in zip(found, flat((y, last)), strict=True):
        assert_close(a, b, summands=40 * (4 + 19), dtype=dtype)


@core
@pytest.mark.parametrize("shape", [(8, 1), (4, 2), (2, 3)], ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_a_stream_has_the_bits_of_a_few_steps(kind, shape):
    torch.compiler.reset()  # it counts compilations, of other layers too
    torch.manual_seed(2)
    cls, more = LAYERS[kind]
    layer, x = cls(20, 35, num_layers=2, **more), torch.randn(*shape, 20)
    with torch.no_grad():
        whole = flat(layer(x))
        state, steps = None, []
        for t in range(len(x)):
            out, state = layer(x[t : t + 1], state)
            steps.append(out)
        same([torch.cat(steps), *flat((x, state))[1:]], whole)
        same(flat(torch.compile(layer, backend="eager", fullgraph=True)(x)), whole)


@core
def test_a_step_has_the_same_bits_with_a_graph_compiled_or_not():
    """What sums a step has depends on its sizes and on gradients alone."""
    torch.compiler.reset()
    layer, x = GRU(3, 8), torch.randn(2, 1, 3)
    with torch.no_grad():
        stepped = flat(layer(x[:1]))
        compiled = torch.compile(layer, backend="eager", fullgraph=True)
        same(flat(compiled(x[:1])), stepped)
    for a, b in zip(flat(layer(x[:1])), stepped, strict=True):
        torch.testing.assert_close(a.detach(), b)


@core
@pytest.mark.parametrize("optimiser", [torch.optim.SGD, torch.optim.Adam])
def test_an_optimiser_step_is_seen(optimiser):
    layer = LSTM(3, 8, num_layers=2)
    steps = optimiser(layer.parameters(), lr=0.1)
    x = torch.ones(1, 1, 3)
    for _ in range(3):
        layer(x)[0].sum().backward()
        steps.step()
        expected = ordinary(layer, x)
        with torch.no_grad():
            same(flat(layer(x)), expected)
            same(flat(fast_call(layer, x, None)), expected)


@core
def test_other_weights_in_the_same_layer():
    layer, other = RNN(3, 8), RNN(3, 8)
    x = torch.ones(1, 1, 3)
    with torch.no_grad():
        before = flat(layer(x))
        call = torch.func.functional_call(layer, dict(other.named_parameters()), (x,))
        same(flat(call), ordinary(other, x))
        same(flat(layer(x)), before)
        twin = copy.deepcopy(layer)
        same(flat(twin(x)), before)


def not_eligible():
    x = torch.ones(1, 1, 3)
    shadowed = GRU(3, 8)
    shadowed.__dict__["weight_hh_l0"] = torch.zeros(24, 8)
    yield "another tensor in a weight's place", shadowed, x, None
    yield "strides", GRU(3, 8), torch.ones(1, 3, 2).transpose(1, 2), None
    yield "half", GRU(3, 8).bfloat16(), x.bfloat16(), None
    yield "packed", GRU(3, 8), pack_sequence([x[0]]), None
    yield "no steps", GRU(3, 8), torch.ones(0, 1, 3), None
    subclass = x.as_subclass(torch.nn.Buffer)
    yield "a subclass", GRU(3, 8), subclass, None


def test_what_is_not_eligible_goes_the_ordinary_way():
    with torch.no_grad():
        for name, layer, x, hx in not_eligible():
            for _ in range(2):
                layer(x, hx)
            assert fast_call(layer, x, hx) is None, name


@core
def test_whoever_watches_sees_the_ordinary_way():
    layer, x = GRU(3, 8), torch.ones(1, 1, 3)
    with torch.no_grad():
        layer(x)
        assert fast_call(layer, x, None) is not None
        with ops.record_paths() as ran:
            layer(x)
        assert ran == ["native"]
        with ops.record_step_gradients() as record:
            layer(x)
        assert [entry.missing for entry in record] == ["the call ran without gradients"]
        with ops.force_path("composite"):
            assert fast_call(layer, x, None) is None
    y, _ = layer(x)
    assert y.requires_grad
    frozen = copy.deepcopy(layer).requires_grad_(False)
    frozen(x)
    assert fast_call(frozen, x, None) is not None
    assert frozen(x.clone().requires_grad_())[0].requires_grad
    start = torch.zeros(1, 1, 8, requires_grad=True)
    assert frozen(x, start)[0].requires_grad


@pytest.mark.parametrize(
    ("x", "hx"),
    [
        (torch.ones(1, 1, 4), None),
        (torch.ones(1, 1, 3, dtype=torch.float64), None),
        (torch.ones(1, 1, 3), torch.zeros(1, 1, 9)),
        (torch.ones(1, 1, 3), torch.zeros(1, 2, 8)),
        (torch.ones(1, 1, 3), torch.zeros(2, 1, 8)),
        (torch.ones(1, 1, 3), torch.zeros(1, 8)),
        (torch.ones(1, 3), torch.zeros(1, 1, 8)),
        (torch.ones(1, 1, 3), torch.zeros(1, 1, 8, dtype=torch.float64)),
        (torch.ones(1, 1, 3), "h"),
        ([[[1.0, 2.0, 3.0]]], None),
        (torch.ones(1, 1, 1, 3), None),
    ],
    ids=str,
)
def test_mistakes_are_said_after_a_sound_call_too(x, hx):
    layer = GRU(3, 8)
    with torch.no_grad():
        for _ in range(2):
            layer(torch.ones(1, 1, 3))
        with pytest.raises(InputError):
            layer(x, hx)


def test_an_accelerated_layer():
    layer = torch.nn.LSTM(3, 8)
    expected = [t.detach() for t in flat(layer(torch.ones(1, 1, 3)))]
    model = torch.nn.Sequential(layer)
    elman.accelerate(model)
    fast = model[0]
    with torch.no_grad():
        for _ in range(3):
            for a, b in zip(flat(fast(torch.ones(1, 1, 3))), expected, strict=True):
                torch.testing.assert_close(a, b)

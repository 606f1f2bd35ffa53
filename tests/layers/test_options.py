"""An option beyond torch's keeps a layer off the short ways: none can be forgotten."""

import inspect

import pytest
import torch
from torch import nn

import elman
from elman import GRU, LSTM, RNN, ops
from elman.layers._extras import Extended
from elman.layers._plain import plain_call
from elman.layers._short import short_call
from elman.layers._twins import EXTRAS, OPTIONS

I, H = 3, 8
ON = {
    "recurrent_dropout": 0.5,
    "zoneout": 0.5,
    "learn_initial_state": True,
    "stateful": True,
    "state_batch_first": True,
}
LAYERS = [RNN, GRU, LSTM]
core = pytest.mark.skipif(
    ops.plain_layer.__name__ == "_never", reason="needs the core and torch 2.10"
)


def own_arguments(kind):
    """Return what a layer's constructor takes and torch's does not, and no cell's."""
    known = set(inspect.signature(nn.LSTM).parameters) | {"self", "args", "kwargs"}
    known |= {"proj_size", "nonlinearity", "reset_after", "dtype", "device"}
    known |= set(inspect.signature(nn.RNNBase).parameters)
    return set(inspect.signature(kind).parameters) - known


@pytest.mark.parametrize("kind", LAYERS)
def test_every_option_stands_in_the_table(kind):
    assert own_arguments(kind) == set(EXTRAS) == set(ON)
    assert sorted(name for names in OPTIONS for name in names) == sorted(EXTRAS)
    given = set(inspect.signature(Extended._extend).parameters) - {"self"}
    assert given == set(EXTRAS)


def quick(layer, x, hx=None):
    """Say whether a layer's call goes a short way, with gradients or without."""
    ways = []
    with torch.no_grad():
        ways.append(short_call(layer, x, hx) is not None)
        ways.append(plain_call(layer, x, hx) is not None)
    ways.append(plain_call(layer, x, hx) is not None)
    assert len(set(ways)) == 1
    return ways[0]


def built(kind, name):
    return kind(I, H, **{name: ON[name]})


def set_later(kind, name):
    if name == "learn_initial_state":  # has parameters of its own
        return built(kind, name)
    layer = kind(I, H)
    assert quick(layer, torch.ones(2, 1, I))
    setattr(layer, name, ON[name])
    return layer


def of_the_class(kind, name):
    layer = built(kind, name)
    del layer.__dict__[name]
    layer.__class__ = type("Own", (kind,), {name: ON[name]})
    return layer


def computed(kind, name):
    layer = built(kind, name)
    del layer.__dict__[name]
    layer.__class__ = type("Own", (kind,), {name: property(lambda self: ON[name])})
    return layer


@core
@pytest.mark.parametrize("how", [built, set_later, of_the_class, computed])
@pytest.mark.parametrize("name", EXTRAS)
@pytest.mark.parametrize("kind", LAYERS)
def test_an_option_that_is_on_is_never_passed_over(kind, name, how):
    layer, x = how(kind, name), torch.ones(2, 1, I)
    assert not quick(layer, x)
    if how is not computed:
        setattr(layer, name, False)
        if name == "learn_initial_state":
            del layer.h_0
            if kind is LSTM:
                del layer.c_0
        assert quick(layer, x)


@core
@pytest.mark.parametrize("kind", LAYERS)
def test_where_an_option_does_not_count(kind):
    x, h = torch.ones(2, 1, I), torch.zeros(1, 1, H)
    hx = (h, h) if kind is LSTM else h
    assert quick(kind(I, H, recurrent_dropout=0.5).eval(), x)
    assert quick(kind(I, H, learn_initial_state=True), x, hx)
    assert not quick(kind(I, H, zoneout=0.5).eval(), x)


@core
def test_an_accelerated_layer_has_none():
    model = nn.Sequential(nn.GRU(I, H))
    elman.accelerate(model)
    assert not set(EXTRAS) & set(vars(model[0]))
    assert quick(model[0], torch.ones(2, 1, I))


@pytest.mark.parametrize("name", EXTRAS)
def test_a_compiled_call_keeps_to_the_option(name):
    torch.manual_seed(0)
    layer = GRU(I, H, **{name: ON[name]}).eval()
    if name == "learn_initial_state":
        nn.init.normal_(layer.h_0)
    x = torch.randn(4, 2, I)
    run = torch.compile(layer, backend="eager")
    with torch.no_grad():
        y, state = run(x)
        if name == "stateful":
            layer.reset_state()
        expected, last = layer(x)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(state, last)

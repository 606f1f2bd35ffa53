"""An option beyond torch's keeps a layer off the fast path: none can be forgotten."""

import copy
import inspect
import pickle

import pytest
import torch
from torch import nn

import elman
from elman import GRU, LSTM, RNN, ops
from elman.layers._extras import Extended
from elman.layers._twins import EXTRAS, bits_of
from elman.layers.fast._twins import fast_call

I, H = 3, 8
ON = {
    "recurrent_dropout": 0.5,
    "zoneout": 0.5,
    "learn_initial_state": True,
    "stateful": True,
    "state_batch_first": True,
}
LAYERS = [RNN, GRU, LSTM]
core = pytest.mark.skipif(not ops.BUILT, reason="needs the core")


def own_arguments(kind):
    """Return what a layer's constructor takes and torch's does not, and no cell's."""
    known = set(inspect.signature(nn.LSTM).parameters) | {"self", "args", "kwargs"}
    known |= {"proj_size", "nonlinearity", "reset_after", "dtype", "device"}
    known |= set(inspect.signature(nn.RNNBase).parameters)
    return set(inspect.signature(kind).parameters) - known


@pytest.mark.parametrize("kind", LAYERS)
def test_every_option_stands_in_the_table(kind):
    assert own_arguments(kind) == set(EXTRAS) == set(ON)
    for name, when in EXTRAS.items():
        layer = kind(I, H, **{name: ON[name]})
        assert layer._beyond == bits_of(layer) == when
    given = set(inspect.signature(Extended._extend).parameters) - {"self"}
    assert given == set(EXTRAS)


def quick(layer, x, hx=None):
    """Say whether a layer's call goes the fast path, with gradients or without."""
    with torch.no_grad():
        ways = [fast_call(layer, x, hx) is not None]
    ways.append(fast_call(layer, x, hx) is not None)
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
@pytest.mark.parametrize("name", EXTRAS)
def test_copies_and_stored_layers_keep_it(name):
    layer, x = built(GRU, name), torch.ones(2, 1, I)
    assert not quick(copy.deepcopy(layer), x)
    assert not quick(pickle.loads(pickle.dumps(layer)), x)  # noqa: S301
    older = GRU.__new__(GRU)
    state = layer.__getstate__()
    del state["_beyond"]  # as stored before there was one
    older.__setstate__(state)
    assert not quick(older, x)


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

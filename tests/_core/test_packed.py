"""Weights kept in the core's order between short calls are never old ones."""

import gc

import pytest
import torch

from elman import GRU, LSTM, RNN
from elman.ops import _native_calls as calls


@pytest.fixture(params=[RNN, GRU, LSTM])
def layer(request):
    return request.param(5, 20)


def step(layer):
    return layer(torch.ones(1, 1, 5))[0]


def fresh(layer):
    """The same step where nothing is kept: in a training pass."""
    with torch.enable_grad():
        return step(layer).detach()


def change(how, layer):
    weight = layer.weight_hh_l0
    if how == "in place":
        weight.mul_(0.5)
    elif how == "through .data":
        weight.data.mul_(0.5)
    elif how == "bias through .data":
        layer.bias_hh_l0.data.add_(1.0)
    elif how == "new storage":
        weight.data = weight.data * 0.5
    elif how == "new parameter":
        layer.weight_hh_l0 = torch.nn.Parameter(weight * 0.5)
    else:
        layer.load_state_dict({k: v * 0.5 for k, v in layer.state_dict().items()})


@pytest.mark.parametrize(
    "how",
    [
        "in place",
        "through .data",
        "bias through .data",
        "new storage",
        "new parameter",
        "loaded",
    ],
)
def test_a_change_is_seen(layer, how):
    with torch.no_grad():
        before = step(layer)
        assert torch.equal(step(layer), before)
        assert torch.equal(before, fresh(layer))
        # From h = 0 the recurrent weights do not show: start from their product.
        x = torch.ones(3, 1, 5)
        first = layer(x)[0]
        change(how, layer)
        assert not torch.equal(layer(x)[0], first)
        with torch.enable_grad():
            expected = layer(x)[0].detach()
        for _ in range(3):
            assert torch.equal(layer(x)[0], expected)


def test_weights_of_another_dtype_are_seen(layer):
    with torch.no_grad():
        step(layer)
        for dtype in (torch.float64, torch.float32, torch.float64):
            layer.to(dtype)
            x = torch.ones(1, 1, 5, dtype=dtype)
            with torch.enable_grad():
                expected = layer(x)[0].detach()
            for _ in range(2):
                assert torch.equal(layer(x)[0], expected)


def test_nothing_outlives_its_weights(layer):
    gc.collect()
    count = len(calls._packed)
    with torch.no_grad():
        step(layer)
    assert len(calls._packed) == count + 1
    del layer.weight_hh_l0
    layer._flat_weights = []
    gc.collect()
    assert len(calls._packed) == count


@torch.no_grad()
def test_the_other_form_of_a_gru_does_not_find_this_ones():
    layer = GRU(5, 20)
    for layer.reset_after in (True, False, True):
        assert torch.equal(step(layer), fresh(layer))

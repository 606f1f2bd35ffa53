"""Weights are set by the standard equations only where they have that meaning."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import elman
from elman import InputError, init


class Own(nn.LSTM):
    def forward(self, x, hx=None):
        return super().forward(-x, hx)


class Same(nn.LSTM):
    def first(self):
        return self.weight_hh_l0


BY_NAME = {
    "chrono": {"t_max": 9.0},
    "forget_bias": {},
    "orthogonal": {},
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_class_with_its_own_forward_is_refused_and_untouched(name):
    layer = Own(3, 4)
    before = [p.clone() for p in layer.parameters()]
    with pytest.raises(InputError, match="is a Own, which has its own forward"):
        init.apply_(name, layer, **BY_NAME[name])
    with pytest.raises(InputError, match="is a Own, which has its own forward"):
        init.critical_(layer, torch.randn(9, 2, 3))
    for a, b in zip(layer.parameters(), before, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("home", [nn, elman])
def test_a_class_that_only_adds_is_set_as_its_parent(home):
    same = type("Same", (home.LSTM,), {"first": lambda self: self.weight_hh_l0})
    torch.manual_seed(0)
    layer = init.chrono_(same(3, 4), 9.0)
    torch.manual_seed(0)
    want = init.chrono_(home.LSTM(3, 4), 9.0)
    assert torch.equal(layer.bias_ih_l0, want.bias_ih_l0)


def test_a_weight_computed_from_others_is_not_set_in_vain():
    layer = parametrizations.orthogonal(nn.GRU(3, 4), "weight_hh_l0")
    with pytest.raises(InputError, match="weight_hh_l0 is computed from other"):
        init.orthogonal_(layer)
    with pytest.raises(InputError, match="weight_hh_l0 is computed from other"):
        init.critical_(layer, torch.randn(9, 2, 3), redraw=False)
    assert init.chrono_(layer, 9.0) is layer  # biases are its own

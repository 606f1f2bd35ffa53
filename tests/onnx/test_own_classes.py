"""A layer of a class of its own is not written as its parent."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import elman
from elman import InputError
from elman.onnx import export

pytest.importorskip("onnx")


class Own(nn.GRU):
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


class Same(elman.LSTM):
    def sizes(self):
        return self.input_size, self.hidden_size


def test_a_class_with_its_own_forward_is_refused():
    with pytest.raises(InputError, match="is a Own, which has its own forward"):
        export(Own(3, 4))
    layer = nn.GRU(3, 4)
    plain = layer.forward
    layer.forward = lambda *args: plain(*args)
    with pytest.raises(InputError, match="is a GRU whose forward was replaced"):
        export(layer)


def test_hooks_are_not_left_out_silently():
    layer = nn.GRU(3, 4)
    layer.register_forward_hook(lambda _, given, out: (out[0] + 1, out[1]))
    with pytest.raises(InputError, match="forward hooks"):
        export(layer)


def test_a_class_that_only_adds_is_written():
    assert [n.op_type for n in export(Same(3, 4)).graph.node].count("LSTM") == 1


def test_computed_weights_are_written_as_computed():
    layer = parametrizations.weight_norm(nn.GRU(3, 4), "weight_hh_l0")
    with torch.no_grad():
        layer.parametrizations.weight_hh_l0.original0.mul_(2)
    plain = nn.GRU(3, 4)
    with torch.no_grad():
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            getattr(plain, name).copy_(getattr(layer, name))
    got, want = export(layer).graph, export(plain).graph
    assert [c.raw_data for c in got.initializer] == [
        c.raw_data for c in want.initializer
    ]

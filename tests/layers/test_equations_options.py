"""What layers of equations take and refuse: limits, options, a user's own cell."""

from __future__ import annotations

import contextlib
import copy
import pickle

import pytest
import torch

import elman
from elman import InputError, cells, layers, ops
from elman.layers._noise import draw

T, B, I, H = 6, 4, 3, 8


def test_a_layer_is_made_of_a_cell_its_class_or_its_name():
    lru = cells.cell("lru")
    for given in ("lru", type(lru), lru):
        assert type(layers.layer_of(given, 3, 4)) is elman.LRU
    with pytest.raises(InputError, match="did you mean 'gru'"):
        layers.layer_of("gur", 3, 4)


def test_limits_are_kept():
    layer = elman.IndRNN(I, H)
    with torch.no_grad():
        layer.u_l0.fill_(3.0)
    layer(torch.randn(T, B, I))
    assert torch.equal(layer.u_l0, torch.ones(H))
    version = layer.u_l0._version
    layer(torch.randn(T, B, I))
    assert layer.u_l0._version == version


def test_options_of_the_cell():
    layer = elman.IndRNN(I, H, activation="tanh", num_layers=2)
    assert layer.cell.activation == "tanh"
    assert repr(layer) == "IndRNN(3, 8, num_layers=2, activation='tanh')"
    with pytest.raises(InputError):
        elman.IndRNN(I, H, activation="thanh")
    with pytest.raises(TypeError, match=r"IndRNN: .*layers"):
        elman.IndRNN(I, H, layers=2)


class Leaky(elman.Cell):
    """A cell of a user's own."""

    rate: float = 0.5

    def step(self, x, h):
        """Return the new state."""
        new = cells.tanh(self.linear("a", x, h))
        return h + self.rate * (new - h)


def test_a_cell_of_ones_own():
    layer = Leaky.layer(I, H, num_layers=2, bidirectional=True, rate=0.25)
    assert repr(layer) == "Leaky(3, 8, num_layers=2, bidirectional=True, rate=0.25)"
    y, _state = layer(torch.randn(T, B, I), lengths=[6, 1, 0, 3])
    assert y.shape == (T, B, 2 * H)
    assert torch.equal(copy.deepcopy(layer)(y[..., :I])[0], layer(y[..., :I])[0])
    again = pickle.loads(pickle.dumps(layer))  # noqa: S301
    assert torch.equal(again(y[..., :I])[0], layer(y[..., :I])[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_layers": 0}, "num_layers"),
        ({"dropout": 1.5}, "dropout"),
        ({"bias": 1}, "bias must be True or False"),
        ({"zoneout": (0.1, 0.2, 0.3)}, "zoneout must be a number or the pair"),
        ({"stateful": "yes"}, "stateful"),
    ],
)
def test_mistakes(options, words):
    with pytest.raises(InputError, match=words):
        elman.PeepholeLSTM(I, H, **options)


def test_mistakes_of_a_call():
    layer = elman.CoRNN(I, H)
    with pytest.raises(InputError, match="CoRNN: Expected input to be 2D or 3D"):
        layer(torch.zeros(3))
    with pytest.raises(InputError, match=r"hx: a CoRNN's state is the pair \(h_0, z_0"):
        layer(torch.zeros(T, B, I), torch.zeros(1, B, H))
    with pytest.raises(InputError, match=r"z_0 should be \(1, 4, 8\)"):
        layer(torch.zeros(T, B, I), (torch.zeros(1, B, H), torch.zeros(1, B, 9)))
    with pytest.raises(InputError, match=r"cell: expected an elman\.Cell"):
        layers.CellLayer(Leaky, I, H)


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "ordinary"])
@pytest.mark.parametrize("name", ["lru", "linoss"])
def test_parts_of_a_unit_are_held_back_together(name, fast):
    layer = layers.layer_of(cells.cell(name), 2, 4, zoneout=0.5)
    layer.recurrent_dropout = 0.5 if name == "lru" else 0.0
    noise = draw(layer, torch.zeros(5, 3, 2), True)
    own, *parts = noise.stays
    assert parts[0] is parts[1]
    assert not torch.equal(own, parts[0])
    if noise.recurrent is not None:
        assert noise.recurrent[0] is noise.recurrent[1]
    layer.zoneout = (0.0, 1.0, 1.0)
    layer.recurrent_dropout = 0.0
    state = tuple(torch.rand(1, 3, 4) for _ in range(3))
    with contextlib.nullcontext() if fast else ops.record_paths():
        _, last = layer(torch.randn(5, 3, 2), state)
    assert torch.equal(last[1], state[1])
    assert torch.equal(last[2], state[2])


def test_parts_are_states():
    class Turned(type(cells.cell("lru"))):
        parts = (("re", "imaginary"),)

    with pytest.raises(InputError, match=r"Turned\.parts names 'imaginary'"):
        Turned.layer(2, 4)


@pytest.mark.parametrize("name", ["training", "cell", "forward", "_names"])
def test_a_unit_with_the_name_of_a_module_s_own_is_refused(name):
    class Own(elman.Cell):
        def step(self, x, h):
            return cells.tanh(self.linear("a", x, h)) * self.unit(name, 1.0)

    with pytest.raises(InputError, match=rf'self\.unit\("{name}"\) has the name of'):
        Own.one_step(I, H)
    assert f"{name}_l0" in Own.layer(I, H).state_dict()


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_layer_is_made_where_another_device_is_the_default(device):
    with torch.device(device):
        layer = elman.LRU(I, H)
    assert layer.weight_ih_l0.device.type == device
    layer.to_empty(device="cpu").reset_parameters()
    assert layer(torch.zeros(T, B, I))[0].isfinite().all()

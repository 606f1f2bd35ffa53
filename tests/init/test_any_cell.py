"""Initialisations set the gates of any cell, by what its equations do with them."""

import math

import pytest
import torch
from torch import nn

import elman
from elman import InputError, cells, init, layers

I, H = 3, 8


def layer_of(name, **options):
    return layers.layer_of(cells.cell(name), I, H, **options)


KEEP = {
    "janet": ("f", 1),
    "coupled_lstm": ("f", 1),
    "peephole_lstm": ("f", 1),
    "slstm": ("f", 1),
    "mingru": ("z", -1),
}


def bias(layer, gate, ending="_l0"):
    names = cells.row_blocks(layer.cell.traced, "bias")
    return getattr(layer, "bias" + ending).detach().chunk(len(names))[names.index(gate)]


@pytest.mark.parametrize("name", KEEP)
def test_the_gate_that_keeps_gets_the_bias(name):
    layer = layer_of(name, num_layers=2, bidirectional=True)
    gate, sign = KEEP[name]
    before = {k: v.clone() for k, v in layer.state_dict().items()}
    init.forget_bias_(layer, 2.5)
    for ending in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        assert (bias(layer, gate, ending) == sign * 2.5).all()
    for key, value in layer.state_dict().items():
        if not key.startswith("bias"):
            assert torch.equal(value, before[key])
    init.chrono_(layer, 50.0, generator=torch.Generator().manual_seed(0))
    drawn = sign * bias(layer, gate)
    assert (drawn >= 0).all()
    assert (drawn <= math.log(49)).all()
    assert drawn.std() > 0.1


def test_chrono_shuts_what_writes():
    layer = init.chrono_(layer_of("peephole_lstm"), 20.0)
    assert torch.equal(bias(layer, "i"), -bias(layer, "f"))


def test_a_normalised_gate_is_set_by_its_shift():
    layer = init.forget_bias_(layer_of("layer_norm_lstm"), 1.5)
    assert (layer.f_shift_l0 == 1.5).all()


@pytest.mark.parametrize("name", ["janet", "slstm", "cornn"])
def test_every_matrix_becomes_orthogonal(name):
    heads = {"heads": 2} if name == "slstm" else {}
    layer = init.orthogonal_(layers.layer_of(cells.cell(name, **heads), I, H))
    rows = H // (2 if heads else 1)
    for block in layer.weight_hh_l0.detach().split(rows):
        unit = block.T @ block
        assert (unit - torch.eye(len(unit))).abs().max() < 1e-5


def test_critical_finds_the_edge_of_another_cell():
    torch.manual_seed(0)
    layer = layers.layer_of(cells.cell("coupled_lstm"), I, 16)
    x = torch.randn(120, 4, I)
    init.critical_(layer, x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = layer

        def forward(self, x):
            return self.rnn(x)[0][-1].sum(-1)

    d = elman.diagnose(Net(), x, torch.zeros(4), nn.functional.mse_loss, needed=20)
    assert abs(d.lyapunov[0].exponents[0]) < 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: init.chrono_(layer_of("cornn"), 9.0), "CoRNN has no gate that keeps"),
        (lambda: init.orthogonal_(layer_of("mingru")), "no matrix of MinGRU brings"),
        (lambda: init.orthogonal_(layer_of("lru")), "no matrix of LRU brings"),
        (
            lambda: init.orthogonal_(layer_of("orthogonal")),
            "OrthogonalRNN computes weight_hh from",
        ),
        (
            lambda: init.critical_(layer_of("antisymmetric"), torch.randn(9, 2, I)),
            "AntisymmetricRNN computes weight_hh from",
        ),
        (
            lambda: init.forget_bias_(layer_of("janet", bias=False)),
            "gate f of JANET has no bias",
        ),
        (lambda: init.identity_(layer_of("janet")), "JANET layers keep their state by"),
        (lambda: init.identity_(layer_of("lru")), "LRU layers keep their state by eq"),
        (
            lambda: init.critical_(layer_of("indrnn"), torch.randn(9, 2, I)),
            "no matrix of IndRNN brings",
        ),
    ],
)
def test_what_does_not_fit_a_cell(change, words):
    with pytest.raises(InputError, match=words):
        change()

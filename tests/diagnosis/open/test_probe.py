"""The opened model computes the same, and is left as it was found."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman
from elman import InputError
from elman.diagnosis.open._probe import opened

EPS = torch.finfo(torch.float64).eps
TOL = 8 * 9 * 12 * EPS


def same(a, b):
    if isinstance(a, tuple):
        return type(a) is type(b) and all(
            same(p, q) for p, q in zip(a, b, strict=True) if p is not None
        )
    return a.shape == b.shape and (a - b).abs().max() <= TOL


FORMS = {
    "seq first": (False, (9, 3, 4)),
    "batch first": (True, (3, 9, 4)),
    "unbatched": (True, (9, 4)),
}


@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("home", [nn, elman])
def test_same_output_in_the_same_form(home, cell, form, state):
    first, shape = FORMS[form]
    layer = getattr(home, cell)(
        4, 5, num_layers=2, bidirectional=True, batch_first=first
    ).double()
    x = torch.randn(shape, dtype=torch.float64)
    hx = None
    if state:
        rows = () if form == "unbatched" else (3,)
        hx = torch.randn(4, *rows, 5, dtype=torch.float64)
        hx = (hx, -hx) if cell == "LSTM" else hx
    want = layer(x, hx)
    with opened(layer):
        assert same(layer(x, hx), want)


@pytest.mark.parametrize("sort", [False, True])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_packed_goes_in_and_comes_out(cell, sort):
    layer = getattr(nn, cell)(4, 5, num_layers=2, bidirectional=True).double()
    lengths = [9, 7, 7, 1] if sort else [7, 9, 1, 7]
    x = torch.randn(9, 4, 4, dtype=torch.float64)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=sort)
    hx = torch.randn(4, 4, 5, dtype=torch.float64)
    hx = (hx, -hx) if cell == "LSTM" else hx
    want = layer(packed, hx)
    with opened(layer):
        got = layer(packed, hx)
    assert isinstance(got[0], PackedSequence)
    assert same(got[0].data, want[0].data)
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        a, b = getattr(got[0], name), getattr(want[0], name)
        assert (a is b is None) or torch.equal(a, b)
    assert same(got[1], want[1])


def test_lengths_of_elman_layers_and_garbage_in_the_padding():
    layer = elman.LSTM(4, 5, batch_first=True).double()
    x = torch.randn(3, 9, 4, dtype=torch.float64)
    x[1, 2:] = torch.nan
    want = layer(x, lengths=[9, 2, 0])
    with opened(layer) as tracks:
        assert same(layer(x, lengths=[9, 2, 0]), want)
    assert tracks[0].lengths.tolist() == [9, 2, 0]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.rnn = nn.GRU(4, 5, 2, batch_first=True, dropout=0.5)
        self.out = nn.Linear(5, 1)
        self.memory = None

    def forward(self, x, fail=False):
        x = self.norm(x.transpose(1, 2)).transpose(1, 2)
        y, self.memory = self.rnn(x)
        if fail:
            raise KeyError("on purpose")
        return self.out(y[:, -1])


def snapshot(model):
    return (
        copy.deepcopy(model.state_dict()),
        [p.grad.clone() for p in model.parameters()],
        torch.get_rng_state(),
        model.training,
        model.memory,
        "forward" in model.rnn.__dict__,
        sorted(model.rnn.__dict__),
    )


def equal(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b


@pytest.mark.parametrize("fail", [False, True])
def test_model_is_left_as_it_was(fail):
    model = Model()
    x = torch.randn(3, 9, 4)
    model(x).sum().backward()
    model.memory = None
    before = snapshot(model)
    seen = []
    model.rnn.register_forward_hook(lambda *_: seen.append(1))
    try:
        with opened(model):
            model.train(False)
            model.train(True)
            model(x, fail)
    except KeyError:
        assert fail
    assert seen == [1]  # hooks of the user's run as ever
    assert equal(snapshot(model), before)


def test_a_forward_of_the_users_own_is_refused_and_stays():
    model = Model()
    plain = model.rnn.forward

    def own(*args):
        return plain(*args)

    model.rnn.forward = own
    words = "model.rnn: is a GRU whose forward was replaced"
    with pytest.raises(InputError, match=words), opened(model):
        pass
    assert model.rnn.forward is own


def test_frozen_weights_still_show_adjoints():
    layer = nn.LSTM(4, 5).requires_grad_(False)
    with opened(layer) as tracks:
        y, _ = layer(torch.randn(6, 2, 4))
        assert y.requires_grad
    assert len(tracks[0].states) == 6


def test_calls_that_hand_on_their_state_make_one_track():
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.GRU(4, 5)
            self.decoder = nn.GRU(1, 5)
            self.out = nn.Linear(5, 1)

        def forward(self, x):
            _, h = self.encoder(x)
            y, outs = x.new_zeros(1, x.shape[1], 1), []
            for _ in range(7):
                s, h = self.decoder(y, h)
                y = self.out(s)
                outs.append(y)
            return torch.cat(outs)

    model = Decoder()
    with opened(model) as tracks:
        model(torch.randn(9, 2, 4))
        assert [(t.name, len(t.states)) for t in tracks] == [
            ("encoder", 9),
            ("decoder", 7),
        ]
    with opened(model) as tracks:  # two sequences are two tracks
        model.encoder(torch.randn(9, 2, 4))
        model.encoder(torch.randn(3, 2, 4))
        assert [len(t.states) for t in tracks] == [9, 3]


def test_without_a_recurrent_layer():
    words = "no recurrent layer in Linear"
    with pytest.raises(InputError, match=words), opened(nn.Linear(2, 2)):
        pass


def test_lazy_model():
    model = nn.Sequential(nn.LazyLinear(3), nn.GRU(3, 4))
    with pytest.raises(InputError, match="lazy parameters"), opened(model):
        pass


def test_no_steps():
    layer = nn.GRU(3, 4)
    with opened(layer), pytest.raises(InputError, match="0 steps"):
        layer(torch.zeros(0, 2, 3))

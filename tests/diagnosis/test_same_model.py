"""What is examined is what the model computes, whatever options its layers have.

Outputs, states, loss and every gradient of the opened model are compared with the
model's own, from the same random state, so that everything drawn is drawn alike.
"""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import InputError
from elman.diagnosis.measure._chunked import truncated, watched
from elman.diagnosis.open._probe import opened

B, T, I, H = 4, 7, 3, 5
TOL = 64 * T * H * torch.finfo(torch.float64).eps
LENGTHS = [4, 7, 1, 6]

OPTIONS = {
    "plain": {},
    "dropout": {"dropout": 0.4},
    "zoneout": {"zoneout": 0.3},
    "recurrent dropout": {"recurrent_dropout": 0.3},
    "both, with dropout": {"zoneout": 0.3, "recurrent_dropout": 0.2, "dropout": 0.3},
    "learned": {"learn_initial_state": True},
    "stateful": {"stateful": True},
    "detached": {"stateful": "detached"},
    "learned, stateful": {"learn_initial_state": True, "stateful": True},
    "state first": {"state_batch_first": True},
    "no bias": {"bias": False},
    "batch first": {"batch_first": True, "state_batch_first": True},
}
CELLS = {
    "RNN": (elman.RNN, {}),
    "RNN sigmoid": (elman.RNN, {"nonlinearity": "sigmoid"}),
    "GRU": (elman.GRU, {}),
    "GRU before": (elman.GRU, {"reset_after": False}),
    "LSTM": (elman.LSTM, {}),
    "LSTM projected": (elman.LSTM, {"proj_size": 2}),
    "torch RNN": (nn.RNN, {"nonlinearity": "relu"}),
    "torch GRU": (nn.GRU, {}),
    "torch LSTM": (nn.LSTM, {"proj_size": 2}),
}


def built(cell, option, **more):
    kind, own = CELLS[cell]
    options = OPTIONS[option] | own | more
    torch.manual_seed(3)
    layer = kind(I, H, **options).double()
    for name in ("h_0", "c_0"):
        if isinstance(getattr(layer, name, None), nn.Parameter):
            nn.init.normal_(getattr(layer, name))
    return layer


def tensors(value):
    if isinstance(value, torch.Tensor):
        return [value.values() if value.is_nested else value]
    if isinstance(value, (tuple, list)):
        return [t for part in value for t in tensors(part)]
    return []


def run(layer, *args, **kwargs):
    """Outputs, loss and all gradients of a call, from one random state."""
    torch.manual_seed(11)
    found = tensors(layer(*args, **kwargs))
    found = [t for t in found if t.is_floating_point()]
    generator = torch.Generator().manual_seed(5)
    loss = sum(
        (t * torch.randn(t.shape, generator=generator, dtype=t.dtype)).sum()
        for t in found
    )
    weights = [p for p in layer.parameters() if p.requires_grad]
    x = [t for t in tensors([args, list(kwargs.values())]) if t.requires_grad]
    gradients = torch.autograd.grad(
        loss, weights + x, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return [t.detach() for t in (*found, loss, *gradients)]


def same(got, want):
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        assert (a - b).abs().max() <= TOL * max(1.0, float(b.abs().max()))


def compare(layer, *args, **kwargs):
    own = copy.deepcopy(layer)
    want = run(own, *args, **kwargs)
    with opened(layer) as tracks:
        same(run(layer, *args, **kwargs), want)
    return tracks


def fits(cell, option):
    return not cell.startswith("torch") or option in ("plain", "dropout", "no bias")


CASES = [(c, o) for c in CELLS for o in OPTIONS if fits(c, o)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("stack", [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize(("cell", "option"), CASES)
def test_loss_and_gradients_are_the_models_own(cell, option, stack, training):
    layers, two = stack
    if layers == 1 and "dropout" in OPTIONS[option]:
        pytest.skip("dropout is between layers")
    layer = built(cell, option, num_layers=layers, bidirectional=two).train(training)
    shape = (B, T, I) if layer.batch_first else (T, B, I)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    tracks = compare(layer, x)
    assert len(tracks) == layers * (2 if two else 1)
    assert all(len(track.states) == T for track in tracks)


@pytest.mark.parametrize("option", [o for o in OPTIONS if o != "batch first"])
@pytest.mark.parametrize("cell", ["RNN", "GRU before", "LSTM projected"])
@pytest.mark.parametrize("form", ["lengths", "packed", "jagged", "unbatched", "given"])
def test_every_form_of_a_batch(cell, option, form):
    layer = built(cell, option, num_layers=2, bidirectional=True).train()
    x = torch.randn(T, B, I, dtype=torch.float64, requires_grad=True)
    if form == "lengths":
        compare(layer, x, lengths=LENGTHS)
    elif form == "packed":
        given = pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
        tracks = compare(layer, given)
        assert tracks[0].lengths.tolist() == LENGTHS
    elif form == "jagged":
        rows = [torch.randn(n, I, dtype=torch.float64) for n in LENGTHS]
        compare(layer, torch.nested.nested_tensor(rows, layout=torch.jagged))
    elif form == "unbatched":
        compare(layer, x[:, 0])
    else:
        places = 4
        widths = [2, H] if cell.startswith("LSTM") else [H]
        turned = layer.state_batch_first
        shapes = [(B, places, w) if turned else (places, B, w) for w in widths]
        hx = tuple(torch.randn(s, dtype=torch.float64) for s in shapes)
        compare(layer, x, hx if len(hx) == 2 else hx[0])


@pytest.mark.parametrize("stateful", [True, "detached"])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_a_state_carried_over_is_gone_on_from_and_kept(cell, stateful):
    layer = built(cell, "plain", stateful=stateful)
    before = torch.randn(5, B, I, dtype=torch.float64)
    with torch.no_grad():
        layer(before)
    carried = layer._carried
    kept = [s.clone() for s in carried.states]
    tracks = compare(layer, torch.randn(T, B, I, dtype=torch.float64))
    assert layer._carried is carried
    for a, b in zip(carried.states, kept, strict=True):
        assert torch.equal(a, b)
    for a, b in zip(tracks[0].start, kept, strict=True):
        assert torch.equal(a, b[0])


def test_calls_of_a_stateful_layer_make_one_sequence():
    class Twice(nn.Module):
        def __init__(self, stateful):
            super().__init__()
            self.rnn = elman.LSTM(I, H, stateful=stateful).double()

        def forward(self, x):
            return torch.cat([self.rnn(part)[0] for part in x.split(3)])

    x = torch.randn(9, B, I, dtype=torch.float64)
    assert [len(t.states) for t in compare(Twice(True), x)] == [9]
    assert [len(t.states) for t in compare(Twice("detached"), x)] == [3, 3, 3]


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
@pytest.mark.parametrize("option", ["zoneout", "recurrent dropout", "learned"])
def test_truncation_runs_the_same_model(cell, option):
    layer = built(cell, option, num_layers=2, bidirectional=True)
    x = torch.randn(T, B, I, dtype=torch.float64)
    own = copy.deepcopy(layer)
    want = run(own, x)
    with watched(layer) as calls:
        same(run(layer, x), want)
    with truncated(layer, calls, T, 0):
        same(run(layer, x), want)
    outputs = 1 + (2 if cell == "LSTM" else 1)
    with truncated(layer, calls, 3, 0):  # cut: the values stay, the gradients do not
        cut = run(layer, x)
    same(cut[: outputs + 1], want[: outputs + 1])
    weights = [n for n, _ in layer.named_parameters()]
    at = outputs + 1 + weights.index("weight_hh_l0")
    assert (cut[at] - want[at]).abs().max() > 1e-6


def computed(layer):
    parametrizations.weight_norm(layer, "weight_hh_l0")
    return layer


def normed(layer):
    with pytest.warns(FutureWarning):
        return nn.utils.weight_norm(layer, "weight_hh_l0")


@pytest.mark.parametrize("change", [computed, normed])
@pytest.mark.parametrize("home", [nn, elman])
def test_weights_made_from_others(home, change):
    layer = change(home.LSTM(I, H).double())
    x = torch.randn(T, B, I, dtype=torch.float64)
    with torch.no_grad():
        for p in layer.parameters():
            p.mul_(1.3)
    want = run(layer, x)
    with opened(layer):
        same(run(layer, x), want)


class WeightDrop(nn.Module):
    """Other recurrent weights at every call, made from a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(I, H).double()
        self.raw = nn.Parameter(self.rnn.weight_hh_l0.detach().clone())
        del self.rnn._parameters["weight_hh_l0"]

    def forward(self, x):
        self.rnn.weight_hh_l0 = nn.functional.dropout(self.raw, 0.5, self.training)
        return self.rnn(x)[0]


def test_weight_drop():
    model = WeightDrop()
    x = torch.randn(T, B, I, dtype=torch.float64)
    want = run(model, x)
    with opened(model):
        same(run(model, x), want)


def test_hooks_that_change_what_enters_and_leaves():
    layer = nn.GRU(I, H).double()
    layer.register_forward_pre_hook(lambda _, given: (2 * given[0], *given[1:]))
    layer.register_forward_hook(lambda _, given, out: (out[0] + 1, -out[1]))
    x = torch.randn(T, B, I, dtype=torch.float64)
    want = run(layer, x)
    with opened(layer) as tracks:
        same(run(layer, x), want)
    assert torch.equal(tracks[0].x[0], 2 * x[0])


@pytest.mark.parametrize("home", [nn, elman])
@pytest.mark.parametrize("cell", ["RNNCell", "GRUCell", "LSTMCell"])
def test_cells(home, cell):
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = getattr(home, cell)(I, H).double()

        def forward(self, x):
            state = None
            for step in x:
                state = self.cell(step, state)
            return state

    x = torch.randn(T, B, I, dtype=torch.float64, requires_grad=True)
    tracks = compare(Loop(), x)
    assert [len(t.states) for t in tracks] == [T]


class Named(nn.LSTM):
    """Computes what its parent does."""

    def __init__(self, *args):
        super().__init__(*args)
        self.note = "mine"

    def sizes(self):
        return self.input_size, self.hidden_size

    def extra_repr(self):
        return f"{super().extra_repr()}, mine"


class OwnForward(nn.LSTM):
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


class OwnCall(elman.GRU):
    def _initial(self, batch, hx):
        return tuple(s + 1 for s in super()._initial(batch, hx))


class Doubling:
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


class Mixed(Doubling, nn.GRU):
    pass


class OwnCell(nn.GRUCell):
    def forward(self, x, hx=None):
        return super().forward(x, hx) / 2


class Another(nn.RNNCellBase):
    def __init__(self):
        super().__init__(I, H, True, 1)

    def forward(self, x, h=None):
        return x @ self.weight_ih.t()


def patched():
    layer = nn.GRU(I, H)
    plain = layer.forward
    layer.forward = lambda *args: plain(*args)
    return layer


def test_a_subclass_that_changes_nothing_is_what_its_parent_is():
    layer = Named(I, H).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    kind = type(layer)
    compare(layer, x)
    assert type(layer) is kind
    assert elman.init.chrono_(layer, 9.0) is layer


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (OwnForward(I, H), "is a OwnForward, which has its own forward"),
        (OwnCall(I, H), "is a OwnCall, which has its own _initial"),
        (Mixed(I, H), "is a Mixed, which has its own forward"),
        (OwnCell(I, H), "is a OwnCell, which has its own forward"),
        (Another(), "is a Another, whose equations are its own"),
        (patched(), "is a GRU whose forward was replaced"),
    ],
)
def test_what_may_compute_something_else_is_refused_by_name(layer, words):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.known = nn.GRU(I, H)
            self.own = layer

        def forward(self, x):
            return self.known(x)[0]

    x, y = torch.randn(T, B, I), torch.zeros(T, B, H)
    loss = nn.functional.mse_loss
    with pytest.raises(InputError, match=f"model.own: {words}"):
        elman.diagnose(Net(), x, y, loss)
    for examine in (
        elman.diagnosis.first_nonfinite,
        elman.diagnosis.truncation_bias,
    ):
        with pytest.raises(InputError, match=r"model\.own"):
            examine(Net(), x, y, loss)
    with pytest.raises(InputError, match=r"model\.own"):
        elman.diagnosis.FlowRecorder(Net())

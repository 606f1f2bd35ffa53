"""Flow recorded in a plain loop: the numbers of the opened model, and the alarms."""

import copy
import json
import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import InputError
from elman.diagnosis import FlowRecorder, FlowWarning
from elman.diagnosis.measure._profile import adjoints
from elman.diagnosis.open._probe import opened
from elman.diagnosis.watch._lag_bins import by_lag, firsts, pairs
from tolerance import tolerance

T, B, I, H = 21, 4, 3, 5


def test_bins_cover_every_lag_once():
    for longest in (0, 1, 7, 8, 9, 10, 63, 64, 1000):
        begin = firsts(longest)
        covered = [lag for a, b in pairs(len(begin)) for lag in range(a, b + 1)]
        assert covered[: longest + 1] == list(range(longest + 1))
        assert len(covered) - 1 <= max(8, longest * 1.25 + 1)
    assert firsts(40) == (*range(8), 8, 10, 12, 14, 16, 20, 24, 28, 32, 40)


def test_means_by_lag_are_plain_means(rng):
    norms = rng.random((30, 3))
    lengths = np.array([30, 11, 0])
    found = by_lag(norms, lengths)
    for value, (low, high) in zip(found, pairs(len(found)), strict=True):
        inside = [
            norms[n - 1 - lag, row]
            for row, n in enumerate(lengths)
            for lag in range(low, high + 1)
            if n - 1 - lag >= 0
        ]
        assert value == pytest.approx(np.mean(inside), rel=1e-14)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Model(nn.Module):
    def __init__(self, cell, **kwargs):
        super().__init__()
        self.rnn = cell(I, H, batch_first=True, **kwargs)

    def forward(self, x, lengths=None):
        if lengths is None:
            return self.rnn(x)[0]
        if isinstance(self.rnn, (elman.GRU, elman.LSTM)):
            return self.rnn(x, lengths=lengths)[0]
        packed = pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
        return self.rnn(packed)[0].data


class Loop(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x, lengths=None):
        state, outputs = None, []
        for step in x.unbind(1):
            state = self.cell(step, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs, 1)


class ByStep(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.layer = cell(I, H, batch_first=True)

    def forward(self, x, lengths=None):
        state, outputs = None, []
        for step in x.split(1, 1):
            y, state = self.layer(step, state)
            outputs.append(y)
        return torch.cat(outputs, 1)


MODELS = {
    "torch rnn": lambda: Model(nn.RNN),
    "torch gru": lambda: Model(nn.GRU, num_layers=2, bidirectional=True),
    "torch lstm": lambda: Model(nn.LSTM, num_layers=2, bidirectional=True),
    "torch projected": lambda: Model(nn.LSTM, proj_size=2),
    "elman gru": lambda: Model(elman.GRU, reset_after=False, bidirectional=True),
    "elman lstm": lambda: Model(elman.LSTM, num_layers=2),
    "loop gru": lambda: Loop(nn.GRUCell(I, H)),
    "loop lstm": lambda: Loop(elman.LSTMCell(I, H)),
    "loop before": lambda: Loop(elman.GRUCell(I, H, reset_after=False)),
    "by step": lambda: ByStep(nn.LSTM),
}
RAGGED = [None, [7, T, 1, 12]]


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        (n, k)
        for n in MODELS
        for k in RAGGED
        if k is None or n.split()[0] in ("torch", "elman")
    ],
)
def test_the_profile_is_exact_and_the_gradients_are_not_touched(name, lengths):
    model = MODELS[name]().double()
    kinds = [type(m) for m in model.modules()]
    x = torch.randn(B, T, I, dtype=torch.float64)
    before = torch.autograd.grad(
        model(x, lengths).sin().sum(), list(model.parameters())
    )
    with FlowRecorder(model, every=2) as flow:
        for _ in range(3):
            model.zero_grad()
            model(x, lengths).sin().sum().backward()
    assert [type(m) for m in model.modules()] == kinds
    limit = tolerance(torch.float64, B * T * (I + H), T)
    for p, g in zip(model.parameters(), before, strict=True):
        assert (p.grad - g).abs().max() <= limit * max(1.0, float(g.abs().max()))

    with opened(model) as tracks:
        loss = model(x, lengths).sin().sum()
        want = {
            track.title: by_lag(
                adjoints(track, loss)[0].norm(dim=-1).numpy()
                if not (track.reverse and lengths)
                else _turned(adjoints(track, loss)[0].norm(dim=-1), track),
                track.lengths.numpy(),
            )
            for track in tracks
        }
    found = flow.to_dict()
    assert found["steps"] == [1, 3]
    assert {layer["name"] for layer in found["layers"]} == set(want)
    for layer in found["layers"]:
        for norms in layer["norm"]:
            theirs = want[layer["name"]]
            assert norms == pytest.approx(theirs, abs=limit * max(theirs))
    json.dumps(found, allow_nan=False)


def _turned(norms, track):
    """In a reverse track a row waits first; here its steps come first."""
    waits = len(norms) - track.lengths
    rows = [norms[int(w) :, b] for b, w in enumerate(waits)]
    return torch.nn.utils.rnn.pad_sequence(
        [torch.nn.functional.pad(r, (0, len(norms) - len(r))) for r in rows]
    ).numpy()


@pytest.mark.parametrize("layer", [nn.GRU, elman.GRU])
def test_a_bare_layer(layer):
    model = layer(I, H)
    with FlowRecorder(model, every=1) as flow:
        model(torch.randn(T, B, I))[0][-1].sum().backward()
    assert type(model) is layer
    assert flow.to_dict()["layers"][0]["name"] == "model"
    assert flow.to_dict()["layers"][0]["norm"][0][0] == pytest.approx(H**0.5, rel=1e-5)


def test_only_training_steps_count():
    model = Model(nn.GRU)
    x = torch.randn(B, T, I)
    with FlowRecorder(model, every=1) as flow:
        model(x).sum().backward()
        with torch.no_grad():
            model(x)
        model.eval()
        model(x).sum().backward()
        model.train()
        model(x).sum().backward()
        model(x)  # nothing comes back
        model(x).sum().backward()
    assert flow.steps == [1, 2, 4]
    model(x).sum().backward()
    assert flow.steps == [1, 2, 4]  # detached
    assert not model._forward_hooks
    assert not model._forward_pre_hooks


def test_history_is_bounded_and_covers_everything():
    model = Model(elman.RNN)
    x = torch.randn(1, 3, I)
    with FlowRecorder(model, every=2, keep=8, warn=False) as flow:
        for _ in range(100):
            model(x).sum().backward()
    assert flow.steps == [1, 17, 33, 49, 65, 81, 97]
    assert len(flow.to_dict()["layers"][0]["norm"]) == 7


def test_an_error_in_forward_leaves_no_trace():
    class Broken(Model):
        def forward(self, x, lengths=None):
            super().forward(x)
            raise KeyError("on purpose")

    model = Broken(nn.GRU)
    with FlowRecorder(model, every=1), pytest.raises(KeyError):
        model(torch.randn(B, T, I))
    assert type(model.rnn) is nn.GRU
    assert not model.rnn._forward_hooks
    assert not model.rnn._forward_pre_hooks


def test_a_copy_made_meanwhile_is_its_own():
    model = Model(nn.GRU)
    x = torch.randn(B, T, I)
    with FlowRecorder(model, every=1) as flow:
        model(x).sum().backward()
        twin = copy.deepcopy(model)
        twin(x).sum().backward()
        assert flow.steps == [1]
        assert torch.equal(twin(x), model(x))


def linear(gain):
    model = Model(elman.RNN, nonlinearity="identity")
    model.rnn.weight_hh_l0.data = gain * torch.eye(H)
    return model


def last(model, x):
    model.zero_grad()
    model(x)[:, -1].sum().backward()


def alarms_of(model, change, steps=40, **options):
    """Train nothing for a while, break the model, and see what is said."""
    x = 0.1 * torch.randn(B, 64, I)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with FlowRecorder(model, every=2, **options) as flow:
            for step in range(steps):
                if step == 20:
                    change(model)
                last(model, x)
    assert all(issubclass(w.category, FlowWarning) for w in seen)
    assert [str(w.message) for w in seen] == [
        f"gradient flow: {alarm['message']}" for alarm in flow.alarms
    ]
    return flow.alarms


def gain(value):
    def change(model):
        model.rnn.weight_hh_l0.data = value * torch.eye(H)

    return change


def test_a_healthy_model_raises_no_alarm():
    assert alarms_of(linear(0.98), lambda model: None) == []
    assert alarms_of(linear(0.98), gain(1.02)) == []


@pytest.mark.parametrize("needed", [None, 50])
def test_a_collapse(needed):
    (alarm,) = alarms_of(linear(0.98), gain(0.3), needed=needed)
    assert alarm["kind"] == "collapsed"
    assert 21 <= alarm["step"] <= 25
    # 0.3^5 = 0.0024, 0.3^6 = 0.0007: five steps.
    assert "reaches 5 steps back, in rnn" in alarm["message"]
    assert ("50 are needed" if needed else "63 at step 1") in alarm["message"]


def test_a_collapse_from_the_start_is_seen_when_the_need_is_known():
    (alarm,) = alarms_of(linear(0.3), lambda model: None, needed=50)
    assert (alarm["kind"], alarm["step"]) == ("collapsed", 3)
    assert alarms_of(linear(0.3), lambda model: None) == []


def test_an_explosion_along_the_sequence():
    (alarm,) = alarms_of(linear(0.98), gain(1.2))
    assert alarm["kind"] == "exploded"
    # 1.2^63 = 9.7e4 at the first step; the last bin averages 1.2^56 to 1.2^63.
    assert "grows" in alarm["message"]


def test_a_gradient_that_is_not_finite():
    alarms = alarms_of(linear(0.98), gain(math.inf))
    assert alarms[0]["kind"] == "nonfinite"
    assert "first_nonfinite" in alarms[0]["message"]


def test_a_loop_that_stops_at_the_first_nan_is_told():
    model = linear(1.0)
    x = torch.randn(B, T, I)
    flow = FlowRecorder(model, every=1).attach()
    last(model, x)
    gain(math.nan)(model)
    last(model, x)
    with pytest.warns(FlowWarning, match="not finite"):
        flow.detach()


def test_one_odd_step_is_no_alarm():
    model = linear(0.98)
    x = torch.randn(B, 64, I)
    with FlowRecorder(model, every=2) as flow:
        for step in range(30):
            gain(0.2 if step == 14 else 0.98)(model)
            last(model, x)
    assert flow.alarms == []


def test_as_a_callback_of_the_training_loop():
    from elman.training import Rows, TrainingSettings, train

    class Last(Model):
        def forward(self, x):
            return super().forward(x)[:, -1, :1]

    module = Last(nn.LSTM)
    flow = FlowRecorder(every=3)
    x, y = torch.randn(64, T, I), torch.randn(64, 1)
    settings = TrainingSettings(epochs=2, batch_size=8)
    train(module, nn.functional.mse_loss, Rows(x, y), None, settings, [flow])
    assert flow.steps == [1, 4, 7, 10, 13, 16]
    assert not module._forward_pre_hooks


def test_what_cannot_be_recorded():
    with pytest.raises(InputError, match="no recurrent layer"):
        FlowRecorder(nn.Linear(2, 2))
    with pytest.raises(InputError, match="every must be at least 1"):
        FlowRecorder(nn.GRU(2, 2), every=0)
    with pytest.raises(InputError, match="none was given"):
        FlowRecorder().attach()
    compiled = nn.GRU(2, 2)
    compiled._orig_mod = nn.GRU(2, 2)  # how torch.compile marks what it wraps
    with pytest.raises(InputError, match=r"before torch\.compile"):
        FlowRecorder(compiled)


def test_what_never_arrived_is_no_collapse():
    """A head at zero lets nothing through, however long the training."""
    model = MODELS["by step"]()
    with FlowRecorder(model, every=1) as flow:
        for _ in range(6):
            (0.0 * model(torch.randn(B, T, I), None)).sum().backward()
    assert flow.alarms == []
    assert flow.to_dict()["layers"][0]["reach"] == [0] * 6


def test_the_state_goes_on_where_it_was():
    model = MODELS["by step"]()

    def train(flow, steps):
        with flow:
            for _ in range(steps):
                model(torch.ones(B, T, I), None).sin().sum().backward()

    whole, first, second = (FlowRecorder(model, every=2, keep=4) for _ in range(3))
    train(whole, 20)
    train(first, 11)
    second.load_state_dict(first.state_dict())
    train(second, 9)
    assert second.to_dict() == whole.to_dict()
    assert second.state_dict()["alarm"] == whole.state_dict()["alarm"]


def test_reach_and_lags_end_with_the_sequences():
    """The last bin of lags is wider than a sequence of 30 steps is long."""
    model = MODELS["by step"]()
    with FlowRecorder(model, every=1) as flow:
        model(torch.ones(B, 30, I), None).sum().backward()
    found = flow.to_dict()
    assert found["lags"][-1] == [28, 29]
    assert found["layers"][0]["reach"] == [29]

"""Other cells in the place of a model's own: which, with what state, and measured."""

import json
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import cells
from elman.cells import sigmoid
from elman.diagnosis import diagnose, prescribe
from elman.diagnosis.remedy._other_cells import LOOKED_AT, other_cells, start_of
from elman.diagnosis.remedy._state_form import HANDED, IGNORED, READ, uses_of_states

I, H, T = 3, 8, 60


class Base(nn.Module):
    def __init__(self, cell="GRU", **options):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = getattr(nn, cell)(I, H, batch_first=True, **options)
        self.out = nn.Linear(H, 1)


class Last(Base):
    def forward(self, x):
        self.rnn.flatten_parameters()
        return self.out(self.rnn(x)[0][:, -1])


class Projected(Base):
    def __init__(self):
        super().__init__("LSTM", proj_size=2)

    def forward(self, x):
        return self.rnn(x)[0][:, -1, :1]


class ReadsH(Base):
    def forward(self, x):
        return self.out(self.rnn(x)[1][-1])


class ReadsBoth(Base):
    def forward(self, x):
        _, (h, c) = self.rnn(x)
        return self.out(h[-1] + c[-1])


class Returns(Base):
    def forward(self, x):
        y, state = self.rnn(x)
        return self.out(y[:, -1]), state


class Chunks(Base):
    def forward(self, x):
        state = None
        for part in x.split(20, 1):
            y, state = self.rnn(part, state)
        return self.out(y[:, -1])


class Keeps(Base):
    state = None

    def forward(self, x):
        y, self.state = self.rnn(x, self.state)
        return self.out(y[:, -1])


def batch(rows=4):
    torch.manual_seed(1)
    return torch.randn(rows, T, I), torch.randn(rows, 1)


def first(output, target):
    return mse_loss(output[0] if isinstance(output, tuple) else output, target)


def tried(model, remedies=("cell",), **options):
    return prescribe(model, *batch(), first, T, remedies=remedies, **options)


@pytest.mark.parametrize(
    ("model", "use"),
    [
        (Last(), IGNORED),
        (ReadsH(), READ),
        (ReadsBoth("LSTM"), READ),
        (Returns(), READ),
        (Chunks(), HANDED),
        (Keeps(), HANDED),
    ],
)
def test_what_a_model_does_with_a_state(model, use):
    assert uses_of_states(model, batch()[0]) == {"rnn": use}
    assert not model.rnn._forward_hooks
    assert not model.rnn._forward_pre_hooks
    assert getattr(model, "state", None) is None


def test_of_each_kind_one_and_not_too_many_looked_at():
    model, skipped = Last(), {}
    found = list(other_cells(model, T, {"rnn": batch()[0]}, skipped))
    assert found[0] == "lstm"
    assert "gru" not in found
    steps = [cells.cell(name).traced for name in found[1:]]
    kinds = [
        (bool(cells.roles(step).keep), cells.recurs(step), cells.affine(step))
        for step in steps
    ]
    assert len(set(kinds)) == len(kinds)
    assert kinds[0] == (True, True, False)  # as a GRU's
    assert len(skipped) <= len(kinds) * LOOKED_AT


def test_where_order_counts_a_cell_that_keeps_it():
    p = tried(Last(), remedies=True, apart=4)
    verdicts = {r.name: r.verdict_after for r in p.remedies}
    assert verdicts["chrono"] == verdicts["mingru + chrono"] == "blurred"
    assert verdicts[p.best] == "healthy"
    assert p.configuration["cell"] == "orthogonal"
    assert p.configuration["cell_options"] == {"widest": math.pi}
    x, y = batch()
    d = diagnose(elman.init.chrono_(Last().rnn, T), x, y, lambda o, _: o[0].sum(),
                 needed=T, apart=4, remedies=False)  # fmt: skip
    assert d.verdict == "blurred"
    assert [f.name for f in d.findings] == ["order is lost"]
    assert d.findings[0].value == pytest.approx(1, abs=0.5)


def test_angles_within_a_right_one_tell_half_of_the_steps_apart():
    told = {}
    for widest in (0.0, math.pi):
        torch.manual_seed(0)
        model = Last()
        model.rnn = elman.OrthogonalRNN(I, 32, batch_first=True, widest=widest)
        model.out = nn.Linear(32, 1)
        d = diagnose(model, *batch(), mse_loss, needed=T, apart=10, remedies=False)
        told[widest] = d.head.apart, d.verdict
    assert 4 < told[0.0][0] < 6.6
    assert 9 < told[math.pi][0] <= 10
    assert [verdict for _, verdict in told.values()] == ["blurred", "healthy"]


def test_a_cell_started_by_its_options():
    model = Last()
    model.rnn = elman.LRU(I, H, batch_first=True)
    p = tried(model, remedies=("initialisation",), apart=4)
    assert p.best == "lasting"
    assert p.configuration["cell"] == "lru"
    ring = p.configuration["cell_options"]
    assert p.model.rnn.cell.chosen() == elman.cells.cell("lru", **ring).chosen()
    (remedy,) = (r for r in p.remedies if r.name == "lasting")
    assert remedy.call.startswith(f"elman.LRU({I}, {H}, batch_first=True, smallest=")
    again = tried(p.model, remedies=("initialisation",), verdict="vanishing", horizon=1)
    assert "lasting" not in {r.name for r in again.remedies}


def test_a_sum_takes_slow_units_and_order_units_that_turn():
    starts = {n: [start_of(n, 100, a) for a in (1, 10)] for n in ("linoss", "lru")}
    slow, turning = (s["cell_options"] for s in starts["linoss"])
    assert slow == {"slowest": pytest.approx(1e-4)}
    assert turning == {"scheme": "imex"}
    assert starts["lru"][0] == starts["lru"][1]
    assert start_of("orthogonal", 100) == {}
    model = Last()
    model.rnn = elman.LinOSS(I, H, batch_first=True)
    p = tried(model, remedies=("initialisation",), verdict="vanishing", horizon=1)
    assert p.configuration["cell_options"] == {"slowest": pytest.approx(1 / T**2)}


class Keeper(elman.Cell):
    """As cheap as a cell with a gate can be, and its gate keeps nearly all."""

    init = {"bias.k": 6.0}  # noqa: RUF012

    def step(self, x, h):
        return sigmoid(self.linear("k", x)) * h + self.linear("u", x, bias=False)


def test_a_users_own_registered_cell_is_among_them(monkeypatch):
    monkeypatch.setitem(cells._registry._CELLS, "keeper", Keeper)
    p = tried(Last("RNN"))
    (own,) = (r for r in p.remedies if r.name == "keeper + chrono")
    assert own.kind == "cell"
    assert own.call == (
        f"Keeper.layer({I}, {H}, batch_first=True) in its place, then "
        f"elman.init.chrono_(layer, t_max={T})"
    )
    assert own.settings == {"cell": "keeper", "init": "chrono", "t_max": T}
    assert "mingru + chrono" not in {r.name for r in p.remedies}  # of its kind, dearer


@pytest.mark.parametrize("make", [Last, ReadsH, Returns])
def test_what_is_prescribed_is_what_was_measured(make):
    p = tried(make("RNN"), remedies=["lstm"])
    (remedy,) = p.remedies
    assert remedy.call.startswith(f"elman.LSTM({I}, {H}, batch_first=True) in its")
    assert p.best == "lstm + chrono"
    x, y = batch()
    after = diagnose(p.model, x, y, first, needed=T, remedies=False)
    assert after.horizon == pytest.approx(remedy.horizon_after, rel=1e-6)
    assert p.configuration == {"cell": "lstm", "init": "chrono", "t_max": T}
    read = make is not Last
    assert ("its output where the state is read" in remedy.call) is read
    assert bool(p.model.rnn._forward_hooks) is read
    if read:
        output, state = p.model.rnn(x)
        assert torch.equal(state[-1], output[:, -1])


@pytest.mark.parametrize(
    ("model", "cell", "words"),
    [
        (
            Chunks(),
            "lstm",
            r"passes .* of rnn as one tensor, h, not as \(h, c\)",
        ),
        (ReadsBoth("LSTM"), "janet", r"as \(h, c\), not as one tensor, h"),
        (Projected(), "janet", "projects its output"),
    ],
)
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_the_reason_why_not(model, cell, words):
    p = tried(model, remedies=[cell])
    assert not p.remedies
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(p.skipped[cell])


def test_states_of_as_many_parts_are_handed_on():
    p = tried(Chunks("RNN"), remedies=["gru"])
    assert [r.name for r in p.remedies] == ["gru + chrono"]
    p = tried(ReadsBoth("LSTM"), remedies=["cornn"])
    assert [r.name for r in p.remedies] == ["cornn"]


def test_options_go_along_or_are_the_reason():
    model = Last("RNN")
    model.rnn = elman.RNN(I, H, batch_first=True, recurrent_dropout=0.1)
    p = tried(model, remedies=["mingru", "janet"])
    assert [r.name for r in p.remedies] == ["janet + chrono"]
    assert "recurrent_dropout=0.1" in p.remedies[0].call
    assert "nothing to hide" in p.skipped["mingru"]


def test_a_cell_with_the_name_of_an_initialisation_has_another():
    for name in ("orthogonal", "orthogonal cell"):
        p = tried(Last("RNN"), remedies=[name])
        (remedy,) = p.remedies
        assert remedy.name == name
        assert remedy.kind == ("cell" if "cell" in name else "initialisation")


def test_frozen_layers_stay_as_they_are():
    model = Last("RNN")
    model.rnn.requires_grad_(False)
    p = tried(model, remedies=True)
    assert p.best is None
    assert not p.remedies
    assert "frozen" in p.skipped["gru"]


def test_one_layer_in_two_places_stays_one():
    class Twice(Base):
        def __init__(self):
            super().__init__("RNN")
            self.again = self.rnn

        def forward(self, x):
            return self.out((self.rnn(x)[0] + self.again(x.flip(1))[0])[:, -1])

    p = tried(Twice(), remedies=["gru"])
    assert p.best == "gru + chrono"
    assert p.model.rnn is p.model.again


def test_said_in_text_page_and_plain_data(tmp_path):
    model = Chunks("RNN")
    x, y = batch()
    d = diagnose(model, x, y, mse_loss, needed=T, remedies=["cell"])
    assert "lstm" in d.skipped
    text = str(d)
    assert "Other cells, looked at and not tried" in text
    assert "LSTM: the model passes the state of rnn as one tensor" in text
    assert json.loads(json.dumps(d.to_dict()))["skipped"] == d.skipped
    assert "LSTM: the model passes" in d.save(tmp_path / "flow.html").read_text()

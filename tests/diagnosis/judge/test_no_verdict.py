"""Nothing is said about the flow where nothing can be: it is said why, and where."""

import json
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import InputError
from elman.diagnosis import prescribe

B, T, I, H = 6, 40, 3, 8
FLOW = ("vanishing", "exploding", "healthy")


class Net(nn.Module):
    def __init__(self, cell="LSTM", home=nn):
        super().__init__()
        self.rnn = getattr(home, cell)(I, H, batch_first=True)
        self.out = nn.Linear(H, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


def batch(rows=B, steps=T):
    torch.manual_seed(1)
    return torch.randn(rows, steps, I), torch.randn(rows, 1)


def without_verdict(d, verdict, *words):
    """Check all that a diagnosis says where it has no verdict on the flow."""
    assert d.verdict == verdict
    assert math.isnan(d.horizon)
    assert all(math.isnan(p.horizon) for p in d.profile)
    assert d.remedies == []
    assert d.best is None
    plain = json.loads(json.dumps(d.to_dict(), allow_nan=False))
    assert plain["horizon"] is None
    assert plain["reason"] == d.reason
    first = str(d).splitlines()
    assert first[0] == f"Gradient flow: {verdict.upper()}"
    for word in words:
        assert word in d.reason
        assert word in " ".join(" ".join(first).split())
    for word in ("reaches", "grows up to", "EXPLODING", "HEALTHY", "VANISHING"):
        assert word not in str(d)


@pytest.mark.parametrize("home", [nn, elman])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_value_of_the_inputs(home, cell, value):
    x, y = batch()
    x[3, 30, 1] = value
    d = elman.diagnose(Net(cell, home), x, y, mse_loss)
    without_verdict(d, "not finite", str(value), "inputs", "step 30", "row 3")
    assert d.findings[0].name == "inputs are not finite"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_one_target(value):
    x, y = batch()
    y[4] = value
    d = elman.diagnose(Net(), x, y, mse_loss)
    without_verdict(d, "not finite", f"{value} in target targets")
    assert d.findings[0].name == "targets are not finite"


def test_a_target_among_rows_that_are_not_measured():
    x, y = batch(rows=200)
    y[1] = math.nan
    d = elman.diagnose(Net(), x, y, mse_loss)
    without_verdict(d, "not finite", "target")


@pytest.mark.parametrize("name", ["rnn.weight_hh_l0", "rnn.bias_ih_l0", "out.weight"])
def test_a_weight(name):
    net = Net()
    net.get_parameter(name).data.view(-1)[2] = math.nan
    d = elman.diagnose(net, *batch(), mse_loss)
    without_verdict(d, "not finite", f"parameter {name}")
    assert d.findings[0].name == "weights are not finite"


def test_a_gradient_alone():
    x, y = batch()
    d = elman.diagnose(Net(), x, y, lambda out, _: (out - out).abs().sqrt().sum())
    without_verdict(d, "not finite", "nan")
    assert d.findings[0].name == "gradients are not finite"


def test_a_state_that_overflows():
    net = Net("RNN")
    net.rnn = elman.RNN(I, H, batch_first=True, nonlinearity="identity")
    with torch.no_grad():
        net.rnn.weight_hh_l0.copy_(1e4 * torch.eye(H))
    d = elman.diagnose(net, *batch(), mse_loss)
    without_verdict(d, "not finite", "state rnn")
    assert d.findings[0].name == "states are not finite"


def test_gradients_that_grow_until_they_overflow_explode():
    # Units near zero: the slope of tanh is 1, and states stay small.
    net = Net("RNN")
    with torch.no_grad():
        net.rnn.weight_hh_l0.copy_(100 * torch.eye(H))
        for p in (net.rnn.weight_ih_l0, net.rnn.bias_ih_l0, net.rnn.bias_hh_l0):
            p.zero_()
    d = elman.diagnose(net, *batch(), mse_loss, remedies=False)
    assert d.verdict == "exploding"
    assert d.reason == ""
    assert {"gradients explode", "gradients are not finite"} <= {
        f.name for f in d.findings
    }


def test_what_a_mask_holds_is_no_fault():
    class Masked(Net):
        def forward(self, x, mask):
            y = self.rnn(x)[0]
            scores = y.sum(-1) + mask
            return self.out((scores.softmax(1).unsqueeze(-1) * y).sum(1))

    x, y = batch()
    mask = torch.zeros(B, T)
    mask[:, :5] = -math.inf
    d = elman.diagnose(Masked(), (x, mask), y, mse_loss, remedies=False)
    assert d.verdict in FLOW
    assert "inputs are not finite" not in {f.name for f in d.findings}


def test_targets_left_out_of_the_loss_are_no_fault():
    def seen(out, target):
        known = target.isfinite()
        return mse_loss(out[known], target[known])

    x, y = batch()
    clean = elman.diagnose(Net(), x, y, mse_loss, remedies=False)
    y[0] = math.nan
    d = elman.diagnose(Net(), x, y, seen, remedies=False)
    assert d.verdict == clean.verdict


def test_padding_may_hold_anything():
    class Padded(Net):
        def forward(self, x, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(
                x, lengths, batch_first=True, enforce_sorted=False
            )
            return self.out(self.rnn(packed)[1][0][-1])

    x, y = batch()
    lengths = torch.tensor([40, 3, 12, 40, 1, 7])
    torch.manual_seed(4)
    net = Padded()
    clean = elman.diagnose(net, (x, lengths), y, mse_loss, remedies=False)
    x[1, 3:], x[4, 1:] = math.nan, math.inf
    d = elman.diagnose(net, (x, lengths), y, mse_loss, remedies=False)
    assert (d.verdict, d.horizon) == (clean.verdict, clean.horizon)
    assert d.findings == clean.findings


def test_a_constant_loss():
    d = elman.diagnose(Net(), *batch(), lambda out, _: torch.tensor(1.0))
    without_verdict(d, "no gradient", "depends on no step")
    assert d.findings[0].name == "no gradient arrives"
    d = elman.diagnose(Net(), *batch(), lambda out, y: mse_loss(out.detach(), y))
    without_verdict(d, "no gradient", "depends on no step")


def test_a_loss_times_zero():
    d = elman.diagnose(Net(), *batch(), lambda out, y: 0 * mse_loss(out, y))
    without_verdict(d, "no gradient", "exactly zero")
    assert d.findings[0].severity == "error"


def test_a_loss_that_does_not_depend_on_the_recurrent_layer():
    class Past(Net):
        def forward(self, x):
            self.rnn(x)
            return self.out(torch.ones(len(x), H))

    d = elman.diagnose(Past(), *batch(), mse_loss)
    without_verdict(d, "no gradient", "depends on no step")


def test_units_that_are_all_shut():
    class Shut(Net):
        def forward(self, x):
            return self.out(torch.relu(self.rnn(x)[0][:, -1] - 5))

    net = Shut()
    nn.init.zeros_(net.out.bias)  # it moves, and opens nothing
    d = elman.diagnose(net, *batch(), mse_loss)
    without_verdict(d, "no gradient", "exactly zero")


def test_a_head_that_starts_at_zero_is_sound():
    net = Net()
    want = elman.diagnose(net, *batch(), mse_loss, remedies=False)
    nn.init.zeros_(net.out.weight)
    d = elman.diagnose(net, *batch(), mse_loss, remedies=False)
    assert (d.verdict, d.horizon) == (want.verdict, want.horizon)


def test_the_layer_that_the_loss_depends_on_speaks():
    class Two(Net):
        def __init__(self):
            super().__init__("RNN")
            self.idle = elman.RNN(I, H, batch_first=True, nonlinearity="identity")
            with torch.no_grad():
                self.idle.weight_hh_l0.copy_(torch.eye(H))

        def forward(self, x):
            self.idle(x)
            return super().forward(x)

    d = elman.diagnose(Two(), *batch(), mse_loss, remedies=False)
    assert (d.headline, d.verdict) == ("rnn", "vanishing")
    assert [f.evidence for f in d.findings if f.name == "no gradient arrives"] == [
        "idle: the loss depends on 0 of its 40 steps"
    ]


def test_frozen_weights_are_a_note_and_a_verdict():
    net = Net()
    net.rnn.requires_grad_(False)
    d = elman.diagnose(net, *batch(), mse_loss, remedies=False)
    assert d.verdict in FLOW
    assert [f.severity for f in d.findings if f.name == "weights are frozen"] == [
        "note"
    ]
    net.requires_grad_(False)
    d = elman.diagnose(
        net, *batch(), mse_loss, learning_rate=0.1, batches=[batch()] * 9
    )
    assert d.verdict in FLOW
    assert not any(p.requires_grad for p in net.parameters())


def test_sequences_of_one_step():
    d = elman.diagnose(Net(), *batch(steps=1), mse_loss)
    without_verdict(d, "too short", "has 1 step;")


def test_a_state_that_is_cut_at_every_step_is_not_called_healthy():
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(I, H)

        def forward(self, x):
            h = x.new_zeros(len(x), H)
            for step in x.unbind(1):
                h = self.cell(step, h.detach())
            return h[:, :1]

    d = elman.diagnose(Cut(), *batch(), mse_loss)
    without_verdict(d, "too short", "detached")


@pytest.mark.parametrize("rows", [1, 2])
def test_few_rows(rows):
    d = elman.diagnose(Net(), *batch(rows=rows), mse_loss, remedies=False)
    assert d.verdict in FLOW
    assert d.horizon > 0


def test_rows_of_no_steps():
    class Ragged(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(I, H, batch_first=True)
            self.out = nn.Linear(H, 1)

        def forward(self, x, lengths):
            return self.out(self.rnn(x, lengths=lengths)[1][-1])

    x, y = batch()
    net = Ragged()
    full = torch.tensor([40, 40, 40, 40, 0, 0])
    d = elman.diagnose(net, (x, full), y, mse_loss, remedies=False)
    want = elman.diagnose(net, (x[:4], full[:4]), y[:4], mse_loss, remedies=False)
    assert d.verdict == want.verdict
    assert d.horizon == pytest.approx(want.horizon, abs=1.5)
    none = torch.zeros(B, dtype=torch.int64)
    d = elman.diagnose(net, (x, none), y, mse_loss)
    without_verdict(d, "too short", "has 0 steps;")


def test_a_prescription_for_what_is_not_finite_is_refused():
    x, y = batch()
    y[0] = math.nan
    with pytest.raises(InputError, match="the loss of the batch is not finite"):
        prescribe(Net(), x, y, mse_loss, needed=10)


def test_the_page_says_the_same(tmp_path):
    x, y = batch()
    x[0, 0, 0] = math.nan
    d = elman.diagnose(Net(), x, y, mse_loss)
    page = d.save(tmp_path / "d.html").read_text()
    assert "<title>Gradient flow: not finite</title>" in page
    assert (
        "first non-finite value: nan in input inputs at step 0, row 0" in page.lower()
    )
    assert "steps back" not in page


def test_a_row_of_a_nested_batch():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(I, H)
            self.out = nn.Linear(H, 1)

        def forward(self, x):
            return self.out(self.rnn(x)[1][-1])

    rows = [torch.randn(n, I) for n in (5, 9, 2)]
    rows[1][4, 0] = math.nan
    x = torch.nested.nested_tensor(rows, layout=torch.jagged)
    d = elman.diagnose(Nested(), x, torch.zeros(3, 1), mse_loss)
    without_verdict(d, "not finite", "input inputs at step 4, row 1")

"""Faults planted one at a time: the first one is named, with step and row."""

import json
import math

import pytest
import torch
from safetensors import safe_open
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman import InputError
from elman.diagnosis import first_nonfinite

T, B, I, H = 7, 4, 3, 5


class Model(nn.Module):
    def __init__(self, cell=nn.GRU, **kwargs):
        super().__init__()
        self.rnn = cell(I, H, batch_first=True, **kwargs)
        self.out = nn.Linear(H * (2 if kwargs.get("bidirectional") else 1), 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


@pytest.fixture
def data():
    return torch.randn(B, T, I), torch.randn(B, T, 1)


mse = nn.functional.mse_loss


@pytest.mark.parametrize("cell", [nn.RNN, nn.GRU, nn.LSTM, elman.LSTM])
def test_a_sound_step(cell, data):
    model = Model(cell)
    assert first_nonfinite(model, *data, mse) is None
    assert all(p.grad is None for p in model.parameters())


def test_a_weight(data):
    model = Model()
    model.rnn.weight_hh_l0.data[3, 1] = math.inf
    found = first_nonfinite(model, *data, mse)
    assert (found.kind, found.name, found.value) == (
        "parameter",
        "rnn.weight_hh_l0",
        "inf",
    )
    assert found.count == 1


@pytest.mark.parametrize("first", [True, False])
def test_an_input(data, first):
    x, y = data
    x[2, 4, 1] = -math.inf
    model = Model()
    if not first:
        model.rnn.batch_first = False
        x, y = x.transpose(0, 1), y.transpose(0, 1)
    found = first_nonfinite(model, x, y, mse)
    assert (found.kind, found.name, found.step, found.row, found.value) == (
        "input",
        "inputs",
        4,
        2,
        "-inf",
    )
    assert str(found) == (
        "first non-finite value: -inf in input inputs at step 4, row 2"
    )


def test_a_target(data):
    x, y = data
    y[1, 6] = math.nan
    found = first_nonfinite(Model(), x, y, mse)
    assert (found.kind, found.name, found.step, found.row) == (
        "target",
        "targets",
        6,
        1,
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_a_state_that_overflows(reverse):
    """A linear map of gain 1e10: 1e10^k leaves float32, at 1e38, with k = 4."""
    model = Model(
        lambda *a, batch_first, **k: elman.RNN(
            *a, nonlinearity="identity", batch_first=batch_first, **k
        ),
        bidirectional=True,
    )
    for name, p in model.rnn.named_parameters():
        own = name.endswith("_reverse") == reverse
        gain = 1e10 if own and "weight_hh" in name else 0.0
        p.data = gain * torch.eye(*p.shape) if p.dim() == 2 else torch.zeros_like(p)
        if own and "weight_ih" in name:
            p.data[0, 0] = 1.0
    x = torch.zeros(B, T, I)
    x[2, T - 2 if reverse else 1, 0] = 1.0
    found = first_nonfinite(model, x, torch.zeros(B, T, 1), mse)
    want = (T - 2 - 4) if reverse else 1 + 4
    assert (found.kind, found.step, found.row) == ("state", want, 2)
    assert found.name == ("rnn reverse" if reverse else "rnn")


def test_an_output_behind_the_layer(data):
    class Log(Model):
        def __init__(self):
            super().__init__()
            self.last = nn.Sigmoid()

        def forward(self, x):
            return torch.log(0.0 * self.last(super().forward(x)))

    found = first_nonfinite(Log(), *data, mse)
    assert found.kind == "loss"  # torch.log belongs to no module
    model = Model()
    model.out = nn.Sequential(model.out, _Log())
    found = first_nonfinite(model, *data, mse)
    assert (found.kind, found.name) == ("output", "out.1")


class _Log(nn.Module):
    def forward(self, x):
        return torch.log(-x.abs() - 1)


def test_the_loss_alone(data):
    found = first_nonfinite(Model(), *data, lambda y, t: (y - t).mean() / 0.0)
    assert (found.kind, found.name) == ("loss", "loss")
    assert str(found).startswith("first non-finite value: ")


def test_an_adjoint(data):
    """The derivative of a square root at zero is infinite, its value is not."""

    def loss(y, t):
        return torch.sqrt((y[1, 4] - y[1, 4].detach()).abs()).sum() + y.sum()

    found = first_nonfinite(Model(), *data, loss)
    assert (found.kind, found.name, found.row) == ("adjoint", "rnn", 1)
    assert found.step == 4  # the last of them: the first one the backward pass meets


def test_a_gradient_behind_the_last_state(data):
    """Finite adjoints; an embedding of magnitude alone has an infinite slope."""

    class Front(Model):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return super().forward(x + self.scale.abs().sqrt())

    found = first_nonfinite(Front(), *data, mse)
    assert (found.kind, found.name) == ("parameter gradient", "scale")


def test_padding_is_not_blamed(data):
    x, y = data
    lengths = [T, 3, 5, 1]

    class Ragged(Model):
        def forward(self, x):
            packed = pack_padded_sequence(
                x, lengths, batch_first=True, enforce_sorted=False
            )
            return self.out(
                pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]
            )

    x[1, 3:] = math.nan
    assert first_nonfinite(Ragged(), x, y, mse) is None
    x[2, 4] = math.nan
    found = first_nonfinite(Ragged(), x, y, mse)
    assert (found.kind, found.step, found.row) == ("input", 4, 2)


def test_a_mask_of_infinities_is_no_fault(data):
    class Attention(Model):
        def __init__(self):
            super().__init__()
            self.mask = nn.Identity()

        def forward(self, x):
            y = self.rnn(x)[0]
            score = y.sum(-1)
            score = self.mask(score.masked_fill(torch.arange(T) > 3, -math.inf))
            return self.out(score.softmax(-1).unsqueeze(-1) * y)

    assert first_nonfinite(Attention(), *data, mse) is None


def test_a_loop_over_a_cell():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = elman.RNNCell(I, H, nonlinearity="identity")

        def forward(self, x):
            h = None
            for step in x.unbind(1):
                h = self.cell(step, h)
            return h

    model = Loop()
    model.cell.weight_hh.data = 1e30 * torch.eye(H)
    found = first_nonfinite(
        model, torch.ones(B, T, I), None, lambda y, _: y.square().sum()
    )
    assert (found.kind, found.name, found.step) == ("state", "cell", 2)


def test_an_error_after_the_fault_does_not_hide_it(data):
    x, y = data
    x[0, 2] = math.nan

    def strict(output, target):
        if not output.isfinite().all():
            raise ValueError("bad output")
        return mse(output, target)

    assert first_nonfinite(Model(), x, y, strict).kind == "input"

    def broken(output, target):
        raise ValueError("my own bug")

    with pytest.raises(ValueError, match="my own bug"):
        first_nonfinite(Model(), *(torch.zeros_like(v) for v in data), broken)


def test_the_batch_is_saved(data, tmp_path):
    x, y = data
    x[0, 0, 0] = math.nan
    path = tmp_path / "new" / "batch.safetensors"
    found = first_nonfinite(
        Model(), {"x": x}, (y, y), lambda o, t: mse(o, t[0]), path=path
    )
    assert found.path == str(path)
    with safe_open(path, "pt") as file:
        assert sorted(file.keys()) == ["inputs.x", "targets.0", "targets.1"]
        assert torch.equal(file.get_tensor("targets.0"), y)
        assert file.get_tensor("inputs.x").isnan().sum() == 1
        assert json.loads(file.metadata()["finding"])["row"] == 0
    assert found.batch.keys() == {"inputs.x", "targets.0", "targets.1"}
    with pytest.raises(InputError, match="cannot write"):
        first_nonfinite(Model(), x, y, mse, path=tmp_path)

"""How far the gradient reaches after some steps of training on a copy."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman.diagnosis import diagnose

T = 60


class Last(nn.Module):
    def __init__(self, cell="GRU"):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = getattr(elman, cell)(2, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][-1])


def adding(batches=4, rows=32):
    draw = torch.Generator().manual_seed(1)
    for _ in range(batches):
        x = torch.rand(T, rows, 2, generator=draw)
        x[..., 1] = 0
        for half in (0, T // 2):
            marked = torch.randint(half, half + T // 2, (rows,), generator=draw)
            x[marked, torch.arange(rows), 1] = 1
        yield x, x.prod(-1).sum(0).unsqueeze(1)


def looked(model, **options):
    (x, y), *batches = adding()
    return diagnose(
        model, x, y, mse_loss, needed=T, batches=batches, remedies=False,
        practice=64, **options,
    )  # fmt: skip


def test_a_gru_that_learns_to_add_reaches_farther():
    model = Last()
    before = [p.clone() for p in model.parameters()]
    d = looked(model, learning_rate=0.02)
    assert d.verdict == "vanishing"
    (half, middle), (steps, end) = d.practised
    assert (half, steps) == (32, 64)
    assert end > middle > d.horizon
    assert end > 1.5 * d.horizon
    (found,) = (f for f in d.findings if f.name == "reach grows")
    assert found.value == pytest.approx(end / d.horizon)
    assert all(map(torch.equal, before, model.parameters()))


def test_steps_of_no_length_leave_the_reach():
    d = looked(Last(), optimizer=partial(torch.optim.SGD, lr=0.0))
    assert [reached for _, reached in d.practised] == [d.horizon] * 2
    assert "reach grows" not in {f.name for f in d.findings}
    elman.init.chrono_((model := Last()).rnn, t_max=T)
    assert looked(model, learning_rate=0.01).practised == []  # it reaches


def test_practice_takes_an_optimiser():
    with pytest.raises(elman.InputError, match="practice: needs optimizer= or learn"):
        looked(Last())

"""Training and validation carry the state from chunk to chunk, or say why not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Streams, TrainingSettings, evaluate, train
from elman.training.data._order import build_order
from elman.training.step._build_step import build_step
from lines import mse
from streamed import F64, nested, series_of
from tolerance import assert_close


def test_the_rate_follows_a_drawn_length():
    """The weights move as if each chunk had its own rate, and it comes back."""
    series = series_of(200)
    module = nested()
    streams = Streams.of(series, rows=2, steps=10, random_lengths=True)
    settings = TrainingSettings(
        optimizer="descent", learning_rate=0.1, epochs=1, clip_norm=None
    )
    order = build_order(streams, settings)
    step = build_step(module, mse, streams, settings, order)
    step.begin_epoch(1)
    for number in range(3):
        batch = order.batch(1, number)
        before = [p.detach().clone() for p in module.parameters()]
        done = step.take(batch)
        length = int(batch[2] - batch[1])
        for p, old in zip(module.parameters(), before, strict=True):
            assert_close(p.detach(), old - 0.1 * length / 10 * p.grad, summands=2)
        assert done.learning_rate == 0.1
        assert step.update.optimizer.param_groups[0]["lr"] == 0.1


def test_training_on_streams_learns_what_needs_the_carried_state():
    """The target is the input three chunks ago at its start: no chunk shows it."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randint(0, 2, (400, 1), generator=draw).double() * 2 - 1
    y = x.roll(3, 0)
    y[:3] = 0
    streams = Streams(x, y, rows=10, steps=2, gradient_steps=6)
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = elman.GRU(1, 12, batch_first=True, dtype=F64)
            self.head = nn.Linear(12, 1, dtype=F64)

        def forward(self, x, state):
            y, state = self.rnn(x, state)
            return self.head(y), state

    net = Net()
    settings = TrainingSettings(epochs=20, learning_rate=0.03, patience=None)
    result = train(net, mse, streams, streams, settings)
    assert result.history[0]["validation_loss"] > 0.9
    assert result.history[-1]["validation_loss"] < 0.1


def test_validation_carries_the_state_too():
    series = series_of(31)
    module = nested()
    streams = Streams.of(series, rows=1, steps=4)
    with torch.no_grad():
        whole = mse(module(series[0][0][None], None)[0], series[0][1][None])
    assert evaluate(module, mse, streams) == pytest.approx(float(whole), rel=1e-14)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x, r"must return \(output, state\)"),
        (lambda x: (x, object()), "tensors, in tuples"),
        (lambda x: (x, x), "set state_axis"),
    ],
)
def test_a_module_that_does_not_fit_says_so(answer, words):
    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x, state):
            return answer(x * self.weight)

    streams = Streams.of(
        [(torch.zeros(n, 1), torch.zeros(n, 1)) for n in (3, 5)], rows=2, steps=2
    )
    settings = TrainingSettings(epochs=1)
    with pytest.raises(InputError, match=words):
        train(Wrong(), mse, streams, None, settings)


def test_accumulation_is_refused():
    streams = Streams(torch.zeros(9, 3, dtype=F64), torch.zeros(9, 2), rows=3)
    with pytest.raises(InputError, match="accumulate does not combine"):
        train(nested(), mse, streams, None, TrainingSettings(accumulate=2))

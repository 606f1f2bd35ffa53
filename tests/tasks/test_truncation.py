"""The error of truncation is that of the gradients training really takes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.tasks import truncation_error
from elman.training import Streams, TrainingSettings
from elman.training.data._order import build_order
from elman.training.step._build_step import build_step

F64 = torch.float64


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = elman.GRU(1, 6, dtype=F64, batch_first=True)
        self.head = nn.Linear(6, 1, dtype=F64)

    def forward(self, x, state=None):
        y, state = self.rnn(x, state)
        return self.head(y), state


def mse(output, target):
    return ((output - target) ** 2).mean()


def remembering(steps, length=96, span=40, **cuts):
    """A sum over the past, and a network whose update gates keep it a while."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(length * 2, 1, generator=draw, dtype=F64)
    y = torch.cat([part.cumsum(0) / 5 for part in x.split(length)])
    torch.manual_seed(0)
    module = Net()
    elman.init.chrono_(module.rnn, t_max=span)
    return module, Streams(x, y, [length] * 2, rows=2, steps=steps, **cuts)


def test_it_is_the_error_of_a_chunk_training_takes():
    """Aligned cuts: the sum of the chunks' gradients against that of the whole."""
    module, streams = remembering(12)
    found = truncation_error(module, mse, streams)
    assert found.steps == 12
    assert found.bias.length == 96
    settings = TrainingSettings(
        optimizer="descent", learning_rate=1e-300, clip_norm=None
    )
    total = 0.0
    for steps in (96, 12):
        streams = Streams(
            streams.inputs, streams.target, [96, 96], rows=2, steps=steps, shuffle=False
        )
        order = build_order(streams, settings)
        step = build_step(module, mse, streams, settings, order)
        step.begin_epoch(1)
        total = 0.0
        for number in range(order.steps(1)):
            step.take(order.batch(1, number))
            grads = [p.grad.flatten() for p in module.rnn.parameters()]
            total = total + torch.cat(grads) / order.steps(1)
        if steps == 96:
            whole = total
    error = float((total - whole).norm() / whole.norm())
    # The measure averages four alignments, whose first chunks are shorter.
    assert 0.5 < found.error / error < 2
    assert found.error > 0.05


def test_longer_reach_errs_less_and_a_long_enough_chunk_is_named():
    module, streams = remembering(4, span=3)
    far = truncation_error(module, mse, streams, chunks=24)
    module, streams = remembering(4, span=3, gradient_steps=20)
    near = truncation_error(module, mse, streams, chunks=24)
    assert near.steps == 36
    assert near.error < far.error
    assert 4 < far.bias.smallest < 96
    assert str(far).endswith(f"; {far.bias.smallest} steps keep it within 5 %")


def test_where_no_shorter_chunk_will_do_it_says_so():
    module, streams = remembering(4)
    found = truncation_error(module, mse, streams, chunks=24)
    assert found.bias.smallest == 96
    assert str(found).endswith("no shorter chunk than these steps keeps it within 5 %")


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_network_that_forgets_is_cut_without_harm(batch_first):
    torch.manual_seed(0)
    module = Net()
    module.rnn.batch_first = batch_first
    with torch.no_grad():
        module.rnn.weight_hh_l0.mul_(0.05)
        module.rnn.bias_ih_l0[6:12] = -6.0  # the update gate lets everything in
    x = torch.randn(400, 1, dtype=F64)
    streams = Streams(x, x, rows=4, steps=20, batch_first=batch_first)
    found = truncation_error(module, mse, streams, rows=3)
    assert found.error < 0.05
    assert str(found).endswith("within 5 %")


def test_nothing_to_learn_says_so():
    module, streams = remembering(12)
    with torch.no_grad():
        module.head.weight.zero_()
    text = str(truncation_error(module, mse, streams))
    assert text == "the gradient of the recurrent weights is zero or not finite"

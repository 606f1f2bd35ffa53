"""Truncated backpropagation goes on in the middle of its streams."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.training import Streams, TrainingSettings
from elman.training._loop import Loop
from elman.training.data._order import build_order
from elman.training.step._build_step import build_step
from resumed import check_every_state


class Model(nn.Module):
    """Two layers with dropout between, whose states are a nested tuple."""

    def __init__(self, package):
        super().__init__()
        self.lower = package.LSTM(2, 4, 2, dropout=0.3, batch_first=True)
        self.upper = package.RNN(4, 3, batch_first=True)
        self.head = nn.Linear(3, 1)

    def forward(self, x, state):
        low, high = (None, None) if state is None else state
        y, low = self.lower(x, low)
        y, high = self.upper(y, high)
        return self.head(y), (low, high)


def loop_of(package, settings, callbacks=(), **cuts):
    torch.manual_seed(1)
    module = Model(package)
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(61, 2, generator=draw)
    y = x.cumsum(0)[:, :1].sin()
    streams = Streams(x, y, [40, 14, 7], rows=3, **cuts)
    validation = Streams(x[:20], y[:20], rows=1, steps=7)
    loss = nn.functional.mse_loss
    order = build_order(streams, settings)
    step = build_step(module, loss, streams, settings, order)
    return Loop(module, loss, validation, settings, order, step, callbacks)


@pytest.mark.parametrize("package", [elman, nn], ids=["elman", "torch"])
@pytest.mark.parametrize(
    "cuts",
    [
        {"steps": 4},
        {"steps": 3, "gradient_steps": 8},
        {"steps": 6, "random_lengths": True},
    ],
    ids=["chunks", "further", "drawn"],
)
def test_goes_on_from_every_chunk_with_the_same_bits(package, cuts):
    settings = TrainingSettings(epochs=2, learning_rate=0.02, seed=5, patience=None)
    bits = check_every_state(
        lambda callbacks: loop_of(package, settings, callbacks, **cuts)
    )
    assert sum(name.startswith("carried") for name in bits) == 3

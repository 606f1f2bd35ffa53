"""Rows on disk train to the same bits as rows in memory, stopped or not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Callback, Rows, Streams, TrainingSettings, train

mse = nn.functional.mse_loss


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = elman.GRU(2, 4, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(4, 1))

    def forward(self, x, state=None):
        y, state = self.rnn(x, state)
        return self.head(y), state


class Whole(Net):
    def forward(self, x, state=None):
        return super().forward(x)[0]


class Stop(Callback):
    def __init__(self, at):
        self.at = at

    def on_step(self, state):
        if state.step == self.at:
            raise KeyboardInterrupt


def on_disk(tmp_path, name, array):
    np.save(tmp_path / f"{name}.npy", array)
    return np.load(tmp_path / f"{name}.npy", mmap_mode="r")


@pytest.mark.parametrize("kind", ["rows", "streams"])
def test_same_bits_from_disk_and_after_a_stop(tmp_path, kind):
    draw = np.random.default_rng(0)
    shape = (30, 5) if kind == "rows" else (300,)
    x = draw.normal(size=(*shape, 2)).astype(np.float32)
    y = draw.normal(size=(*shape, 1)).astype(np.float32)

    def examples(x, y):
        if kind == "rows":
            return Rows(x, y)
        return Streams(x, y, [100, 200], rows=3, steps=9)

    settings = TrainingSettings(epochs=3, batch_size=7)
    kept = Whole() if kind == "rows" else Net()
    train(kept, mse, examples(torch.from_numpy(x), torch.from_numpy(y)), None, settings)
    mapped = examples(on_disk(tmp_path, "x", x), on_disk(tmp_path, "y", y))
    read = type(kept)()
    options = {"checkpoints": tmp_path / "run", "resume": True}
    for at in (2, 7, 8):
        result = train(read, mse, mapped, None, settings, [Stop(at)], **options)
        assert result.stopped == "interrupted"
        read = type(kept)()
    train(read, mse, mapped, None, settings, **options)
    for a, b in zip(kept.parameters(), read.parameters(), strict=True):
        assert torch.equal(a, b)


def test_several_inputs_and_any_order():
    x, z, y = torch.randn(9, 2), np.arange(9), torch.arange(9.0)
    rows = Rows((x, z), y)
    assert len(rows) == 9
    index = torch.tensor([3, 0, 3])
    (a, b), target = rows.take(index)
    assert torch.equal(a, x[index])
    assert b.tolist() == target.tolist() == [3, 0, 3]
    assert rows.digest() == Rows((x, torch.arange(9)), y).digest()
    assert rows.digest() != Rows((x, z), y + 1).digest()


def test_a_target_for_every_row():
    with pytest.raises(InputError, match=r"inputs\[1\] has 3 rows and target 4"):
        Rows((torch.zeros(4), torch.zeros(3)), torch.zeros(4))

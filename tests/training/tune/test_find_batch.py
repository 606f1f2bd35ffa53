"""The batch-size finder on costs that are known, and on a real step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import Rows, Streams, TrainingSettings, find_batch_size
from elman.training.tune import _find_batch as finder

mse = nn.functional.mse_loss


def costs(fixed, each, base=0, bytes_each=0, asked=None):
    """Steps of a·1 + b·n seconds and bytes, as an affine machine has them."""

    def measure(size):
        if asked is not None:
            asked.append(size)
        seconds = fixed + each * size
        return [seconds] * 5, base + bytes_each * size

    return measure


@pytest.mark.parametrize(("fixed", "each"), [(9.0, 1.0), (63.0, 1.0), (0.5, 1.0)])
def test_the_knee_of_an_affine_cost(fixed, each):
    """n / (a + b n) reaches 90 % of its value at N where n is a power of two up."""
    most = 4096
    found = finder._search(costs(fixed, each), most, None, 0.1)
    enough = 0.9 * most / (fixed + each * most)
    rate = found.suggested / (fixed + each * found.suggested)
    half = found.suggested / 2
    assert rate >= enough
    assert found.suggested == 1 or half / (fixed + each * half) < enough
    assert found.sizes == [2**k for k in range(13)]
    assert not found.full


def test_it_stops_before_memory_runs_out_not_after():
    asked = []
    measure = costs(1.0, 0.0, base=100, bytes_each=10, asked=asked)
    found = finder._search(measure, 10_000, 1000, 0.1)
    assert found.full
    assert found.suggested == 64  # 740 bytes; 128 would take 1380
    assert max(asked) == 64
    assert str(found).endswith("; twice 64 would not fit")
    assert found.memory[-1] == 740


def test_the_number_of_examples_is_the_last_size():
    found = finder._search(costs(1.0, 0.0), 100, None, 0.1)
    assert found.sizes == [1, 2, 4, 8, 16, 32, 64, 100]
    assert found.suggested == 100


def test_a_device_that_refuses_ends_the_search():
    def measure(size):
        return None if size > 8 else ([1.0] * 5, None)

    found = finder._search(measure, 100, None, 0.1)
    assert found.sizes[-1] == 8
    assert found.full
    assert found.memory is None
    with pytest.raises(InputError, match="not even a batch of one example"):
        finder._search(lambda size: None, 100, None, 0.1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = elman.GRU(2, 4, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 1))

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


def test_a_real_search_leaves_everything_alone():
    torch.manual_seed(0)
    module = Net().eval()
    examples = Rows(torch.randn(50, 6, 2), torch.randn(50, 1))
    before = {k: v.clone() for k, v in module.state_dict().items()}
    random, numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    found = find_batch_size(module, mse, examples, largest=32)
    assert found.sizes == [1, 2, 4, 8, 16, 32]
    assert found.suggested in found.sizes
    assert all(s > 0 for s in found.seconds)
    assert str(found).startswith(f"batch size {found.suggested}: ")
    assert torch.equal(random, torch.get_rng_state())
    assert (np.random.get_state()[1] == numpy).all()
    assert not module.training
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])


def test_running_out_of_memory_is_told_from_a_mistake(monkeypatch):
    examples = Rows(torch.randn(50, 6, 2), torch.randn(50, 1))

    class Hungry(Net):
        def forward(self, x):
            if len(x) > 4:
                raise RuntimeError(WORDS)
            return super().forward(x)

    WORDS = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
    found = find_batch_size(Hungry(), mse, examples)
    assert found.sizes == [1, 2, 4]
    assert found.full
    WORDS = "mat1 and mat2 shapes cannot be multiplied"
    with pytest.raises(RuntimeError, match="mat1"):
        find_batch_size(Hungry(), mse, examples)


def test_what_does_not_fit_says_so():
    module, x = Net(), torch.zeros(8, 6, 2)
    examples = Rows(x, x[:, 0, :1])
    with pytest.raises(InputError, match="set rows"):
        find_batch_size(module, mse, Streams(x[0], x[0], rows=2, steps=2))
    with pytest.raises(InputError, match="largest must be at least 1"):
        find_batch_size(module, mse, examples, largest=0)
    with pytest.raises(InputError, match="loss_of_speed must be above 0"):
        find_batch_size(module, mse, examples, loss_of_speed=0)
    bound = TrainingSettings(optimizer=torch.optim.SGD(module.parameters(), 0.1))
    with pytest.raises(InputError, match="holds the module's own weights"):
        find_batch_size(module, mse, examples, bound)

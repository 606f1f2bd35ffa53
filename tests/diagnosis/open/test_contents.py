"""What a model keeps outside its weights is put back."""

import copy
import random
from collections import deque

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import cells, layers
from elman.diagnosis.open._contents import Contents


def test_containers_arrays_and_generators():
    held = {
        "deep": {"a": [1, [2]], "t": torch.zeros(3)},
        "queue": deque([1], maxlen=2),
        "set": {1},
        "array": np.zeros(3),
        "pair": ([1], 2),
    }
    own = random.Random(1)  # noqa: S311
    drawn = torch.Generator().manual_seed(1), np.random.default_rng(1), own
    legacy = np.random.RandomState(1)
    before = copy.deepcopy(held)
    contents = Contents([held, *drawn, legacy])

    def draw():
        torchs, numpys, own = drawn
        return (
            float(torch.rand((), generator=torchs)),
            float(numpys.random()),
            own.random(),
            float(legacy.rand()),
        )

    first = draw()
    held["deep"]["a"][1].append(3)
    held["deep"]["t"] += 1
    held["queue"].append(2)
    held["set"].add(2)
    held["array"] += 1
    held["pair"][0].append(1)
    held["new"] = 1
    contents.restore()
    assert held["deep"]["a"] == before["deep"]["a"]
    assert not held["deep"]["t"].any()
    assert not held["array"].any()
    assert held["queue"] == deque([1])
    assert held["set"] == {1}
    assert held["pair"] == ([1], 2)
    assert "new" not in held
    assert draw() == first


class Noted(nn.Module):
    """Counts its calls by a hook that copies share, draws from its own generator."""

    def __init__(self):
        super().__init__()
        own = cells.cell("indrnn")
        self.rnn = layers.layer_of(own, 2, 4, batch_first=True)
        self.out = nn.Linear(4, 1)
        self.seen = {"calls": []}
        self.draws = torch.Generator().manual_seed(3)
        self.rnn.register_forward_hook(lambda *_: self.seen["calls"].append(1))
        with torch.no_grad():
            self.rnn.u_l0.fill_(7.0)  # beyond its limits: a call moves it back

    def forward(self, x):
        x = x + torch.randn(x.shape, generator=self.draws)
        return self.out(self.rnn(x)[0][:, -1])


def test_a_diagnosis_with_everything_changes_none_of_it():
    model = Noted()
    x, y = torch.randn(5, 30, 2), torch.randn(5, 1)
    state = model.draws.get_state()
    elman.diagnose(model, x, y, mse_loss, needed=30, learning_rate=0.1, truncation=4)
    assert model.seen == {"calls": []}
    assert torch.equal(model.draws.get_state(), state)
    assert bool((model.rnn.u_l0 == 7.0).all())

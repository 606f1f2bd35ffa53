"""A run that goes on from any step ends with the bits of one that never stopped."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.training import RaggedSequences, TrainingSettings
from elman.training._loop import Loop
from elman.training.data._order import Shuffled, build_order
from elman.training.step._build_step import build_step
from resumed import check_every_state, ending


class Reader(nn.Module):
    """Has what carries randomness and buffers: dropout and a running mean."""

    def __init__(self):
        super().__init__()
        self.encoder = elman.GRU(2, 5, num_layers=2, dropout=0.3, batch_first=True)
        self.norm = nn.BatchNorm1d(5)
        self.head = nn.Linear(5, 1)

    def forward(self, values, lengths):
        last = self.encoder(values, lengths=lengths)[1][-1]
        return self.head(self.norm(last)).squeeze(-1)


def sequences(count, seed):
    draw = torch.Generator().manual_seed(seed)
    rows = [
        torch.randn(int(n), 2, generator=draw).numpy()
        for n in torch.randint(3, 9, (count,), generator=draw)
    ]
    return RaggedSequences(rows, torch.tensor([row[-1].sum() for row in rows]))


def loop_of(settings, callbacks=()):
    torch.manual_seed(1)
    module, examples = Reader(), sequences(22, 0)
    order = build_order(examples, settings)
    loss = nn.functional.mse_loss
    step = build_step(module, loss, examples, settings, order)
    return Loop(module, loss, sequences(8, 1), settings, order, step, callbacks)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"schedule": "cosine", "optimizer": "sgd"},
        {"optimizer": "rmsprop", "examples_per_epoch": 17, "patience": 1},
        {
            "optimizer": "nesterov",
            "average": "ema",
            "clip_norm": "auto",
            "weight_noise": 0.05,
            "schedule": "plateau",
            "warm_up": 3,
            "patience": None,
        },
        {
            "optimizer": "NAdam",
            "average": "swa",
            "average_start": 0.3,
            "schedule": "CosineAnnealingWarmRestarts",
            "schedule_options": {"T_0": 2},
            "patience": None,
        },
        {"epochs": None, "patience": None, "validate_every": 8, "max_steps": 20},
        {"epochs": None, "patience": None, "average": "ema", "validate_every": 1},
    ],
    ids=["adam", "sgd", "rmsprop", "ema", "swa", "steps", "settled"],
)
def test_goes_on_from_every_step_with_the_same_bits(choice, monkeypatch):
    monkeypatch.setattr("elman.training.budget._settling.WAIT", 6)
    monkeypatch.setattr("elman.training.budget._settling.CLEAR", 0.3)
    common = {"epochs": 4, "batch_size": 5, "learning_rate": 0.05, "seed": 3}
    settings = TrainingSettings(**{**common, **choice})
    check_every_state(lambda callbacks: loop_of(settings, callbacks))


def test_the_order_has_no_memory():
    """Batches asked for in any sequence are those asked for in turn."""
    orders = [Shuffled(23, 4, seed=7, examples_per_epoch=18) for _ in range(2)]
    places = [(e, s) for e in (1, 2, 3) for s in range(orders[0].steps(e))]
    assert len(places) == 3 * 5
    in_turn = {place: orders[0].batch(*place) for place in places}
    for place in [places[i] for i in torch.randperm(15).tolist()]:
        assert torch.equal(orders[1].batch(*place), in_turn[place])
    for epoch in (1, 2, 3):
        taken = torch.cat([in_turn[epoch, s] for s in range(5)])
        assert len(taken) == len(taken.unique()) == 18


def test_the_ledger_tells_runs_apart():
    ledgers = []
    for seed, epochs in ((0, 1), (0, 1), (1, 1), (0, 2)):
        settings = TrainingSettings(epochs=epochs, batch_size=8, seed=seed)
        ledgers.append(ending(loop_of(settings))[3])
    assert ledgers[0] == ledgers[1]
    assert len(set(ledgers)) == 3

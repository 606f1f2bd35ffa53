"""Batches of like length: every sequence once, within the budget, little padding."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman._errors import InputError
from elman.training import (
    ByLength,
    Callback,
    RaggedSequences,
    Subset,
    TrainingSettings,
    padding_share,
    train,
)
from elman.training.data._order import Shuffled


def lengths(n=500, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return (torch.randn(n, generator=draw) * 0.8 + 3.5).exp().long() + 1


def batches(order, epoch):
    return [order.batch(epoch, s) for s in range(order.steps(epoch))]


@pytest.mark.parametrize("epoch", [1, 2, 9])
def test_every_sequence_once_an_epoch_and_no_batch_over_the_budget(epoch):
    found = lengths()
    order = ByLength(found, 2000, seed=4)
    drawn = batches(order, epoch)
    assert torch.cat(drawn).sort().values.equal(torch.arange(500))
    for batch in drawn:
        assert len(batch) == 1 or int(found[batch].max()) * len(batch) <= 2000


def test_a_sequence_over_the_budget_is_alone():
    order = ByLength(torch.tensor([5, 900, 5, 901, 4]), 10, seed=0)
    drawn = batches(order, 1)
    assert sorted(len(b) for b in drawn) == [1, 1, 1, 2]
    assert torch.cat(drawn).sort().values.equal(torch.arange(5))


def test_little_is_padded():
    found = lengths(2000)
    alike = padding_share(found, batches(ByLength(found, 2000, seed=0), 1))
    mixed = padding_share(found, batches(Shuffled(2000, 32, seed=0), 1))
    assert alike < 0.1
    assert mixed > 0.5


def test_the_order_is_a_function_of_seed_and_epoch():
    found = lengths()
    one, other = ByLength(found, 999, seed=1), ByLength(found, 999, seed=1)
    first = batches(one, 1)
    second = batches(one, 2)
    again = [other.batch(2, s) for s in reversed(range(other.steps(2)))][::-1]
    assert all(torch.equal(a, b) for a, b in zip(second, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, second, strict=False))
    assert sorted(map(len, first)) != [len(b) for b in first]  # long ones anywhere


def test_part_of_the_examples():
    order = ByLength(lengths(), 400, seed=1, examples_per_epoch=37)
    drawn = torch.cat(batches(order, 3))
    assert len(drawn) == len(drawn.unique()) == 37


def test_padding_share_counts():
    share = padding_share(
        torch.tensor([4, 1, 3]), [torch.tensor([0, 1]), torch.tensor([2])]
    )
    assert share == pytest.approx(3 / 11)
    assert padding_share(torch.tensor([4]), []) == 0.0


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = elman.GRU(1, 4, batch_first=True)
        self.head = nn.Linear(4, 1)

    def forward(self, values, lengths):
        return self.head(self.rnn(values, lengths=lengths)[1][0])


class Rows(Callback):
    def __init__(self):
        self.records = []

    def on_epoch(self, state):
        self.records.append(dict(state.record))


@pytest.mark.parametrize("part", [False, True])
def test_training_says_what_it_padded(part):
    found = lengths(60)
    sequences = [torch.randn(int(n), 1).numpy() for n in found]
    examples = RaggedSequences(sequences, torch.zeros(60, 1))
    if part:
        examples = Subset(examples, torch.arange(0, 60, 2))
    seen = Rows()
    settings = TrainingSettings(epochs=2, tokens_per_batch=500)
    train(Reader(), nn.functional.mse_loss, examples, None, settings, [seen])
    order = ByLength(found[::2] if part else found, 500, seed=0)
    assert "padding" not in seen.records[0]
    for epoch in (1, 2):
        share = padding_share(order.lengths, batches(order, epoch))
        assert seen.records[epoch]["padding"] == pytest.approx(share)


def test_examples_without_lengths_say_so():
    class Pairs:
        def __len__(self):
            return 3

    settings = TrainingSettings(tokens_per_batch=10)
    with pytest.raises(InputError, match="Pairs has none: use batch_size"):
        train(Reader(), nn.functional.mse_loss, Pairs(), None, settings)

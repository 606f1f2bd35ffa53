"""Ragged batches against a version that pads one sequence at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.training import RaggedSequences, evaluate, predict


def sequences(lengths, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, channels)) for n in lengths]


def naive(rows, index, fill):
    longest = max(len(rows[i]) for i in index)
    padded = np.full((len(index), longest, *rows[0].shape[1:]), fill)
    for place, i in enumerate(index):
        padded[place, : len(rows[i])] = rows[i]
    return torch.tensor(padded, dtype=torch.float32)


@pytest.mark.parametrize("index", [[0], [3, 1], [4, 4, 0, 2], list(range(5))])
def test_take_pads_to_the_longest_of_the_batch(index):
    rows = sequences([4, 1, 7, 2, 5])
    examples = RaggedSequences(rows, torch.arange(5) * 10)
    (values, lengths), target = examples.take(torch.tensor(index))
    assert torch.equal(values, naive(rows, index, 0.0))
    assert lengths.tolist() == [len(rows[i]) for i in index]
    assert target.tolist() == [10 * i for i in index]


@pytest.mark.parametrize("targets", [0, 2])
def test_targets_of_steps_are_nan_beyond_the_end(targets):
    rows = sequences([4, 1, 7])
    trailing = (targets,) if targets else ()
    rng = np.random.default_rng(1)
    y = [rng.normal(size=(len(r), *trailing)).astype(np.float32) for r in rows]
    examples = RaggedSequences(rows, torch.from_numpy(np.concatenate(y)), per_step=True)
    _, target = examples.take(torch.tensor([2, 0]))
    expected = naive(y, [2, 0], np.nan)
    assert target.shape == expected.shape
    assert torch.equal(target.isnan(), expected.isnan())
    assert torch.equal(target.nan_to_num(), expected.nan_to_num())


def test_sequences_may_be_empty():
    rows = sequences([0, 3, 0])
    examples = RaggedSequences(rows)
    (values, lengths), target = examples.take(torch.tensor([0, 1, 2]))
    assert target is None
    assert lengths.tolist() == [0, 3, 0]
    assert torch.equal(values, naive(rows, [0, 1, 2], 0.0))
    (values, _), _ = examples.take(torch.tensor([0, 2]))
    assert values.shape == (2, 0, 3)


class Total(torch.nn.Module):
    def forward(self, values, lengths):
        assert not self.training
        return values.sum((1, 2)) / lengths


def test_evaluate_and_predict_do_not_depend_on_the_batches():
    rows = sequences([4, 1, 7, 2, 5])
    examples = RaggedSequences(rows, torch.zeros(5))
    module = Total().train()
    means = torch.tensor([row.sum() / len(row) for row in rows])

    def loss(output, target):
        return (output - target).abs().mean()

    for size in (1, 2, 5, 100):
        found = predict(module, examples, size)
        torch.testing.assert_close(found.double(), means, rtol=1e-5, atol=1e-6)
        value = evaluate(module, loss, examples, size)
        assert value == pytest.approx(means.abs().mean().item(), rel=1e-5)
    assert module.training

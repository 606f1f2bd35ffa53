"""Kneser–Ney beside a model of dictionaries that shares no code with it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from elman.tasks.language._ngrams import _discounts, kneser_ney

SIZE = 5


def drawn(count, seed=0):
    """A chain in which each token mostly follows from the one before."""
    draw = np.random.default_rng(seed)
    found = [0]
    for _ in range(count - 1):
        follows = (2 * found[-1] + 1) % SIZE
        found.append(int(follows if draw.random() < 0.7 else draw.integers(SIZE)))
    return np.array(found)


class Plain:
    """The same model, a number at a time."""

    def __init__(self, tokens, order):
        self.counts = {}
        for k in range(1, order + 1):
            grams = [
                tuple(tokens[i - k + 1 : i + 1]) for i in range(k - 1, len(tokens))
            ]
            if k < order:
                longer = {tuple(tokens[i - k : i + 1]) for i in range(k, len(tokens))}
                grams = [gram[1:] for gram in longer]
            self.counts[k] = Counter(grams)
        self.cut = {
            k: _discounts(np.array(list(c.values()), float))
            for k, c in self.counts.items()
        }
        self.after = {k: defaultdict(list) for k in self.counts}
        for k, counts in self.counts.items():
            for gram, count in counts.items():
                self.after[k][gram[:-1]].append(count)

    def chance(self, order, before, token):
        if order == 0:
            return 1 / SIZE
        before = before[len(before) - order + 1 :]
        lower = self.chance(order - 1, before[1:], token)
        found = self.after[order].get(before)
        if not found:
            return lower
        cut = self.cut[order]
        left = sum(cut[min(c, 3)] for c in found) / sum(found)
        count = self.counts[order].get((*before, token), 0)
        return max(count - cut[min(count, 3)], 0) / sum(found) + left * lower


@pytest.mark.parametrize("order", [1, 2, 4])
def test_it_is_the_model_of_the_formula(order):
    training, held_out = drawn(300), drawn(60, seed=1)
    everything = [int(t) for t in np.concatenate([training, held_out])]
    plain = Plain(everything[:300], order)
    expected = [
        -math.log(plain.chance(order, tuple(everything[:i]), everything[i]))
        for i in range(300, 360)
    ]
    found = kneser_ney(training, held_out, SIZE, [order])[order]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("order", [1, 3, 6])
def test_chances_add_up_to_one(order):
    training = drawn(200)
    total = sum(
        math.exp(
            -kneser_ney(training, np.array([3, 1, token]), SIZE, [order])[order][2]
        )
        for token in range(SIZE)
    )
    assert total == pytest.approx(1)


def test_orders_together_are_those_alone():
    training, held_out = drawn(200), drawn(30, seed=2)
    together = kneser_ney(training, held_out, SIZE, [1, 3])
    for order in (1, 3):
        alone = kneser_ney(training, held_out, SIZE, [order])[order]
        np.testing.assert_array_equal(together[order], alone)


def test_more_context_helps_where_there_is_order():
    found = kneser_ney(drawn(2000), drawn(400, seed=3), SIZE, [1, 2])
    assert found[2].mean() < found[1].mean() - 0.2

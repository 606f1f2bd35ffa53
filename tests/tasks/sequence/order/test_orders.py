"""Other orders of the steps: permutations, and what each of them keeps."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.order._orders import (
    backwards,
    in_blocks,
    most_blocks,
    reading_order,
    rows_of,
    shuffled,
    taken,
    with_targets,
)

LENGTHS = np.array([1, 2, 3, 17, 40])


def sequences(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(steps, 2)) for steps in LENGTHS]


def every_order():
    rng = np.random.default_rng(0)
    yield from (shuffled(LENGTHS, rng), backwards(LENGTHS), in_blocks(LENGTHS, rng))
    yield from (reading_order(how, 3, sequences()) for how in ("fixed", "each"))


def test_each_is_a_permutation_of_every_sequence():
    for order in every_order():
        for places, steps in zip(order, LENGTHS, strict=True):
            np.testing.assert_array_equal(np.sort(places), np.arange(steps))


def test_blocks_keep_the_order_within_them():
    (order,) = in_blocks(np.array([40]), np.random.default_rng(0))
    assert (np.diff(order) == 1).sum() >= 40 - 8
    assert (np.diff(order) != 1).any()
    (short,) = in_blocks(np.array([5]), np.random.default_rng(0))
    assert (np.diff(short) == 1).any()
    assert [most_blocks(np.array(n)) for n in ([1], [3], [4, 2], [8], [40])] == [
        *(1, 1, 2, 4, 8)
    ]


def test_a_shorter_sequence_has_the_fixed_order_of_a_longer_one():
    orders = reading_order("fixed", 5, sequences())
    longest = orders[-1]
    for order, steps in zip(orders, LENGTHS, strict=True):
        np.testing.assert_array_equal(order, longest[longest < steps])
    assert not np.array_equal(longest, reading_order("fixed", 6, sequences())[-1])


def test_the_fixed_order_stays_for_ever():
    """Stored models hold the seed alone."""
    (order,) = reading_order("fixed", 0, [np.zeros((6, 1))])
    assert order.tolist() == [4, 3, 0, 2, 5, 1]


def test_an_order_of_its_own_depends_on_nothing_else():
    some = sequences()
    together = reading_order("each", 1, some)
    for sequence, order in zip(some, together, strict=True):
        (alone,) = reading_order("each", 1, [sequence])
        np.testing.assert_array_equal(alone, order)
    other = reading_order("each", 1, sequences(seed=1))
    assert not np.array_equal(together[-1], other[-1])


def test_none_leaves_them_alone():
    some = sequences()
    assert reading_order("none", 0, some) is None
    assert taken(some, None) is some


@pytest.mark.parametrize("weights", [None, np.arange(63.0)])
def test_targets_go_with_their_steps(weights):
    some = [np.arange(n, dtype=float)[:, None] for n in LENGTHS]
    values = np.concatenate(some)
    targets = Targets(values, LENGTHS, weights=weights)
    order = shuffled(LENGTHS, np.random.default_rng(0))
    moved = with_targets(targets, order)
    np.testing.assert_array_equal(moved.values, np.concatenate(taken(some, order)))
    if weights is not None:
        np.testing.assert_array_equal(moved.weights, weights[rows_of(order)])
    whole = Targets(np.arange(5), None)
    assert with_targets(whole, order) is whole

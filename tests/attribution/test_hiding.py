"""Shapley values and occlusion: oracles, adding up, errors that cover."""

import itertools
import math

import numpy as np
import pytest

from elman.attribution import Block, Blocks, occlusion, shapley

STEPS, CHANNELS = 6, 2


def tangled(inputs):
    """Return two outputs with products between far values, of (n, 6, 2)."""
    a = inputs[:, 0, 0] * inputs[:, 5, 1] + np.tanh(inputs[:, 2].sum(1))
    b = np.abs(inputs).sum((1, 2)) ** 1.5
    return np.stack([a, b], 1)


def additive(inputs):
    return (inputs * np.arange(12.0).reshape(6, 2)).sum((1, 2))[:, None]


@pytest.fixture
def case():
    return np.random.default_rng(0).normal(size=(STEPS, CHANNELS))


def by_orders(function, inputs, baseline, blocks):
    """Return Shapley values as the mean over all orders, without any shortcut."""
    labels = blocks.labels
    found = np.zeros((len(blocks), function(inputs[None]).shape[1]))
    for order in itertools.permutations(range(len(blocks))):
        now = np.broadcast_to(baseline, inputs.shape).copy()
        before = function(now[None])[0]
        for j in order:
            now[labels == j] = inputs[labels == j]
            after = function(now[None])[0]
            found[j] += after - before
            before = after
    return found.T / math.factorial(len(blocks))


def sums(found):
    """Return (K, n): the sum over each block."""
    flat = found.labels.ravel()
    return np.array([np.bincount(flat, values.ravel()) for values in found.values])


def test_up_to_ten_blocks_are_exact(case):
    blocks = Blocks.grid(STEPS, [[0], [1]], 3)
    baseline = np.array([0.2, -0.4])
    found = shapley(tangled, case, baseline, blocks)
    np.testing.assert_allclose(
        sums(found), by_orders(tangled, case, baseline, blocks), atol=1e-12
    )
    assert found.error is None
    assert found.relative_gap.max() < 1e-12


def test_sampled_orders_add_up_and_their_errors_cover(case):
    blocks = Blocks.grid(STEPS, [[0], [1]], 6)
    assert len(blocks) == 12
    exact = shapley(tangled, case, np.zeros(2), blocks, permutations=4000)
    found = shapley(tangled, case, np.zeros(2), blocks, permutations=32)
    assert found.relative_gap.max() < 1e-12
    assert found.error is not None
    apart = np.abs(found.values - exact.values)
    assert (apart <= 5 * found.error + 1e-9).all()


def test_what_is_additive_is_found_by_each(case):
    wanted = case * np.arange(12.0).reshape(6, 2)
    blocks = Blocks.grid(STEPS, [[0], [1]], 6)
    for found in (
        shapley(additive, case, np.zeros(2), blocks),
        occlusion(additive, case, np.zeros(2), blocks),
    ):
        np.testing.assert_allclose(found.values[0], wanted, atol=1e-10)
        assert found.relative_gap.max() < 1e-10


def test_occlusion_says_how_far_it_is_from_adding_up(case):
    found = occlusion(tangled, case, np.zeros(2), Blocks.grid(STEPS, [[0, 1]], 3))
    whole = tangled(case[None])[0] - tangled(np.zeros((1, 6, 2)))[0]
    apart = np.abs(found.values.sum((1, 2)) - whole)
    np.testing.assert_allclose(found.gap, apart)
    assert found.gap.max() > 0.01


def test_blocks_that_count_are_split_down_to_the_value():
    inputs = np.random.default_rng(1).normal(size=(32, 4))

    def one_value(values):
        return 3 * values[:, 17, 2][:, None]

    blocks = Blocks.grid(32, [[0, 1, 2, 3]], 4)
    found = shapley(one_value, inputs, np.zeros(4), blocks, refine=8)
    assert found.values[0, 17, 2] == pytest.approx(3 * inputs[17, 2])
    assert np.abs(found.values).sum() == pytest.approx(abs(3 * inputs[17, 2]))


@pytest.mark.parametrize("refine", [0, 3])
def test_one_block_has_it_all(case, refine):
    whole = Blocks.grid(1, [[0, 1]], 5)
    found = shapley(lambda x: x.sum((1, 2))[:, None], case[:1], np.zeros(2), whole)
    assert found.values.sum() == pytest.approx(case[0].sum())
    one = Blocks.grid(1, [[0]], 5)
    found = shapley(lambda x: x[:, 0], case[:1, :1], np.zeros(1), one, refine=refine)
    assert found.values == pytest.approx(case[0, 0])


def test_of_a_background_the_mean_is_explained(case):
    several = np.random.default_rng(2).normal(size=(5, STEPS, CHANNELS))
    blocks = Blocks.grid(STEPS, [[0, 1]], 3)
    found = shapley(tangled, case, several, blocks)
    each = [by_orders(tangled, case, one, blocks) for one in several]
    np.testing.assert_allclose(sums(found), np.mean(each, 0), atol=1e-12)
    np.testing.assert_allclose(found.reference, tangled(several).mean(0))


def test_the_same_seed_draws_the_same_orders(case):
    blocks = Blocks.grid(STEPS, [[0], [1]], 6)
    one, two = (shapley(tangled, case, np.zeros(2), blocks, seed=3) for _ in range(2))
    assert (one.values == two.values).all()


@pytest.mark.parametrize("steps", [1, 2, 5, 31])
@pytest.mark.parametrize("stretches", [1, 3, 40])
def test_a_grid_and_its_splits_are_partitions(steps, stretches):
    blocks = Blocks.grid(steps, [[0, 2], [1]], stretches)
    for _ in range(7):
        seen = np.zeros((steps, 3), int)
        for block in blocks.each:
            seen[block.start : block.stop, list(block.channels)] += 1
        assert (seen == 1).all()
        blocks = blocks.split(np.ones(len(blocks), bool))
    assert len(blocks) == steps * 3


def test_a_block_is_split_by_channels_first():
    assert Block(2, 6, (0, 1)).parts() == [Block(2, 6, (0,)), Block(2, 6, (1,))]
    assert Block(2, 5, (1,)).parts() == [Block(2, 4, (1,)), Block(4, 5, (1,))]


def test_a_baseline_of_another_shape_is_refused(case):
    with pytest.raises(ValueError, match="baseline has shape"):
        shapley(additive, case, np.zeros((3, 4, 2)), Blocks.grid(STEPS, [[0, 1]], 2))

"""Whether what counts most is lost first."""

import numpy as np
import pytest

from elman.attribution import fidelity, likeness, shuffled


def one_step(inputs):
    return inputs[:, 4, 1][:, None]


@pytest.fixture
def case():
    found = np.random.default_rng(0).normal(size=(10, 3))
    found[4, 1] = 2.0
    return found


def test_the_right_map_loses_everything_at_once(case):
    right = np.zeros((10, 3))
    right[4, 1] = 2.0
    found = fidelity(one_step, case, np.zeros(3), right)
    assert found.deleted[0] == 2.0
    assert (found.deleted[1:] == 0).all()
    assert found.inserted[0] == 0.0
    assert (found.inserted[1:] == 2.0).all()
    assert found.gain > 0.3


def test_a_wrong_map_is_worse_than_chance(case):
    wrong = np.ones((10, 3))
    wrong[4, 1] = 0.0
    assert fidelity(one_step, case, np.zeros(3), wrong).gain < -0.3


def test_of_an_output_below_the_baseline_too(case):
    case[4, 1] = -2.0
    right = np.zeros((10, 3))
    right[4, 1] = -2.0
    assert fidelity(one_step, case, np.zeros(3), right).gain > 0.3


def test_nothing_to_lose_is_no_gain():
    constant = fidelity(
        lambda inputs: np.ones((len(inputs), 1)),
        np.ones((4, 2)),
        np.zeros(2),
        np.ones((4, 2)),
    )
    assert constant.gain == 0.0


def test_likeness_is_of_sizes():
    one = np.array([[1.0, -2.0], [3.0, 0.5]])
    assert likeness(one, -one) == pytest.approx(1.0)
    assert likeness(one, 1 / one) == pytest.approx(-1.0)
    assert likeness(one, np.zeros((2, 2))) == 0.0


def test_shuffled_weights_are_the_same_numbers_elsewhere():
    import torch

    torch.manual_seed(0)
    layer = torch.nn.Linear(5, 4)
    other = shuffled(layer, 1)
    assert not torch.equal(other.weight, layer.weight)
    assert sorted(other.weight.flatten().tolist()) == sorted(
        layer.weight.flatten().tolist()
    )
    assert torch.equal(shuffled(layer, 1).weight, other.weight)

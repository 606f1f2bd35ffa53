"""A diagnosis asks the data what they need and tries other cells; a fit does not."""

import numpy as np
import pytest

from elman.tasks import SequenceClassifier, SequenceRegressor, examining

LAG, T = 5, 40


def fitted(make, y, X):
    return make(
        cell="rnn", hidden_size=4, epochs=1, refit=False, random_state=0
    ).fit(X, y).results_["diagnosis"]  # fmt: skip


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(0)
    return rng.normal(size=(120, T, 1)).astype(np.float32)


def test_classes_that_one_step_decides(sequences):
    y = np.where(sequences[:, T - 1 - LAG, 0] > 0, "up", "down")
    plain = fitted(SequenceClassifier, y, sequences)
    assert plain["needed"] == T
    assert plain["needed_source"].startswith("length of the sequences")
    with examining():
        asked = fitted(SequenceClassifier, y, sequences)
    assert LAG <= asked["needed"] < 2 * LAG
    assert asked["needed_source"].startswith("linear probe: inputs up to 5 steps")
    again = fitted(SequenceClassifier, y, sequences)
    assert again["needed"] == T


def test_noise_needs_the_length_and_says_why(sequences):
    y = np.random.default_rng(1).normal(size=len(sequences))
    with examining():
        found = fitted(SequenceRegressor, y, sequences)
    assert found["needed"] == T
    assert "length of the sequences" in found["needed_source"]
    assert "no " in found["needed_source"]
    kinds = {row["kind"] for row in found["remedies"]}
    assert "cell" in kinds  # an RNN does not reach 40 steps
    names = [row["name"] for row in found["remedies"] if row["kind"] == "cell"]
    assert found["remedy"] not in names


def test_a_number_a_step(sequences):
    y = [np.concatenate([np.zeros(2), x[:-2, 0]]) for x in sequences[:40]]
    with examining():
        found = fitted(SequenceRegressor, y, list(sequences[:40]))
    assert 2 <= found["needed"] < T

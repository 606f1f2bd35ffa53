"""Calibration and weights of several models, from predictions they were held out of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from elman.tasks.sequence.linear._shares import (
    calibration,
    class_shares,
    mean_numbers,
    mean_probabilities,
    number_shares,
)


def drawn(n, seed=0):
    """Return logits, and classes drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    chances = np.exp(log_softmax(logits, axis=1))
    return logits, np.array([rng.choice(3, p=row) for row in chances])


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_a_wrong_scale_is_put_right(scale):
    logits, truth = drawn(4000)
    factor, loss = calibration(logits * scale, truth, None)
    assert factor * scale == pytest.approx(1.0, rel=0.1)
    assert loss < np.log(3)


def test_few_sequences_without_a_mistake_are_no_certainty():
    truth = np.arange(20) % 2
    scores = np.where(truth[:, None] == np.arange(2), 1.0, -1.0)
    factor, _ = calibration(scores, truth, None)
    sure = np.exp(log_softmax(factor * scores, axis=1)).max()
    assert sure == pytest.approx(21 / 22, rel=1e-3)


def test_what_predicts_well_gets_the_weight_where_there_is_evidence():
    logits, truth = drawn(2000)
    good = log_softmax(logits, axis=1)
    bad = log_softmax(np.random.default_rng(1).normal(0, 2, (2000, 3)), axis=1)
    shares = class_shares([bad, good], truth, None, [0.9, 0.1])
    assert shares.sum() == pytest.approx(1.0)
    assert shares[1] > 0.9
    few = class_shares([bad[:2], good[:2]], truth[:2], None, [0.9, 0.1])
    assert few[0] > 0.7


def test_rows_without_weight_are_no_evidence():
    logits, truth = drawn(200)
    good, bad = log_softmax(logits, axis=1), np.full((200, 3), -np.log(3))
    nothing = class_shares([bad, good], truth, np.zeros(200), [0.5, 0.5])
    np.testing.assert_allclose(nothing, 0.5)


def test_numbers_are_weighted_by_least_squares():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(500, 2))
    close, far = truth + rng.normal(0, 0.1, (500, 2)), truth + 1.0
    shares = number_shares([far, close], truth, None, [0.5, 0.5])
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()
    assert shares[1] > 0.9


def test_probabilities_are_averaged_and_stay_such():
    a, b = np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]])
    found = mean_probabilities([a, b], np.array([0.25, 0.75]))
    np.testing.assert_allclose(np.exp(found), [[0.6, 0.4]])
    np.testing.assert_allclose(mean_probabilities([a, b], np.array([1.0, 0.0])), a)
    np.testing.assert_allclose(mean_numbers([a, b], np.array([0.5, 0.5])), (a + b) / 2)

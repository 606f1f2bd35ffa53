"""The linear models: what they reach, what they saw, how they come back."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._classification import Classification
from elman.tasks.sequence.kinds._regression import Regression
from elman.tasks.sequence.linear import _models
from elman.tasks.sequence.linear._blocks import size_for
from elman.tasks.sequence.linear._models import PARTS, LinearModels

CLASSES = Classification(np.arange(2))


def waves(n=40, seed=0, channels=1):
    """Return ragged noise with a quick or a slow wave in it, and which."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(n) % 2
    found = []
    for kind in kinds:
        t = np.arange(rng.integers(30, 50))
        wave = np.sin(t * (0.3, 0.9)[kind] + rng.uniform(0, 6))[:, None]
        noise = rng.normal(0, 0.5, (len(t), channels))
        found.append((wave + noise).astype(np.float32))
    return found, kinds


def fitted(seed=0, **targets):
    x, y = waves()
    return LinearModels.fit(x, Targets(y, None, **targets), CLASSES, seed)


def test_tells_waves_apart_whatever_their_phase():
    later, truth = waves(seed=1)
    models = fitted()
    assert (models.outputs(later).argmax(1) == truth).mean() > 0.95
    np.testing.assert_allclose(np.exp(models.outputs(later)).sum(1), 1, rtol=1e-9)
    assert models.shares.sum() == pytest.approx(1.0)
    assert set(models.each(later)) == set(PARTS)


def test_numbers_of_several_targets():
    x, y = waves()
    targets = np.stack([y, 1.0 - y], 1).astype(float)
    models = LinearModels.fit(x, Targets(targets, None), Regression(1), 0)
    later, truth = waves(seed=1)
    error = models.outputs(later) - np.stack([truth, 1 - truth], 1)
    assert np.sqrt((error**2).mean()) < 0.3


def test_comes_back_from_its_description():
    models = fitted()
    later, _ = waves(seed=1)
    again = LinearModels.from_description(models.describe(), models.tensors(), CLASSES)
    assert np.array_equal(again.outputs(later), models.outputs(later))


def test_a_slope_whatever_the_level_and_the_length():
    rng = np.random.default_rng(0)
    slope = rng.normal(size=100)
    x = [
        (5 * rng.normal() + b / 10 * np.arange(n) + rng.normal(size=n))[:, None]
        for b, n in zip(slope, rng.integers(20, 60, 100), strict=True)
    ]
    x = [s.astype(np.float32) for s in x]
    model = LinearModels.fit(x[:60], Targets(slope[:60, None], None), Regression(1), 0)
    error = np.sqrt(np.square(model.outputs(x[60:])[:, 0] - slope[60:]).mean())
    assert error < 0.29  # 0.23; without the slopes 0.33


def test_the_seed_repeats_a_fit():
    later, _ = waves(seed=1)
    first = fitted(3).outputs(later)
    assert np.array_equal(first, fitted(3).outputs(later))
    assert not np.array_equal(first, fitted(4).outputs(later))


def test_labels_by_chance_are_not_believed():
    x, y = waves()
    y = np.random.default_rng(0).permutation(y)
    left_out = LinearModels.fit(x, Targets(y, None), CLASSES, 0).left_out()
    # A model that had seen the row would predict it.
    assert (left_out.argmax(1) == y).mean() < 0.75


def test_a_heavy_class_is_predicted_more_often():
    weights = np.where(waves()[1] == 1, 50.0, 0.02)
    later, _ = waves(seed=1)
    even = fitted().outputs(later)[:, 1].mean()
    assert fitted(weights=weights).outputs(later)[:, 1].mean() > even


@pytest.mark.parametrize("lengths", [(1, 1), (1, 3), (2, 12)])
def test_very_short_sequences(lengths):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(lengths[i % 2], 2)).astype(np.float32) for i in range(12)]
    y = np.array([int(s[0, 0] > 0) for s in x])
    outputs = LinearModels.fit(x, Targets(y, None), CLASSES, 0).outputs(x)
    assert np.isfinite(outputs).all()


def test_more_rows_than_there_is_time_for(monkeypatch):
    monkeypatch.setattr(_models, "MOST_ROWS", 20)
    models = fitted()
    assert len(models.rows) == 20
    assert models.left_out().shape == (20, 2)
    assert models.outputs(waves(seed=1)[0]).shape == (40, 2)


def test_many_sequences_get_fewer_features():
    few, many = size_for(2000, 10**6), size_for(2001, 10**6)
    assert few.thresholds > many.thresholds
    assert size_for(100, 10**6 + 1) == many

"""Baselines against scikit-learn and plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.sequence._baselines import (
    Baselines,
    resampled,
    slopes,
    summary,
    windows,
)
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._classification import Classification
from elman.tasks.sequence.kinds._regression import Regression


def classes(n=60, seed=0):
    """Sequences whose class is the sign of their slope."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    x = [
        (2 * k - 1) * np.linspace(-1, 1, t)[:, None] + 0.3 * rng.normal(size=(t, 2))
        for k, t in zip(y, rng.integers(5, 40, n), strict=True)
    ]
    return x, Targets(y, None)


def test_resampling_is_linear_and_keeps_the_ends():
    line = np.arange(7.0)[:, None] * [1.0, -2.0]
    even = resampled(line, 13)
    np.testing.assert_allclose(even[:, 0], np.linspace(0, 6, 13), atol=1e-15)
    np.testing.assert_allclose(even[:, 1], -2 * np.linspace(0, 6, 13), atol=1e-14)
    assert np.array_equal(resampled(line, 7), line)
    assert np.array_equal(resampled(line[:1], 3), np.repeat(line[:1], 3, axis=0))


def test_summary_of_a_sequence():
    x = np.array([[1.0], [3.0], [2.0]])
    parts = summary(x)
    expected = [2.0, np.sqrt(2 / 3), 1.0, 3.0, 1.0, 2.0, 1.0, np.log(3)]
    np.testing.assert_allclose(parts, expected, rtol=1e-15)


def test_slopes_are_those_of_least_squares():
    x = np.random.default_rng(0).normal(size=(9, 2))
    expected = np.polyfit(np.arange(9), x, 1)[0]
    np.testing.assert_allclose(slopes(x), expected, atol=1e-12)
    assert slopes(x[:1]).tolist() == [0.0, 0.0]


def test_windows_centre_on_their_step():
    x = np.arange(1.0, 6.0)[:, None]
    found = windows(x, reach=1)
    assert found.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0]]


def test_classifiers():
    x, targets = classes()
    later, truth = classes(seed=1)
    models = Baselines(Classification(np.arange(2))).fit(x, targets)
    found = models.predict(later, per_step=False)
    assert list(found) == ["majority class", "1-nearest-neighbour", "ridge"]
    right = {name: (p == truth.values).mean() for name, p in found.items()}
    assert right["ridge"] > 0.95
    assert right["1-nearest-neighbour"] > 0.9
    most = np.bincount(targets.values).argmax()
    assert (found["majority class"] == most).all()
    # A neighbour of oneself is oneself.
    own = models.predict(x, per_step=False)["1-nearest-neighbour"]
    assert np.array_equal(own, targets.values)


def test_regressors_of_several_targets():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(t, 1)) for t in rng.integers(5, 9, 80)]
    y = np.array([[s.mean(), 3 * s.max() + 1] for s in x])
    models = Baselines(Regression(1)).fit(x[:60], Targets(y[:60], None))
    found = models.predict(x[60:], per_step=False)
    assert {name: p.shape for name, p in found.items()} == {
        "mean": (20, 2),
        "1-nearest-neighbour": (20, 2),
        "ridge": (20, 2),
    }
    np.testing.assert_allclose(found["mean"], np.tile(y[:60].mean(0), (20, 1)))
    # Mean and maximum are among the features, so ridge is all but exact.
    assert np.abs(found["ridge"] - y[60:]).max() < 0.05


@pytest.mark.parametrize("missing", [False, True])
def test_steps_use_a_window(missing):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(t, 1)) for t in rng.integers(20, 40, 30)]
    y = [np.convolve(s[:, 0], [0.5, 0.3, 0.2])[: len(s), None] for s in x]
    truth = np.concatenate(y)
    given = truth.copy()
    if missing:
        given[::3] = np.nan
    lengths = np.array([len(s) for s in x])
    models = Baselines(Regression(1)).fit(x, Targets(given, lengths))
    found = models.predict(x, per_step=True)
    assert list(found) == ["mean", "ridge"]
    assert found["ridge"].shape == truth.shape
    # A filter of three taps is a window of eight steps, zero outside included.
    assert np.abs(found["ridge"] - truth).max() < 0.01


def test_no_input_is_too_wide_or_too_long():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(t, 300)) for t in (5000, 3000, 4000, 10)]
    models = Baselines(Classification(np.arange(2))).fit(
        x, Targets(np.array([0, 1, 0, 1]), None)
    )
    assert models.predict(x, per_step=False)["ridge"].shape == (4,)
    features = models._features(x, per_step=False)
    assert features["frames"].shape[1] <= 2048

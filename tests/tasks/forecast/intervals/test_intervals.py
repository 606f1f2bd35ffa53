"""Intervals cover what they promise, also from few forecasts."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.intervals._intervals import conformal_offsets, rolling_offsets


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_intervals_cover_what_they_promise_on_exchangeable_errors(level):
    rng = np.random.default_rng(3)
    errors = rng.gamma(2.0, size=(4000, 2, 1)) * [[[1.0]], [[5.0]]][0]
    low, high = conformal_offsets(errors[:1000], level)
    fresh = errors[1000:]
    inside = (fresh >= low) & (fresh <= high)
    # Three standard errors of a share over 6000 draws and 1000 calibrations.
    assert inside.mean() == pytest.approx(level, abs=3 * np.sqrt(0.25 / 1000))


def test_few_errors_are_pooled_over_the_horizon():
    errors = np.arange(20.0).reshape(10, 2, 1)
    low, high = conformal_offsets(errors, 0.9)
    assert low[0, 0] == low[1, 0] == 0.0
    assert high[0, 0] == high[1, 0] == 19.0


def test_few_rolling_forecasts_make_wider_intervals_that_grow():
    rng = np.random.default_rng(0)
    spread = np.sqrt(np.arange(1.0, 6))[:, None]
    errors = rng.normal(size=(2000, 5, 1)) * spread
    low, high = rolling_offsets(errors, 0.9)
    np.testing.assert_allclose(-low, high)
    np.testing.assert_allclose(high, 1.645 * spread, rtol=0.05)
    few = rolling_offsets(errors[:10], 0.9)[1]
    assert (np.diff(few[:, 0]) >= 0).all()
    # Student's quantile with three degrees of freedom, and one more forecast.
    known = errors[:10] / np.abs(errors[:10])
    assert rolling_offsets(known, 0.9)[1][0, 0] == pytest.approx(
        2.353 / 1.645 * np.sqrt(4 / 3), rel=1e-3
    )


def test_rolling_errors_that_are_unknown_do_not_count():
    errors = np.ones((20, 3, 2))
    errors[:, 2, 0] = np.nan
    errors[:, :, 1] = np.nan
    low, high = rolling_offsets(errors, 0.9)
    assert np.isfinite(low).all()
    assert high[2, 0] == pytest.approx(high[0, 0])
    assert np.abs(high[:, 1]).max() < 1e-5

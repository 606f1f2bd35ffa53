"""Whether zero is a wall, and whether a target is mostly nothing."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.columns._target_kind import (
    bounded_by_zero,
    intermittent,
    share_of_zeros,
)

RNG = np.random.default_rng(0)
T = np.arange(1200)
SUN = np.maximum(0, np.sin(2 * np.pi * T / 24)) * RNG.uniform(0.5, 1, 1200)
SALES = np.where(RNG.random(1200) < 0.1, RNG.poisson(5, 1200), 0).astype(float)


@pytest.mark.parametrize(
    ("values", "bounded"),
    [
        (RNG.poisson(0.3, 600), True),
        (RNG.poisson(8, 600), True),
        (RNG.gamma(1, 2, 600), True),
        (np.abs(RNG.normal(size=600)), True),
        (RNG.lognormal(0, 1, 600), True),
        (SUN, True),
        (SALES, True),
        (RNG.normal(15, 4, 600).clip(0.3), False),
        (RNG.integers(8, 30, 600), False),
        (RNG.normal(size=600), False),
        (np.zeros(50), False),
        (np.full(50, np.nan), False),
    ],
)
def test_zero_is_a_wall_where_values_crowd_at_it(values, bounded):
    assert bounded_by_zero(np.asarray(values, np.float64)) is bounded


@pytest.mark.parametrize(
    ("values", "season", "sparse"),
    [
        (SALES, 1, True),
        (SALES, 7, True),
        (SUN, 24, False),
        (RNG.poisson(3, 600), 1, False),
        (np.where(T % 7 < 4, 0, 20.0), 7, False),
        (np.zeros(60), 1, False),
        (SALES - 1, 1, False),
    ],
)
def test_intermittent_is_a_median_of_nothing_at_every_place_of_the_season(
    values, season, sparse
):
    assert intermittent(np.asarray(values, np.float64), season) is sparse


def test_the_share_of_zeros_is_that_of_the_known():
    assert share_of_zeros(np.array([0, 0, np.nan, 3.0])) == pytest.approx(2 / 3)
    assert share_of_zeros(np.array([np.nan])) == 0

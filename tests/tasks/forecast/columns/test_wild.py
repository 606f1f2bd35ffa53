"""Glitches are no input; another level is, from its third value on."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.columns._wild import counted_missing, typical

LOW, HIGH = np.array([0.0]), np.array([1.0])


@pytest.mark.parametrize(
    ("values", "useless"),
    [
        ([0.5, 0.2, 1.0], []),
        ([0.5, 7.0, 0.5], [1]),
        ([0.5, 7.0, 7.1, 0.5], [1, 2]),
        ([0.5, 7.0, 7.1, 7.3, 7.2, 0.5, 7.0], [1, 2, 6]),
        ([0.5, 7.0, 7.0, 7.0, 7.0, 7.0], [1, 2, 3, 4, 5]),
        ([0.5, 7.0, np.nan, 7.1, 7.3, 7.2], [1, 3, 4]),
        ([0.5, 99.0, -99.0, 98.0, 97.0, 96.0], [1, 2, 3, 4, 5]),
        ([-3.0, -3.1, -3.2], [0, 1]),
    ],
)
def test_which_values_are_no_input(values, useless):
    column = np.array(values)[:, None]
    found = counted_missing(column, LOW, HIGH)
    assert np.flatnonzero(found[:, 0]).tolist() == useless
    for stop in range(len(values)):
        earlier = counted_missing(column[:stop], LOW, HIGH)
        assert np.array_equal(earlier, found[:stop])  # no row knows of later ones


def test_typical_leaves_out_what_is_beyond_each_columns_bounds():
    values = np.random.default_rng(0).normal(size=(300, 2)) * [1.0, 100.0]
    values[7] = 500.0
    found = typical(values)
    assert np.isnan(found[7, 0])
    assert found[7, 1] == 500.0
    assert np.isnan(found).sum() == 1

"""What is more than chance, beside SciPy's tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from elman.tasks._chance import beyond_chance


@pytest.mark.parametrize("count", [2, 3, 10, 200])
def test_one_source_is_the_paired_t_test(count):
    rng = np.random.default_rng(count)
    said = []
    for _ in range(60):
        values = rng.normal(2 / count**0.5, 1.0, count)
        said.append(beyond_chance(values.mean(), [np.append(values, np.nan)]))
        assert said[-1] == (stats.ttest_1samp(values, 0).pvalue < 0.05)
    assert len(set(said)) == 2 or count == 2


def test_two_sources_are_welchs():
    rng = np.random.default_rng(0)
    said = []
    for _ in range(60):
        a, b = rng.normal(0.5, 1.0, 12), rng.normal(-0.3, 0.6, 3)
        said.append(beyond_chance(a.mean() - b.mean(), [a, b]))
        assert said[-1] == (stats.ttest_ind(a, b, equal_var=False).pvalue < 0.05)
    assert len(set(said)) == 2


def test_what_cannot_be_told():
    assert not beyond_chance(1.0, [np.array([1.0])])
    assert not beyond_chance(0.0, [np.zeros(5)])
    assert beyond_chance(1.0, [np.ones(5), np.array([1.0])])

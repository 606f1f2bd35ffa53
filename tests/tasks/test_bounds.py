"""What counts as wild in a column, and what only is rare."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks._bounds import bounds, spread, stands_for_missing
from elman.tasks._scaling import ClippedScaler

ROWS = 2000


def inside(values):
    low, high = bounds(np.asarray(values, np.float64))
    return (values >= low) & (values <= high)


def with_values(values, *, base=None, seed=0):
    """A Gaussian column, or the one given, with these values at random rows."""
    rng = np.random.default_rng(seed)
    column = rng.normal(0, 1, ROWS) if base is None else base.copy()
    rows = rng.choice(ROWS, len(values), replace=False)
    column[rows] = values
    return column, rows


@pytest.mark.parametrize("ones", [1, 2, 5, 12, 20, 30, 1000, ROWS - 3])
def test_a_flag_keeps_both_its_values_however_rare_one_is(ones):
    flag, _ = with_values(np.ones(ones), base=np.zeros(ROWS))
    assert inside(flag).all()
    assert (
        len(np.unique(ClippedScaler.fit(flag[:, None]).transform(flag[:, None]))) == 2
    )


@pytest.mark.parametrize("level", [20.0, -7.0, 1000.0])
def test_a_rare_level_among_few_is_no_tail(level):
    rng = np.random.default_rng(1)
    column, _ = with_values([level] * 3, base=rng.integers(0, 5, ROWS).astype(float))
    assert inside(column).all()


def test_rare_rain_of_any_size_is_kept_and_a_broken_gauge_is_not():
    rng = np.random.default_rng(2)
    rain, rows = with_values(rng.exponential(10, 30), base=np.zeros(ROWS))
    assert inside(rain).all()
    rain[rows[0]] = 9831.0
    assert np.flatnonzero(~inside(rain)).tolist() == [rows[0]]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 60])
def test_glitches_of_any_size_are_outside_and_nothing_else_is(count):
    wild = np.random.default_rng(3).uniform(2e3, 1e5, count)
    column, rows = with_values(wild)
    assert sorted(np.flatnonzero(~inside(column))) == sorted(rows)


@pytest.mark.parametrize("sentinel", [-9999.0, -999.0, 99999.0, 1e30])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_a_number_that_stands_for_missing_is_no_event(sentinel, count):
    column, rows = with_values([sentinel] * count)
    assert sorted(np.flatnonzero(~inside(column))) == sorted(rows)


def test_events_of_like_size_are_data():
    rng = np.random.default_rng(4)
    events, _ = with_values(rng.normal(200, 5, 12))
    assert inside(events).all()
    closed, _ = with_values([0.0] * 12, base=rng.normal(1e4, 10, ROWS))
    assert inside(closed).all()


def test_a_heavy_tail_loses_at_most_its_farthest():
    heavy = np.random.default_rng(5).standard_t(3, 50_000)
    assert (~inside(heavy)).mean() < 1e-4


def test_what_stands_for_missing():
    for value in (-9999, -999.0, 99999, -99.9, 999.9, 32767, 1e20, -99):
        assert stands_for_missing(value), value
    for value in (0.0, 9.0, -9, 300.0, 19.99, 1998, 90):
        assert not stands_for_missing(value), value


@pytest.mark.parametrize("offset", [0.0, 1e9])
@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_spread_is_exact_beside_a_large_offset(offset, size):
    values = np.random.default_rng(6).normal(size=4000) * size
    assert spread(values + offset) == pytest.approx(values.std(), rel=1e-3)


def test_spread_of_the_tiny_and_of_the_constant():
    values = np.random.default_rng(7).normal(size=400)
    assert spread(1e-200 * values) == pytest.approx(1e-200 * values.std(), rel=1e-9)
    assert spread(np.full(9, 0.1)) == 1.0
    assert spread(np.array([0.3, 0.1 + 0.2])) == 1.0
    assert spread(np.array([])) == 1.0

"""A season is one that is there: known series, and series without any."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.targets._season import calendar_seasons, season_of

DAY = 86_400.0
MONTH, QUARTER, WEEK, YEAR = 30.4369 * DAY, 91.3106 * DAY, 7 * DAY, 365.2425 * DAY


def process(kind, rows, seed):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=rows)
    if kind == "noise":
        return noise
    if kind == "walk":
        return np.cumsum(noise)
    if kind == "smooth":
        return np.cumsum(np.cumsum(noise))
    share = {"slow": 0.93, "quick": 0.5}[kind]
    values = np.zeros(rows)
    for t in range(1, rows):
        values[t] = share * values[t - 1] + noise[t]
    return values


@pytest.mark.parametrize("kind", ["noise", "walk", "smooth", "slow", "quick"])
@pytest.mark.parametrize(("step", "rows"), [(MONTH, 60), (MONTH, 240), (3600, 1500)])
def test_a_series_without_season_has_none(kind, step, rows):
    """One false alarm in fifty is what the test allows itself; here 40 series."""
    found = [season_of(process(kind, rows, s), step, dated=True) for s in range(40)]
    assert sum(season != 1 for season in found) <= 4


SEASONS = {
    "monthly": (MONTH, 120, 12, lambda t: 3 * np.sin(2 * np.pi * t / 12)),
    "quarterly, weak": (QUARTER, 160, 4, lambda t: np.array([0, 1.5, 0.5, 1])[t % 4]),
    "weekly, a year": (WEEK, 300, 52, lambda t: 2 * np.sin(2 * np.pi * t / 52)),
    "daily, one day a week": (DAY, 300, 7, lambda t: 3.0 * (t % 7 == 3)),
    "business days": (DAY * 7 / 5, 300, 5, lambda t: 3.0 * (t % 5 == 4)),
    "hourly, a day": (3600, 2000, 24, lambda t: 2 * np.sin(2 * np.pi * t / 24)),
    "hourly, a week": (
        3600,
        3000,
        168,
        lambda t: np.sin(2 * np.pi * t / 24) + 4 * (t // 24 % 7 > 4),
    ),
    "quarter of an hour": (900, 3000, 96, lambda t: 2 * np.sin(2 * np.pi * t / 96)),
    "no calendar": (1, 600, 11, lambda t: 2 * np.sin(2 * np.pi * t / 11)),
}


@pytest.mark.parametrize("name", SEASONS)
def test_a_season_is_found(name):
    step, rows, season, shape = SEASONS[name]
    values = shape(np.arange(rows)) + np.random.default_rng(0).normal(size=rows)
    assert season_of(values, step, dated=step > 1) == season


def test_a_season_on_a_random_walk_is_found():
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(size=160)) + np.tile([0.0, 3, 1, 2], 40)
    assert season_of(walk, QUARTER, dated=True) == 4


def test_a_cycle_without_a_calendar_is_found_about_where_it_is():
    """Yearly values with a cycle of eleven years that is not exactly periodic."""
    rng = np.random.default_rng(2)
    values = np.zeros(300)
    for t in range(2, 300):
        turn = 2 * 0.97 * np.cos(2 * np.pi / 11)
        values[t] = turn * values[t - 1] - 0.97**2 * values[t - 2] + rng.normal()
    assert 10 <= season_of(values, YEAR, dated=True) <= 12


def test_gaps_wild_scales_and_constants_do_no_harm():
    t = np.arange(240)
    values = 3 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(3).normal(size=240)
    values[::7] = np.nan
    assert season_of(values, MONTH, dated=True) == 12
    assert season_of(np.full(200, 4.0), MONTH, dated=True) == 1
    assert season_of(np.full(200, np.nan), MONTH, dated=True) == 1
    assert season_of(values[:3], MONTH, dated=True) == 1
    alternate = np.where(t % 11 == 0, t, np.nan)
    assert season_of(alternate, MONTH, dated=True) == 1


@pytest.mark.parametrize(
    ("step", "seasons"),
    [
        (3600, [24, 168, 8766]),
        (DAY, [7, 365]),
        (WEEK, [52]),
        (MONTH, [12]),
        (QUARTER, [4]),
        (YEAR, []),
        (7 * DAY / 5, [5, 261]),
        (7 * 3600, [24, 1252]),
        (600, [144, 1008]),
    ],
)
def test_the_calendars_seasons(step, seasons):
    assert calendar_seasons(step) == seasons

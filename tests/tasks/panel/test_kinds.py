"""What many series have in common."""

from __future__ import annotations

import numpy as np

from elman.tasks.panel._kinds import seasons_of
from elman.tasks.panel._space import Space

MONTH = 30.4 * 86_400


def wave(season, seed):
    draw = np.random.default_rng(seed)
    steps = np.arange(120)
    return 10 + np.sin(2 * np.pi * steps / season) + 0.1 * draw.standard_normal(120)


def test_of_equally_common_seasons_the_calendars_comes_first_in_any_order():
    ten, twelve = wave(10, 0), wave(12, 1)
    for pieces in ([ten, twelve], [twelve, ten]):
        assert seasons_of(pieces, Space.NONE, MONTH, dated=True) == [12, 10]
        assert seasons_of(pieces, Space.NONE, MONTH, dated=False) == [10, 12]


def test_the_commonest_season_comes_first():
    pieces = [wave(12, 1), wave(10, 0), wave(10, 2)]
    assert seasons_of(pieces, Space.NONE, MONTH, dated=True) == [10, 12]

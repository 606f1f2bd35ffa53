"""Series laid end to end, windows as index arithmetic, and what is averaged over."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman._errors import InputError
from elman.tasks.panel._local import drift, local_forecast
from elman.tasks.panel._mixture import Mixture, stride_of
from elman.tasks.panel._pooled import PooledForm, PooledRidge
from elman.tasks.panel._series import PanelWindows, SeriesSet, carried
from elman.tasks.panel._space import Space
from elman.tasks.panel._windows import origins_of


def series_set(pieces, horizon=2, season=1, space=Space.NONE):
    ahead = [np.r_[piece, np.full(horizon, np.nan)] for piece in pieces]
    starts = np.concatenate([[0], np.cumsum([len(p) for p in ahead])])
    raw = np.concatenate(ahead)
    nothing = np.zeros((len(raw), 0))
    return SeriesSet(
        starts=starts,
        stops=starts[1:] - horizon,
        time=np.arange(len(raw)),
        raw=raw,
        space=space,
        season=season,
        known=nothing,
        past=nothing,
        encoder=torch.zeros(len(raw), 0),
        decoder=torch.zeros(len(raw), 0),
    )


def test_gaps_are_filled_within_each_series():
    values = np.array([np.nan, 1, np.nan, 2, np.nan, np.nan, 3, np.nan])
    filled = carried(values, np.array([0, 4, 8]))
    assert filled.tolist() == [1, 1, 1, 2, 3, 3, 3, 3]


def test_windows_stay_in_their_series():
    series = series_set([np.arange(5.0), np.arange(10.0, 14.0)])
    origins = series.stops
    assert series.filled[series.behind(origins, 6)].tolist() == [
        [0, 0, 1, 2, 3, 4],
        [10, 10, 10, 11, 12, 13],
    ]
    assert np.isnan(series.truth(origins, 2)).all()
    assert series.truth(origins - 1, 2)[:, 0].tolist() == [4, 13]


def test_origins_lie_in_each_series():
    starts, nothing = np.array([0, 20]), np.zeros(2, dtype=np.int64)
    found = origins_of(starts, nothing, np.array([10, 6]), 3, history=2, stride=2)
    assert found.tolist() == [3, 5, 7, 23]
    assert not len(origins_of(starts, nothing, np.array([2, 2]), 3))


def test_usual_change_knows_nothing_of_later_rows_nor_of_others():
    one, two = np.r_[1.0, 3, 4, 8], np.r_[100.0, 90, 95]
    usual = series_set([one, two]).usual(Space.NONE)
    assert usual[:4].tolist() == [0, 2, 1.5, pytest.approx(7 / 3)]
    assert usual[6:9].tolist() == [0, 10, 7.5]
    other = series_set([one, two * 5]).usual(Space.NONE)
    np.testing.assert_array_equal(usual[:6], other[:6])


def test_local_forecasts_of_a_line_and_of_a_season():
    series = series_set([np.arange(8.0), np.tile([1.0, 5.0], 4)], season=2)
    assert drift(series, series.stops, 2)[0].tolist() == [8, 9]
    again = local_forecast("seasonal naive (2 steps)")(series, series.stops, 3)
    assert again[1].tolist() == [1, 5, 1]
    mean = local_forecast("mean of the last 4 steps")(series, series.stops, 1)
    assert mean[:, 0].tolist() == [5.5, 3.0]


@pytest.mark.parametrize("space", [Space.NONE, Space.LOG])
def test_pooled_weights_do_not_depend_on_units(space):
    rng = np.random.default_rng(0)
    pieces = [np.exp(0.1 * rng.standard_normal(60)).cumprod() for _ in range(6)]
    form = PooledForm(space, "last", 4)
    small = series_set(pieces)
    large = series_set([p * 10.0**i for i, p in enumerate(pieces)])
    nothing = np.zeros(6, dtype=np.int64)
    origins = origins_of(small.starts[:-1], nothing, np.full(6, 60), 2, history=4)
    models = [PooledRidge.fit(s, origins, 2, form, 1.0)[0] for s in (small, large)]
    one, two = (
        m.predict(s, s.stops, 2) for m, s in zip(models, (small, large), strict=True)
    )
    np.testing.assert_allclose(two, one * 10.0 ** np.arange(6)[:, None], rtol=1e-4)


def mixture_of(series, squared=False):
    names = ["last value", "drift", "mean of the last 3 steps"]
    local = [local_forecast(name) for name in names]
    return Mixture(2, 1, names, local, [], squared, ratios=np.ones(3))


def test_weights_follow_each_series_own_past():
    rng = np.random.default_rng(1)
    line = np.arange(40.0) + 0.1 * rng.standard_normal(40)
    noise = rng.standard_normal(40)
    series = series_set([line, noise])
    mixture = mixture_of(series)
    record, _, count = mixture.records(series, series.stops)
    weights = mixture.weights(record, count)
    assert weights[:, 0].argmax() == 1
    assert weights[:, 1].argmax() == 2
    np.testing.assert_allclose(weights.sum(0), 1)


def test_the_future_changes_no_weight():
    rng = np.random.default_rng(2)
    values = rng.standard_normal(40).cumsum()
    changed = values.copy()
    changed[30:] += 100
    origin = np.array([30])
    one, two = series_set([values]), series_set([changed])
    found = [mixture_of(s).weighed(s, origin).forecast for s in (one, two)]
    np.testing.assert_array_equal(*found)


def test_origins_share_what_was_forecast_before():
    assert stride_of(48, 24, 700) == 25
    assert stride_of(6, 1, 15) == 1
    assert stride_of(12, 12, 120) in (5, 7)


def test_space_follows_the_lowest_value():
    assert Space.choose("auto", np.array([1.0, np.nan, 3])) is Space.LOG
    assert Space.choose("auto", np.array([0.0, 3])) is Space.SQRT
    assert Space.choose("auto", np.array([-1.0, 3])) is Space.NONE
    assert Space.choose("log", np.array([0.0, 3])) is Space.LOG1P
    with pytest.raises(InputError, match="scale='log' needs targets of at least 0"):
        Space.choose("log", np.array([-1.0]))
    values = np.array([0.5, 2.0, 7.0])
    for space in Space:
        np.testing.assert_allclose(space.inverse(space.forward(values)), values)


def test_a_large_series_rounds_nothing_away_in_a_small_one():
    change = np.tile([0.0, 1.0], 20)
    alone = series_set([1e-6 * change])
    beside = series_set([1e12 * change, 1e-6 * change])
    assert np.array_equal(beside.usual(Space.NONE)[42:], alone.usual(Space.NONE))


@pytest.mark.parametrize("space", [Space.NONE, Space.SQRT])
def test_what_never_changed_is_forecast_as_it_was(space):
    rng = np.random.default_rng(0)
    moving = [5 + rng.random(40) for _ in range(4)]
    series = series_set([*moving, np.zeros(40), np.full(40, 3.0)], space=space)
    form = PooledForm(space, "mean", 6)
    origins = np.concatenate([np.arange(s + 6, s + 38) for s in series.starts[:-1]])
    ridge, _ = PooledRidge.fit(series, origins, 2, form)
    found = ridge.predict(series, series.stops, 2)
    assert found[4].tolist() == [0, 0]
    assert found[5] == pytest.approx([3, 3], rel=1e-12)


def test_windows_without_a_unit_are_left_out_of_the_loss():
    series = series_set([np.r_[np.zeros(20), 9.0], np.arange(21.0)])
    origins = series.stops - 2
    windows = PanelWindows(series, origins, np.ones((2, 2)), 6)
    assert windows.target.isnan().all(1).tolist() == [True, False]
    assert windows.undone(np.full((2, 2), 7.0))[0].tolist() == [1, 1]

"""Local models through their one interface, and gaps filled from the past."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.local import (
    Drift,
    LastValue,
    Mean,
    SeasonalNaive,
    filled,
    first_values,
    local_models,
)

NAN = float("nan")


def test_simple_forecasts():
    window = np.array([1.0, 4.0, 2.0, 7.0])
    np.testing.assert_allclose(window @ LastValue().weights(4, 3), [7, 7, 7])
    np.testing.assert_allclose(window @ Mean().weights(4, 2), [3.5, 3.5])
    np.testing.assert_allclose(window @ Drift().weights(4, 2), [9, 11])
    np.testing.assert_allclose(window @ SeasonalNaive(2).weights(4, 3), [2, 7, 2])
    np.testing.assert_allclose(window @ SeasonalNaive(5).weights(4, 2), [7, 7])


def test_gaps_are_filled_from_a_season_earlier():
    values = np.array([[NAN, 1.0], [2, 3], [4, NAN], [NAN, NAN], [NAN, 5], [6, NAN]])
    expected = [[NAN, 1.0], [2, 3], [4, 1], [2, 3], [4, 5], [6, 3]]
    np.testing.assert_array_equal(filled(values, 2), expected)
    carried = [[NAN, 1.0], [2, 3], [4, 3], [4, 3], [4, 5], [6, 5]]
    np.testing.assert_array_equal(filled(values), carried)
    assert first_values(values).tolist() == [1, 0]
    assert first_values(np.full((3, 1), NAN)).tolist() == [3]


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(0)
    t = np.arange(60)[:, None]
    values = (
        50
        + 0.2 * t
        + 8 * np.sin(np.pi * t / 2 + np.arange(3))
        + np.cumsum(rng.normal(size=(60, 3)), 0)
    )
    values[:7, 1] = NAN
    values[30:33, 2] = NAN
    values = np.concatenate([values, np.full((60, 1), NAN)], 1)
    return values, local_models(values, (4,))


def test_series_of_other_lengths_and_gaps(panel):
    _, models = panel
    assert [len(found) for found in models] == [10, 10, 10, 0]
    assert {found["smoothing"].map.season for found in models[:3]} == {4}


@pytest.mark.parametrize("j", [0, 1, 2])
def test_a_forecast_sees_nothing_after_its_origin(panel, j):
    values, models = panel
    whole = filled(values, 4)[:, j]
    origins = np.array([16, 29, 44, 60])
    for model in models[j].values():
        together = model.forecast_at(whole, origins, 5)
        assert together.shape == (4, 5)
        for origin, forecast in zip(origins, together, strict=True):
            alone = model.forecast_at(whole[:origin], np.array([origin]), 5)[0]
            np.testing.assert_allclose(forecast, alone, rtol=1e-9)


def test_a_memory_is_kept(panel):
    values, models = panel
    for model in models[0].values():
        found = model.forecast_at(values[:, 0], np.array([60]), 4, memory=24)[0]
        short = model.forecast(values[-24:, 0][None], 4)[0]
        np.testing.assert_allclose(found, short)


def test_forecasts_of_logarithms_stay_within_reach():
    growing = np.exp(np.linspace(0, 30, 40))
    model = local_models(growing[:, None])[0]["smoothing"]
    assert np.isfinite(model.forecast(growing[None], 500)).all()
    # A window with a value that has no logarithm has a forecast all the same.
    growing[-3] = 0.0
    assert np.isfinite(model.forecast(growing[None], 5)).all()

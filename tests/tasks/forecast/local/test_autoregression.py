"""Autoregressions of series and of their differences."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman.tasks.forecast.local import Autoregression, LocalModel, fit_autoregressions


def fitted(values, season=1):
    return fit_autoregressions(values, np.ones(len(values), bool), season)


def test_a_forecast_is_the_iterated_recursion():
    window = np.random.default_rng(0).normal(5, 1, 20)
    model = Autoregression((1, 3), (0.5, -0.2))
    path = list(window - window.mean())
    for _ in range(4):
        path.append(0.5 * path[-1] - 0.2 * path[-3])
    expected = np.array(path[20:]) + window.mean()
    np.testing.assert_allclose(window @ model.weights(20, 4), expected)


def test_differences_are_summed_again():
    window = np.array([1.0, 2.0, 4.0, 8.0])
    doubled = Autoregression((1,), (1.0,), differenced=True)
    np.testing.assert_allclose(window @ doubled.weights(4, 3), [12, 16, 20])
    still = Autoregression(differenced=True)
    np.testing.assert_allclose(window @ still.weights(4, 2), [8, 8])


@pytest.mark.parametrize("season", [4, 12])
def test_a_season_and_a_line_go_on(season):
    t = np.arange(10 * season)
    values = 3.0 * t + 10 * np.cos(2 * np.pi * t / season)
    known, ahead = values[: -2 * season], values[-2 * season :]
    model = fitted(known, season)["autoregression of both differences"]
    found = known @ model.weights(len(known), 2 * season)
    np.testing.assert_allclose(found, ahead, atol=1e-6)


def test_the_coefficients_of_a_long_series_are_found():
    rng = np.random.default_rng(1)
    steps = np.zeros(2000)
    for t in range(2, 2000):
        steps[t] = 1.2 * steps[t - 1] - 0.6 * steps[t - 2] + rng.normal()
    model = fitted(np.cumsum(steps))["autoregression of differences"]
    assert model.lags[:2] == (1, 2)
    np.testing.assert_allclose(model.coefficients[:2], [1.2, -0.6], atol=0.06)


def test_growth_that_doubles_is_not_continued_without_bound():
    values = 2.0 ** np.arange(30)
    for model in fitted(values).values():
        ahead = values @ model.weights(30, 200)
        assert np.abs(ahead).max() < 300 * values[-1]


def test_what_was_not_seen_is_not_learned():
    rng = np.random.default_rng(2)
    clean = np.cumsum(rng.normal(size=80)) * 0.1 + rng.normal(size=80)
    seen = np.ones(80, bool)
    seen[40] = False
    assert fit_autoregressions(clean, seen, 1) != fitted(clean)


def test_short_and_constant_series():
    assert fitted(np.arange(7.0)) == {}
    for season in (1, 4):
        for name, model in fitted(np.full(30, 7.0), season).items():
            ahead = LocalModel(name, model).forecast(np.full((1, 30), 7.0), 5)
            np.testing.assert_allclose(ahead, 7.0)


def test_a_description_makes_the_same_model():
    model = LocalModel("autoregression", Autoregression((1, 12), (0.5, 0.3)))
    described = json.loads(json.dumps(model.describe()))
    again = LocalModel.described("autoregression", described)
    assert again.map == model.map
    assert hash(again.map) == hash(model.map)

"""Exponential smoothing against its recursion, and against statsmodels' numbers."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.forecast.local import (
    TRENDS,
    Smoothing,
    Theta,
    fit_for_steps,
    fit_smoothing,
)

# Annual flow of the Nile at Aswan, 1871 to 1970 (public domain).
# fmt: off
NILE = np.array(
    [
        1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935,
        1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250,
        1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916,
        692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832,
        764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
        781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846,
        812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050,
        918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746,
        919, 718, 714, 740,
    ],
    dtype=np.float64,
)
# fmt: on


def quarters() -> np.ndarray:
    t = np.arange(60)
    season, noise = 6 * np.sin(np.pi * t / 2 + 0.3), 3 * np.sin(1.7 * t * t)
    return 50 + 0.4 * t + season + noise + 2 * np.cos(0.9 * t)


MODELS = [
    Smoothing("none", 1, 0.3),
    Smoothing("additive", 1, 0.3, 0.1),
    Smoothing("damped", 1, 0.3, 0.1, phi=0.9),
    Smoothing("none", 4, 0.3, gamma=0.2),
    Smoothing("additive", 4, 0.3, 0.1, 0.2),
    Smoothing("damped", 12, 0.9, 0.5, 0.05, 0.85),
]


def recursion(model: Smoothing, values: np.ndarray, first: np.ndarray, horizon: int):
    """Return errors and forecasts as the equations of the class say."""
    m, sloping = model.season, model.trend != "none"
    level, slope = first[0], first[1] if sloping else 0.0
    effects = first[1 + sloping :]
    season = np.append(effects, -effects.sum())
    errors = []
    for t, value in enumerate(values):
        error = value - (level + model.phi * slope + season[t % m])
        level += model.phi * slope + model.alpha * error
        slope = model.phi * slope + model.beta * error
        season[t % m] += model.gamma * error
        errors.append(error)
    ahead = []
    for h in range(horizon):
        level, slope = level + model.phi * slope, model.phi * slope
        ahead.append(level + season[(len(values) + h) % m])
    return np.array(errors), np.array(ahead)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_map_is_the_recursion_from_the_best_first_states(model):
    values = quarters()
    start = np.zeros(model.states)
    unexplained, _ = recursion(model, values, start, 8)
    # The errors are linear in the first states: least squares finds the best ones.
    effects = np.stack(
        [
            unexplained - recursion(model, values, unit, 8)[0]
            for unit in np.eye(model.states)
        ],
        1,
    )
    first = np.linalg.lstsq(effects, unexplained, rcond=None)[0]
    errors, ahead = recursion(model, values, first, 8)
    found = model.errors(values[:, None])[:, 0]
    np.testing.assert_allclose(found, errors, atol=1e-4)
    np.testing.assert_allclose(values @ model.weights(60, 8), ahead, atol=1e-4)


def test_widening_is_that_of_a_random_walk_where_all_of_an_error_stays():
    walk = Smoothing("none", 1, 1.0)
    np.testing.assert_allclose(walk.widening(5), np.sqrt(np.arange(1, 6)))


@pytest.mark.parametrize(
    ("trends", "seasons", "values", "sse", "ahead"),
    [
        (("none",), (), NILE, 2042013.56, [805.00] * 4),
        (("additive",), (), NILE, 2026826.05, [802.47, 799.58, 796.68, 793.78]),
        (("none",), (4,), quarters(), 654.76, [74.483, 77.869, 70.273, 66.472]),
        (("additive",), (4,), quarters(), 468.87, [75.644, 79.362, 72.098, 68.630]),
    ],
)
def test_parameters_are_as_good_as_those_of_statsmodels(
    trends, seasons, values, sse, ahead
):
    # statsmodels 0.15, ETSModel with additive errors and estimated first states.
    fitted = fit_smoothing(
        values[:, None], seasons=seasons, trends=trends, logarithms=False
    )[0]
    model = fitted.model
    assert model.trend == trends[0]
    assert model.season == (*seasons, 1)[0]
    assert (model.errors(values[:, None]) ** 2).sum() < 1.002 * sse
    # The optimum is flat: errors as small, parameters not quite the same.
    forecast = values @ model.weights(len(values), 4)
    np.testing.assert_allclose(forecast, ahead, atol=0.04 * values.std())


def test_theta_is_that_of_statsmodels():
    # statsmodels 0.15, ThetaModel(NILE, deseasonalize=False), its alpha.
    expected = [799.539, 798.182, 796.825, 795.468]
    found = NILE @ Theta(0.246542).weights(100, 4)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_theta_puts_the_season_back():
    # The same with an additive season of four, whose decomposition differs at the ends.
    expected = [74.994, 78.325, 70.948, 67.757, 75.757, 79.088]
    found = quarters() @ Theta(0.381883, 4).weights(60, 6)
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_many_series_get_what_each_gets_alone():
    rng = np.random.default_rng(0)
    season = np.tile(rng.normal(size=(12, 5)), (6, 1)) * 5
    values = 100 + np.cumsum(rng.normal(size=(72, 5)), 0) + season
    values[:, 0] -= 200  # no logarithm
    together = fit_smoothing(values, seasons=(12,))
    for j, fitted in enumerate(together):
        alone = fit_smoothing(values[:, [j]], seasons=(12,))[0]
        assert fitted.model == alone.model
        assert fitted.logarithm == alone.logarithm
        assert fitted.model.season == 12
    assert not together[0].logarithm


def test_a_proportional_season_is_smoothed_as_logarithms():
    t = np.arange(96)
    rng = np.random.default_rng(1)
    values = np.exp(0.02 * t + 0.5 * np.sin(np.pi * t / 6) + 0.05 * rng.normal(size=96))
    fitted = fit_smoothing(values[:, None], seasons=(12,))[0]
    assert fitted.logarithm
    assert fitted.model.season == 12


@pytest.mark.parametrize("trend", TRENDS)
def test_filled_values_do_not_count(trend):
    values = np.stack([NILE, NILE], 1)
    values[50, 1] = 1e5
    seen = np.ones_like(values, bool)
    seen[50, 1] = False
    clean, wild = fit_smoothing(values, seen, trends=(trend,), logarithms=False)
    assert wild.deviation > clean.deviation  # the errors after it do
    wild.model.errors(values)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_a_handful_of_values_has_a_forecast(rows):
    fitted = fit_smoothing(NILE[:rows, None], seasons=(4,))[0]
    forecast = NILE[:rows] @ fitted.model.weights(rows, 3)
    assert np.isfinite(forecast).all()
    assert np.isfinite(fitted.criterion)


def test_a_constant_stays_one():
    fitted = fit_smoothing(np.full((30, 1), 7.0), seasons=(4,))[0]
    forecast = np.full(30, 7.0) @ fitted.model.weights(30, 3)
    np.testing.assert_allclose(forecast, 7.0, rtol=1e-5)


def test_parameters_for_all_steps_follow_values_less_where_levels_return():
    # Errors that die away within a few steps: the next one wants a level that
    # follows, the twelfth wants the season alone.
    rng = np.random.default_rng(0)
    error = np.zeros(480)
    for t in range(1, 480):
        error[t] = 0.9 * error[t - 1] + rng.normal()
    values = 10 * np.sin(np.pi * np.arange(480) / 12) + error
    next_step = fit_smoothing(values[:, None], seasons=(24,), logarithms=False)
    all_steps = fit_for_steps(next_step, values[:, None], ahead=24)
    assert all_steps[0].model.season == next_step[0].model.season == 24
    assert all_steps[0].model.alpha < 0.5 * next_step[0].model.alpha


def test_logarithms_of_what_hardly_varies_are_not_tried():
    fitted = fit_smoothing(1e9 + NILE[:, None])[0]
    same = fit_smoothing(NILE[:, None], logarithms=False)[0]
    assert not fitted.logarithm
    assert fitted.model == same.model

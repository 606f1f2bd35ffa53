"""What a forecast is made of: chosen at rolling origins, stored, and causal."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import elman
from elman.tasks.forecast.linear._blend import RIDGE
from elman.tasks.forecast.linear._blending import season_candidates
from elman.tasks.forecast.linear._choice import choose_parts, mean_errors
from elman.tasks.forecast.linear._rolling import SHORT, Rolling, rolling_origins


def rolling(errors: dict[str, float], windows: int = 60, horizon: int = 3) -> Rolling:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(windows, horizon, 1))
    noise = {name: rng.normal(size=(windows, horizon)) for name in errors}
    forecasts = {
        name: truth[:, :, 0] + error * noise[name] for name, error in errors.items()
    }
    origins = np.arange(windows) + 100
    return Rolling(origins, truth, [forecasts], everywhere=True)


def test_the_best_has_the_largest_part_and_what_is_much_worse_none():
    found = choose_parts(
        rolling({RIDGE: 1.0, "smoothing": 2.0, "last value": 3.0}, 300), squared=False
    )[0]
    assert found == {RIDGE: 1.0}


def test_what_is_equally_good_shares():
    found = choose_parts(
        rolling({RIDGE: 1.0, "smoothing": 1.0, "theta": 1.0}, 300), squared=True
    )[0]
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) > 0.15


def test_few_forecasts_are_drawn_to_what_is_usual():
    errors = {"last value": 1.0, "smoothing": 1.6, "theta": 1.6}
    few = choose_parts(rolling(errors, 4), squared=False)[0]
    many = choose_parts(rolling(errors, 600), squared=False)[0]
    assert few["smoothing"] > 0.2
    assert many == {"last value": 1.0}


def test_regressions_are_usual_of_series_with_rows_enough():
    errors = {"last value": 1.0, "autoregression": 1.6, RIDGE: 1.6}
    table = rolling(errors, 6)
    found = choose_parts(table, squared=False)[0]
    assert found["autoregression"] > 0.1
    short = Rolling(table.origins - 70, table.truth, table.forecasts, table.everywhere)
    assert choose_parts(short, squared=False)[0] == {"last value": 1.0}


def test_candidates_that_err_alike_share_their_weight():
    table = rolling({RIDGE: 1.0, "theta": 1.0, "smoothing": 1.0}, 300)
    forecasts = table.forecasts[0]
    forecasts["smoothing, damped"] = forecasts["smoothing"] * 1.0001
    found = choose_parts(table, squared=False)[0]
    together = found["smoothing"] + found["smoothing, damped"]
    assert together == pytest.approx(1 / 3, abs=0.1)
    assert min(found[RIDGE], found["theta"]) > 0.25


def test_a_candidate_without_forecasts_is_not_chosen():
    table = rolling({RIDGE: 0.1, "smoothing": 1.0})
    table.forecasts[0][RIDGE][:45] = np.nan
    errors = mean_errors(table.forecasts[0], table.truth[:, :, 0], squared=False)
    assert errors[RIDGE] == np.inf
    assert RIDGE not in choose_parts(table, squared=False)[0]


def test_nothing_to_choose_by_leaves_the_ridge():
    table = rolling({RIDGE: 1.0, "smoothing": 1.0})
    table.truth[:] = np.nan
    assert choose_parts(table, squared=False) == [{RIDGE: 1.0}]


def test_seasons_of_the_calendar_are_candidates():
    month, day, hour = 30.4 * 86400, 86400.0, 3600.0
    assert season_candidates([1], month, 60, dated=True) == [[12]]
    assert season_candidates([1], month, 18, dated=True) == [[12]]
    assert season_candidates([1], month, 17, dated=True) == [[]]
    assert season_candidates([7, 1], day, 100, dated=True) == [[7], [7]]
    assert season_candidates([1], hour, 500, dated=True) == [[24, 168]]
    assert season_candidates([10], 365 * day, 60, dated=True) == [[10]]
    assert season_candidates([1], hour, 500, dated=False) == [[]]


def test_origins_of_a_short_series_begin_in_its_training_part():
    validating = np.arange(51, 58)
    assert len(rolling_origins(51, 60, 6, 3, validating)) > len(validating)
    long = np.arange(SHORT, SHORT + 200)
    assert rolling_origins(SHORT, SHORT + 200, 6, 3, long) is long


def months(rows: int = 72, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    t = np.arange(rows)
    level = 200 + np.cumsum(rng.normal(0, 4, rows))
    season = np.tile(rng.normal(0, 30, 12), rows // 12 + 1)[:rows]
    return pl.DataFrame(
        {
            "time": pl.datetime_range(
                pl.datetime(2015, 1, 1),
                pl.datetime(2015 + (rows - 1) // 12, (rows - 1) % 12 + 1, 1),
                "1mo",
                eager=True,
            ),
            "sales": level + season + rng.normal(0, 3, rows) + 0.0 * t,
        }
    )


@pytest.fixture(scope="module")
def fitted():
    forecaster = elman.Forecaster(horizon=6, epochs=2, hidden_size=8)
    return forecaster.fit(months(), "sales", "time", test=12)


def test_a_season_of_few_years_is_smoothed(fitted):
    shares = fitted.linear_.shares[0]
    assert sum(shares.values()) == pytest.approx(1)
    assert any(name.startswith("smoothing") for name in shares)
    rows = {
        row["model"]: row["values"]["MAE"] for row in fitted.results_["scores"]["rows"]
    }
    assert rows["exponential smoothing"] < 0.5 * rows["last value"]
    assert rows["blend"] < 0.5 * rows["last value"]
    assert "seasonal naive (12 steps)" in rows


def test_the_results_say_what_it_is_made_of(fitted):
    question = dict(fitted.results_["question"])
    assert "smoothing" in question["starts from"]
    assert question["correction kept"].endswith("%")


def test_a_run_is_stored_with_its_parts(fitted, tmp_path):
    again = elman.load(fitted.save(tmp_path / "run"))
    assert again.linear_.shares == fitted.linear_.shares
    assert again.predict().equals(fitted.predict())
    assert again.predict(months()).equals(fitted.predict(months()))


def test_a_forecast_sees_nothing_after_its_origin(fitted):
    frame = months()
    rolling = fitted.backtest(frame, start=18, stride=6)
    for i, rows in enumerate((54, 60, 66)):
        alone = fitted.predict(frame[:rows])["prediction"].to_numpy()
        np.testing.assert_allclose(rolling.prediction[i, :, 0], alone, rtol=1e-5)


def test_twenty_years_have_a_forecast():
    rng = np.random.default_rng(0)
    values = 50 + np.cumsum(rng.normal(1, 1, 20))
    years = pl.DataFrame({"year": np.arange(1990, 2010), "y": values})
    forecaster = elman.Forecaster(epochs=1, hidden_size=4)
    frame = forecaster.fit(years, "y", "year").predict()
    assert len(frame) == 3
    assert (frame["lower"] < frame["prediction"]).all()
    held = elman.Forecaster(horizon=2, epochs=1, hidden_size=4)
    held.fit(years, "y", "year", test=6)
    assert held.results_["scores"]["origins"] == 5


@pytest.mark.parametrize("rows", [24, 36])
def test_two_or_three_years_of_months_have_a_forecast(rows):
    forecaster = elman.Forecaster(epochs=1, hidden_size=4)
    forecaster.fit(months(rows), "sales", "time", test=0.2)
    assert np.isfinite(forecaster.predict()["prediction"].to_numpy()).all()


@pytest.mark.parametrize("rows", [22, 26])
def test_a_clear_course_of_the_year_shows_before_it_has_repeated_twice(rows):
    t = np.arange(rows)
    noise = np.random.default_rng(0).normal(0, 1, rows)
    frame = months(rows).with_columns(
        sales=pl.Series(100 + 20 * np.sin(2 * np.pi * t / 12) + noise)
    )
    forecaster = elman.Forecaster(epochs=1, hidden_size=4)
    forecaster.fit(frame, "sales", "time", test=0.2)
    found = {
        row["model"]: row["values"]["MAE"]
        for row in forecaster.results_["scores"]["rows"]
    }
    assert found["blend"] < 0.7 * found["last value"]


def test_months_of_a_third_year_have_their_season():
    """Two years are there before the test part, but not before the validation part."""
    forecaster = elman.Forecaster(horizon=4, epochs=1, hidden_size=4)
    forecaster.fit(months(33), "sales", "time", test=6)
    rows = {
        row["model"]: row["values"]["MAE"]
        for row in forecaster.results_["scores"]["rows"]
    }
    assert rows["blend"] < 0.7 * rows["last value"]
    assert rows["seasonal naive (12 steps)"] < rows["last value"]

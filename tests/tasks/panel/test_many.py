"""One forecaster of many series, from the table to the forecast."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

import elman
from elman._errors import InputError

DAYS = [dt.date(2023, 1, 2) + dt.timedelta(days=i) for i in range(140)]
NEW = {"epochs": 1, "hidden_size": 8, "horizon": 7}


def sales(seed=0, count=8, ahead=7):
    """Return shops of very different size, the last week's sales unknown."""
    rng, parts = np.random.default_rng(seed), []
    for k in range(count):
        n = 140 if k % 3 else 90
        promo = rng.integers(0, 2, n)
        week = 5 + 2 * np.sin(np.arange(n) * 2 * np.pi / 7)
        sold = 10.0 ** (k % 4) * (week + 2 * promo + 0.2 * rng.standard_normal(n))
        if ahead:
            sold[-ahead:] = np.nan
        columns = {
            "day": DAYS[:n],
            "store": [f"S{k}"] * n,
            "region": ["north" if k % 2 else "south"] * n,
            "promo": promo,
            "rain": rng.random(n),
            "sales": pl.Series(sold).fill_nan(None),
        }
        parts.append(pl.DataFrame(columns))
    return pl.concat(parts)


@pytest.fixture(scope="module")
def fitted():
    forecaster = elman.Forecaster(**NEW)
    return forecaster.fit(
        sales(), "sales", "day", id="store", known="promo", test=7, source="x.csv"
    )


def test_each_series_has_its_forecast(fitted):
    table = fitted.predict()
    assert table.columns[:3] == ["store", "time", "prediction"]
    assert table["store"].unique(maintain_order=True).to_list() == [
        f"S{k}" for k in range(8)
    ]
    first = table.filter(pl.col("store") == "S1")
    assert first["time"][0] == dt.datetime.combine(DAYS[133], dt.time())
    assert len(first) == 7
    assert (table["lower"] < table["prediction"]).all()
    assert len(fitted.predict(horizon=2)) == 16


def test_scores_are_those_of_every_series(fitted):
    results = json.loads(json.dumps(fitted.results_))
    series = results["series"]
    assert len(series["id"]) == 8
    rows = {row["model"]: row["values"] for row in results["scores"]["rows"]}
    network = next(values for model, values in rows.items() if "Elman" in model)
    assert network["MASE"] == pytest.approx(np.mean(series["MASE"]))
    assert network["MASE"] < rows["seasonal naive (7 steps)"]["MASE"] / 2
    worst = [row["MASE"] for row in results["worst"]]
    assert worst == sorted(series["MASE"], reverse=True)[:5]
    question = dict(map(tuple, results["question"]))
    assert question["constant in a series"] == "region"
    assert question["known up to the present"] == "rain"


def test_a_series_never_seen_is_forecast_in_its_own_unit(fitted):
    one = sales(seed=9, count=2).filter(pl.col("store") == "S1")
    other = one.with_columns(pl.lit("new").alias("store"), pl.col("sales") * 1000)
    small, large = fitted.predict(one), fitted.predict(other)
    assert large["store"].unique().to_list() == ["new"]
    ratio = large["prediction"].to_numpy() / small["prediction"].to_numpy()
    np.testing.assert_allclose(ratio, 1000, rtol=1e-3)


def test_the_same_history_gives_the_same_forecast(fitted):
    again = fitted.predict(sales())
    np.testing.assert_allclose(again["prediction"], fitted.predict()["prediction"])


def test_other_series_and_later_rows_change_nothing_earlier(fitted):
    whole = sales(ahead=0)
    cut = whole.filter(pl.col("day") < DAYS[80])
    late = fitted.backtest(whole, stride=1).to_frame()
    early = fitted.backtest(cut, stride=1).to_frame()
    both = early.join(late, on=["store", "origin", "step"], suffix="_late")
    assert len(both) == len(early)
    np.testing.assert_allclose(
        both["prediction"], both["prediction_late"], rtol=1e-5, atol=1e-6
    )


def test_saved_and_loaded(fitted, tmp_path):
    loaded = elman.load(fitted.save(tmp_path / "run"))
    assert loaded.predict().equals(fitted.predict())
    frame = sales(seed=4)
    assert loaded.predict(frame).equals(fitted.predict(frame))
    assert loaded.ids_ == ["store"]


def test_the_score_is_that_of_a_skill(fitted):
    assert 0.5 < fitted.score(sales(ahead=0)) < 1


def test_a_single_series_after_many_is_a_single_one(fitted):
    again = elman.Forecaster(**NEW).fit(sales(), "sales", "day", id="store")
    one = sales(ahead=0).filter(pl.col("store") == "S1")
    again.fit(one, "sales", "day", ignore=["store", "region", "promo", "rain"])
    assert "store" not in again.predict().columns


def test_the_id_is_found_where_times_repeat():
    frame = sales(ahead=0).select("day", "store", "sales")
    fitted = elman.Forecaster(**NEW, quantiles=(0.1, 0.9)).fit(frame, "sales", "day")
    assert fitted.ids_ == ["store"]
    table = fitted.predict()
    assert (table["q0.1"] <= table["q0.9"]).all()
    assert any("was taken as the id" in note for note in fitted.results_["notes"])


def test_intermittent_demand_forecasts_a_mean():
    rng = np.random.default_rng(5)
    parts = [
        pl.DataFrame(
            {
                "part": [k] * 120,
                "step": range(120),
                "sold": rng.poisson(0.2 * (k + 1) / 4, 120).astype(float),
            }
        )
        for k in range(6)
    ]
    fitted = elman.Forecaster(**NEW).fit(
        pl.concat(parts), "sold", "step", id="part", test=7
    )
    table = fitted.predict()
    assert (table["prediction"] >= 0).all()
    assert (table["lower"] == 0).all()
    total = table.group_by("part", maintain_order=True).agg(pl.col("prediction").mean())
    assert 0 < total["prediction"].sum() < 3
    assert fitted.results_["scores"]["metric"] == "RMSSE"


def test_very_short_series_stand_beside_long_ones():
    frame = sales(ahead=0).select("day", "store", "sales")
    short = frame.filter(pl.col("store") == "S1").head(5)
    short = short.with_columns(pl.lit("short").alias("store"))
    fitted = elman.Forecaster(**NEW).fit(
        pl.concat([frame, short]), "sales", "day", id="store", test=7
    )
    table = fitted.predict().filter(pl.col("store") == "short")
    assert len(table) == 7
    assert np.isfinite(table["prediction"].to_numpy()).all()
    assert any("too short for a test part" in note for note in fitted.results_["notes"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": ["sales", "rain"]}, "many series have one target, got 2"),
        ({"id": "shop"}, "no column 'shop'"),
        ({"id": ["store", 5]}, "id must be column names, got .*: write '5'"),
        ({"target": 5}, "target must be column names, got 5"),
        ({"time": 5, "id": None}, "time must be column names, got 5"),
        ({"static": "rain"}, "column 'rain' changes within a series"),
        ({"target": "store"}, "'store' is the target, it cannot be the id"),
        ({"loss": "poisson"}, "loss='poisson' is for single series"),
        ({"test": 3}, "test=3 is fewer steps than the horizon of 7"),
        ({"test": "2040-01-01"}, "no series is long enough for a test part"),
    ],
)
def test_errors_are_one_line(arguments, words):
    given = {"target": "sales", "time": "day", "id": "store"} | arguments
    loss = given.pop("loss", "auto")
    with pytest.raises(InputError, match=words):
        elman.Forecaster(**NEW, loss=loss).fit(sales(), **given)


def test_a_future_that_lacks_known_columns_names_the_series(fitted):
    with pytest.raises(
        InputError, match=r"store 'S0': the known columns .promo. have 0"
    ):
        fitted.predict(sales(ahead=0))
    with pytest.raises(InputError, match="horizon must be 1 to 7 steps"):
        fitted.predict(horizon=8)


def test_the_order_of_the_rows_changes_nothing():
    table = sales(count=5, ahead=0)
    named = ("sales", "day")
    first = elman.Forecaster(**NEW).fit(table, *named, id="store", test=7)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
    other = elman.Forecaster(**NEW).fit(shuffled, *named, id="store", test=7)
    assert first.predict().equals(other.predict())


def test_constant_series_disturb_no_other():
    table = sales(count=5, ahead=0)
    still = table.filter(pl.col("store") == "S1")
    zero = still.with_columns(store=pl.lit("Z"), sales=pl.lit(0.0))
    same = still.with_columns(store=pl.lit("C"), sales=pl.lit(7e8))
    forecaster = elman.Forecaster(**NEW).fit(
        pl.concat([table, zero, same]), "sales", "day", id="store", test=7
    )
    found = forecaster.predict()
    nothing = found.filter(pl.col("store") == "Z")
    assert nothing["prediction"].to_list() == [0.0] * 7
    alike = found.filter(pl.col("store") == "C")
    assert alike["prediction"].to_list() == pytest.approx([7e8] * 7, rel=1e-9)
    width = (found["upper"] - found["lower"]) / found["prediction"].clip(1e-9)
    assert width.max() < 3
    covered = forecaster.results_["series"]["coverage"]
    assert [covered[0], covered[-1]] == [1, 1]


def test_few_validation_windows_make_no_wild_intervals():
    rng = np.random.default_rng(0)
    week = np.arange(100) * 2 * np.pi / 7
    table = pl.DataFrame(
        {
            "day": DAYS[:100] * 4,
            "shop": np.repeat(list("ABCD"), 100),
            "y": np.concatenate(
                [10 + 2 * np.sin(week + k) + rng.normal(0, 0.5, 100) for k in range(4)]
            ),
        }
    )
    found = elman.Forecaster(**NEW).fit(table, "y", id="shop", test=15).predict()
    assert (found["upper"] - found["lower"]).max() < 8

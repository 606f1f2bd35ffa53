"""A forecast of data as people have them is that of the same data without the fault."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from series import hourly, small

WEEK = 7
RNG = np.random.default_rng(3)
WAVE = 50 + 10 * np.sin(2 * np.pi * np.arange(607) / WEEK)
Y = WAVE[:600] + RNG.normal(0, 1, 600)
QUICK = {"horizon": 7, "context": 14, "epochs": 1, "windows_per_epoch": 256}


def fitted(values, **changes):
    return small(**QUICK | changes).fit({"y": values}, "y", test=60)


def error(forecaster):
    return np.abs(forecaster.predict()["prediction"].to_numpy() - WAVE[600:]).mean()


def width(forecaster):
    forecast = forecaster.predict()
    return (forecast["upper"] - forecast["lower"]).mean()


@pytest.fixture(scope="module")
def plain():
    return fitted(Y)


FAULTS = {
    "one in training": ([200], -9999.0),
    "one in validation": ([500], 1e5),
    "several unlike": ([20, 110, 111, 240, 300, 411], [1e4, 900, -900, 3e4, -5e3, 2e5]),
    "a sensor stuck": (list(range(150, 170)), -999.0),
    "more than one in a hundred": (list(range(5, 450, 30)), -9999.0),
    "many, in both parts": (list(range(4, 530, 17)), -9999.0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wild_target_is_no_worse_than_a_gap(plain, name):
    rows, values = FAULTS[name]
    wild = Y.copy()
    wild[rows] = values
    forecaster = fitted(wild)
    assert error(forecaster) < 1.3 * error(plain)
    assert width(forecaster) < 1.5 * width(plain)
    mean, scale = (
        getattr(forecaster.preparation_.scalers["target"], what)[0]
        for what in ("mean", "scale")
    )
    assert (mean, scale) == pytest.approx((50, 7.1), rel=0.05)
    scores, right = (
        {row["model"]: row["values"] for row in f.results_["scores"]["rows"]}
        for f in (forecaster, plain)
    )
    assert set(scores) == set(right)  # the same season, so the same baseline
    for model, values in right.items():
        assert scores[model]["MASE"] == pytest.approx(values["MASE"], rel=0.1)
    notes = [n for n in forecaster.results_["notes"] if n.startswith("y: ")]
    assert all("left out" in note for note in notes)
    counts = [int(re.search(r"(\d+) of", note)[1]) for note in notes]
    assert sum(counts) == len(rows)


def test_a_wild_value_in_the_test_part_is_scored_as_it_is(plain):
    wild = Y.copy()
    wild[570] = 1e4
    forecaster = fitted(wild)
    # What was there a season earlier stands in for it, noise of 1 as well, in the mean
    # of some eighty seasons.
    found, expected = (f.predict()["prediction"] for f in (forecaster, plain))
    np.testing.assert_allclose(found, expected, atol=3 * np.sqrt(2) / 80)
    rows = [f.results_["scores"]["rows"][0]["values"] for f in (forecaster, plain)]
    assert rows[0]["MAE"] > 10 * rows[1]["MAE"]
    assert any("1 of 60 test values" in note for note in forecaster.results_["notes"])


def test_a_series_that_grows_beyond_its_training_part_is_followed():
    growth = 1.02 ** np.arange(400)
    forecaster = small(context=12).fit({"y": growth}, "y", test=60)
    forecast = forecaster.predict()["prediction"].to_numpy()
    np.testing.assert_allclose(forecast, 1.02 ** np.arange(400, 406), rtol=0.02)


def test_another_level_in_the_validation_part_is_learned_from():
    level = np.where(np.arange(600) < 470, Y, Y + 300)
    forecaster = fitted(level)
    (note,) = [n for n in forecaster.results_["notes"] if "validation values" in n]
    assert "2 left out, the others taken for another level" in note
    width = forecaster.results_["forecast"]["next"]
    assert max(width["upper"]) > 300


@pytest.mark.parametrize("ones", [3, 12])
@pytest.mark.parametrize("kind", [float, int, bool, str])
def test_a_rare_event_known_beforehand_is_forecast(ones, kind):
    rows, known = 1200, 1190
    flag = np.zeros(rows)
    flag[np.random.default_rng(1).choice(900, ones, replace=False)] = 1
    flag[known + 4] = 1
    load = Y[np.arange(rows) % 600] + 200 * flag
    column = (
        np.where(flag == 1, "promotion", "none") if kind is str else flag.astype(kind)
    )
    frame = pl.DataFrame({"y": load, "flag": column}).with_columns(
        pl.when(pl.int_range(rows) < known).then(pl.col("y")).alias("y")
    )
    forecaster = small(**QUICK, scale="none").fit(frame, "y", known="flag")
    assert not [n for n in forecaster.results_["notes"] if n.startswith("flag")]
    forecast = forecaster.predict()["prediction"].to_numpy()
    effect = forecast[4] - np.delete(forecast, 4).mean()
    # With three events the penalty of the ridge keeps a part of it back.
    assert effect > (150 if ones > 3 else 100)


SCALES = {
    "a large offset": (lambda y: 1e9 + y, lambda f: f - 1e9, 1e-5),
    "a small signal on it": (lambda y: 1e9 + 1e-3 * y, lambda f: (f - 1e9) * 1e3, 2e-2),
    "tiny": (lambda y: 1e-12 * y, lambda f: 1e12 * f, 1e-6),
    "tinier than squares can be": (lambda y: 1e-200 * y, lambda f: 1e200 * f, 1e-6),
    "large": (lambda y: 1e15 * y, lambda f: 1e-15 * f, 1e-6),
}


@pytest.mark.parametrize("name", SCALES)
def test_the_unit_changes_nothing_but_the_unit(plain, name):
    change, back, tolerance = SCALES[name]
    forecaster = fitted(change(Y))
    first, second = (
        back(forecaster.predict()["prediction"].to_numpy()),
        plain.predict()["prediction"].to_numpy(),
    )
    np.testing.assert_allclose(first, second, atol=tolerance * 10)


@pytest.mark.parametrize("value", [0.0, 5.0, -1e9])
def test_a_constant_stays_what_it_is(value):
    forecaster = fitted(np.full(600, value))
    np.testing.assert_allclose(forecaster.predict()["prediction"], value, rtol=1e-9)
    assert forecaster.results_["forecast"]["coverage"] == 1.0


def test_targets_observed_at_different_times_are_each_learned_from_their_own():
    odd = np.arange(600) % 2 == 1
    one, other = np.where(odd, Y, np.nan), np.where(odd, np.nan, 10 * Y)
    forecaster = small(**QUICK).fit({"a": one, "b": other}, ["a", "b"], test=60)
    forecast = forecaster.predict()["prediction"].to_numpy().reshape(2, 7)
    assert np.abs(forecast[0] - WAVE[600:]).mean() < 1.5
    assert np.abs(forecast[1] / 10 - WAVE[600:]).mean() < 1.5


def test_predict_says_what_is_unlike_the_training_part():
    frame = hourly().with_columns(sky=pl.Series(["sun", "rain"] * 300))
    forecaster = small().fit(frame, "load", "time")
    last = pl.int_range(pl.len()) == 599
    wild = frame.with_columns(pl.when(last).then(1e6).otherwise("load").alias("load"))
    with pytest.warns(UserWarning, match=r"load: 1 of the values .* count as missing"):
        forecast = forecaster.predict(wild)
    assert forecast["prediction"].is_between(0, 120).all()
    new = frame.with_columns(
        pl.when(last).then(pl.lit("hail")).otherwise("sky").alias("sky")
    )
    with pytest.warns(UserWarning, match=r"sky: 1 of 24 .* \('hail'\)"):
        forecaster.predict(new)


def test_categories_that_training_had_not_are_noted():
    sky = ["sun", "rain"] * 280 + ["hail"] * 40
    frame = hourly().with_columns(sky=pl.Series(sky))
    notes = small().fit(frame, "load", "time", test=60).results_["notes"]
    assert any(n.startswith("sky: 40 of") and "'hail'" in n for n in notes)


@pytest.mark.parametrize("role", [{}, {"known": ["wind"]}, {"past": ["wind"]}])
def test_amounts_that_become_categories_are_noted_in_any_role(role):
    frame = hourly().with_columns(wind=pl.Series(["5.1 m/s", "6 m/s", "7 m/s"] * 200))
    fitted = small().fit(frame, "load", "time", test=60, **role)
    notes = fitted.results_["notes"]
    assert sum("'wind' holds numbers" in n and "'5.1 m/s'" in n for n in notes) == 1


@pytest.fixture(scope="module")
def driven():
    """Return a forecaster with two known columns, and rows to predict from."""
    frame = {"y": Y[:200], "heat": RNG.normal(size=200), "shift": ["a", "b"] * 100}
    frame["y"] = frame["y"] + 9 * frame["heat"]
    data = pl.DataFrame({"t": np.arange(200), **frame})
    forecaster = small(**QUICK).fit(data, "y", time="t", known=["heat", "shift"])
    future = pl.int_range(pl.len()) >= 193
    return forecaster, data.with_columns(y=pl.when(future).then(None).otherwise("y"))


def test_a_hole_in_a_known_column_of_the_rows_ahead_is_said(driven, recwarn):
    forecaster, data = driven
    forecaster.predict(data)
    assert not recwarn
    hole = pl.col("t") == 195
    gap = data.with_columns(heat=pl.when(hole).then(np.nan).otherwise("heat"))
    with pytest.warns(UserWarning, match=r"heat: 1 of the 7 rows .* value \(195\)"):
        forecaster.predict(gap)
    gap = data.with_columns(shift=pl.when(hole).then(None).otherwise("shift"))
    with pytest.warns(UserWarning, match=r"shift: 1 of the 7 rows .* value \(195\)"):
        forecaster.predict(gap)
    with pytest.warns(UserWarning, match="rows to forecast") as said:
        forecaster.predict(data.filter(~hole))
    assert [str(note.message).split(":")[0] for note in said] == ["heat", "shift"]


def test_a_hole_in_the_rows_ahead_that_fit_was_given_is_a_note(driven):
    _, data = driven
    for gone, found in [(195, ["heat: 1 of the 7 rows"]), (150, [])]:
        heat = pl.when(pl.col("t") == gone).then(None).otherwise("heat")
        frame = data.with_columns(heat=heat)
        fit = small(**QUICK).fit(frame, "y", time="t", known=["heat", "shift"])
        notes = [note for note in fit.results_["notes"] if "rows to forecast" in note]
        assert [note[:21] for note in notes] == found


def test_a_hole_in_a_known_column_of_the_past_is_not_of_the_rows_ahead(driven, recwarn):
    forecaster, data = driven
    hole = pl.col("t") == 150
    forecaster.predict(
        data.with_columns(heat=pl.when(hole).then(np.nan).otherwise("heat"))
    )
    assert not recwarn


def test_a_series_at_another_level_is_forecast_from_there():
    draw = np.random.default_rng(0)
    y = 100 + 5 * draw.normal(size=400)
    forecaster = small(horizon=6, context=12, epochs=1).fit({"y": y[:300]}, "y")
    # Such a model returns to the mean from wherever it starts.
    assert forecaster.linear_.anchor == "zero"
    assert forecaster.predict()["prediction"].to_numpy() == pytest.approx(100, abs=10)
    y[300:] += 300
    with pytest.warns(UserWarning, match="y: ") as said:
        forecast = forecaster.predict({"y": y})
    beyond, left = (str(note.message) for note in said)
    assert "12 of the values that the forecast is made from lie outside" in beyond
    assert "the series has left the range of the training part" in left
    assert forecast["prediction"].to_numpy() == pytest.approx(400, abs=10)
    assert (forecast["lower"] < forecast["prediction"]).all()
    assert (forecast["upper"] > forecast["prediction"]).all()


def test_growth_beyond_the_training_range_goes_on():
    y = 100 * 1.06 ** np.arange(102)
    forecaster = small(horizon=6, context=12, epochs=1).fit({"y": y[:60]}, "y")
    with pytest.warns(UserWarning, match="y: 12 of the values .* outside"):
        forecast = forecaster.predict({"y": y[:96]})
    assert forecast["prediction"].to_numpy() == pytest.approx(y[96:], rel=0.1)

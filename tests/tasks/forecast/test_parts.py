"""Transforms, calendar, intervals, baselines, splits: each against its definition."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman._errors import InputError
from elman.tasks._verdict import verdict
from elman.tasks.forecast._baselines import last_value, seasonal_naive
from elman.tasks.forecast._scores import forecast_scores
from elman.tasks.forecast._split import split_series, test_row
from elman.tasks.forecast._windows import origins_between
from elman.tasks.forecast.columns._calendar import Calendar
from elman.tasks.forecast.columns._columns import Column, numbers_in_words
from elman.tasks.forecast.columns._transform import Transform
from elman.tasks.forecast.intervals._intervals import conformal_offsets, rolling_offsets

# Not a test, though its name begins like one.
row_of_test = test_row
del test_row


@pytest.mark.parametrize("transform", list(Transform))
def test_transforms_are_undone(transform):
    values = np.array([0.0, 0.5, 3.0, 1e6])
    np.testing.assert_allclose(transform.inverse(transform.forward(values)), values)


def test_counts_get_a_square_root_and_other_targets_do_not():
    counts = np.random.default_rng(0).poisson(20, 300).astype(float)
    assert Transform.choose("auto", counts) is Transform.SQRT
    assert Transform.choose("auto", counts + 0.5) is Transform.NONE
    assert Transform.choose("auto", counts - 40) is Transform.NONE
    with pytest.raises(InputError, match=r"at least 0, found -40"):
        Transform.choose("log", counts - counts.max() * 0 - 40 - counts.min())
    with pytest.raises(InputError, match=r"did you mean 'sqrt'"):
        Transform.choose("sqr", counts)


def test_calendar_places_a_known_day():
    time = np.datetime64("2024-02-29T00", "s") + np.arange(48) * np.timedelta64(1, "h")
    calendar = Calendar.of(time, 3600)
    assert (calendar.slots, calendar.week, calendar.months, calendar.year) == (
        24,
        True,
        False,
        False,
    )
    assert calendar.slot(time).tolist() == [*range(24), *range(24)]
    weekday = calendar.smooth(time)[:, 6:13].argmax(1)
    assert weekday.tolist() == [3] * 24 + [4] * 24  # a Thursday and a Friday
    switches = np.zeros((48, 1))
    switches[5] = 1
    wide = calendar.categories(time, switches)
    assert wide.shape == (48, 24 * 3 + 7)
    assert wide[5, 48 + 5] == 1
    assert wide[6, 48:72].sum() == 0


def test_monthly_series_get_months_and_rows_without_dates_nothing():
    months = np.arange("2015-01", "2020-01", dtype="datetime64[M]")
    months = months.astype("datetime64[s]")
    calendar = Calendar.of(months, 2_629_746)
    assert calendar.smooth(months).shape == (60, 12)
    assert calendar.smooth(months)[13].argmax() == 1
    counted = np.arange(10)
    assert Calendar.of(counted, 1).smooth(counted).shape == (10, 0)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_intervals_cover_what_they_promise_on_exchangeable_errors(level):
    rng = np.random.default_rng(3)
    errors = rng.gamma(2.0, size=(4000, 2, 1)) * [[[1.0]], [[5.0]]][0]
    low, high = conformal_offsets(errors[:1000], level)
    fresh = errors[1000:]
    inside = (fresh >= low) & (fresh <= high)
    # Three standard errors of a share over 6000 draws and 1000 calibrations.
    assert inside.mean() == pytest.approx(level, abs=3 * np.sqrt(0.25 / 1000))


def test_few_errors_are_pooled_over_the_horizon():
    errors = np.arange(20.0).reshape(10, 2, 1)
    low, high = conformal_offsets(errors, 0.9)
    assert low[0, 0] == low[1, 0] == 0.0
    assert high[0, 0] == high[1, 0] == 19.0


def test_few_rolling_forecasts_make_wider_intervals_that_grow():
    rng = np.random.default_rng(0)
    spread = np.sqrt(np.arange(1.0, 6))[:, None]
    errors = rng.normal(size=(2000, 5, 1)) * spread
    low, high = rolling_offsets(errors, 0.9)
    np.testing.assert_allclose(-low, high)
    np.testing.assert_allclose(high, 1.645 * spread, rtol=0.05)
    few = rolling_offsets(errors[:10], 0.9)[1]
    assert (np.diff(few[:, 0]) >= 0).all()
    # Student's quantile with three degrees of freedom, and one more forecast.
    known = errors[:10] / np.abs(errors[:10])
    assert rolling_offsets(known, 0.9)[1][0, 0] == pytest.approx(
        2.353 / 1.645 * np.sqrt(4 / 3), rel=1e-3
    )


def test_rolling_errors_that_are_unknown_do_not_count():
    errors = np.ones((20, 3, 2))
    errors[:, 2, 0] = np.nan
    errors[:, :, 1] = np.nan
    low, high = rolling_offsets(errors, 0.9)
    assert np.isfinite(low).all()
    assert high[2, 0] == pytest.approx(high[0, 0])
    assert np.abs(high[:, 1]).max() < 1e-5


def test_baselines_repeat_the_last_value_and_the_last_season():
    values = np.arange(20.0)[:, None]
    origins = np.array([10, 15])
    assert last_value(values, origins, 3)[:, :, 0].tolist() == [[9] * 3, [14] * 3]
    assert seasonal_naive(values, origins, 3, 7)[0, :, 0].tolist() == [3, 4, 5]
    assert seasonal_naive(values, origins, 5, 2)[0, :, 0].tolist() == [8, 9, 8, 9, 8]


def test_scores_by_hand():
    truth = np.array([[[1.0], [np.nan]], [[3.0], [5.0]]])
    prediction = np.array([[[2.0], [9.0]], [[3.0], [2.0]]])
    scale = np.array([[1.0], [2.0]])
    scores = forecast_scores(truth, prediction, scale)
    assert scores["MAE"] == pytest.approx(4 / 3)
    assert scores["RMSE"] == pytest.approx(np.sqrt(10 / 3))
    assert scores["MASE"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("mine", "winner", "said"),
    [
        (1.0, "net", "lowest MAE"),
        (3.0, "naive", "A baseline wins"),
        (2.0, "net", "same"),
    ],
)
def test_the_verdict_says_who_wins(mine, winner, said):
    rows = [
        {"model": "net", "kind": "network", "values": {"MAE": mine}},
        {"model": "naive", "kind": "baseline", "values": {"MAE": 2.0}},
    ]
    name, sentence = verdict(rows)
    assert name == winner
    assert said in sentence


def test_origins_keep_windows_inside():
    assert origins_between(0, 20, 5, 3).tolist() == list(range(5, 18))
    assert origins_between(10, 20, 5, 3, stride=3).tolist() == [10, 13, 16]


def test_a_split_respects_time_and_says_what_is_missing():
    time = np.datetime64("2024-01-01", "s") + np.arange(300) * np.timedelta64(1, "h")
    split = split_series(
        time, 300, horizon=6, context=24, validation_fraction=0.2, test="2024-01-11"
    )
    assert (split.train_end, split.test_start, split.rows) == (192, 240, 300)
    assert row_of_test(time, 300, 60) == 240
    assert row_of_test(time, 300, 0.2) == 240
    for bad, message in [
        ("2030-01-01", "outside the series"),
        ("soon", "not a time"),
        (300, "leave rows"),
        (1.5, "below 1"),
        (True, "number of rows"),
    ]:
        with pytest.raises(InputError, match=message):
            row_of_test(time, 300, bad)
    with pytest.raises(InputError, match=r"series has 40 rows.*need about"):
        split_series(
            time, 40, horizon=6, context=24, validation_fraction=0.2, test=None
        )
    with pytest.raises(InputError, match="fewer than the horizon"):
        split_series(time, 300, horizon=6, context=24, validation_fraction=0.2, test=3)


@pytest.mark.parametrize(
    ("texts", "example"),
    [
        (["512.6 m/s", "513 m/s"], "512.6 m/s"),
        (["5.1260D+02", "5.1370D+02"], "5.1260D+02"),
        (["8:32", "9:05"], "8:32"),
        (["ca. 512", "ca. 513"], "ca. 512"),
        (["Q1", "Q2"], None),
        (["sun", "rain"], None),
    ],
)
def test_numbers_that_become_categories_are_noted(texts, example):
    frame = pl.DataFrame({"v": texts * 4})
    notes = numbers_in_words(frame, Column("v", "category", sorted(texts)), "a.csv")
    assert len(notes) == (example is not None)
    for note in notes:
        assert note.startswith("a.csv: column 'v' holds numbers")
        assert repr(example) in note
        assert "as 2 categories" in note
    declared = frame.cast(pl.Categorical)
    assert not numbers_in_words(declared, Column("v", "category", texts), "a.csv")

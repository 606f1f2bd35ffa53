"""Transforms, calendar and categories: each against its definition."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman._errors import InputError
from elman.tasks.forecast.columns._calendar import Calendar
from elman.tasks.forecast.columns._columns import Column, numbers_in_words
from elman.tasks.forecast.columns._transform import Transform


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

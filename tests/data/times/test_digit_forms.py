"""Bare digits of rarer kinds are read as what they say, or refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import regular_series

QUARTERS = [np.datetime64("2010-01", "M") + 3 * i for i in range(24)]


def read(values, name):
    frame = pl.DataFrame({name: values, "y": np.arange(len(values), dtype=float)})
    return regular_series(frame, None, "d.csv")


@pytest.mark.parametrize("name", ["quarter", "Quartal", "qtr"])
@pytest.mark.parametrize("form", ["{}{}", "{}0{}", "{}.{}"])
def test_quarters_in_columns_called_so(form, name):
    kind = float if "." in form else int
    values = [kind(form.format(2010 + i // 4, i % 4 + 1)) for i in range(24)]
    found = read(values, name)
    assert (found.freq, found.inserted) == ("quarterly", 0)
    np.testing.assert_array_equal(found.time, np.array(QUARTERS).astype("M8[s]"))
    assert "quarters of years" in found.notes[0]


def test_quarters_or_months_in_a_column_of_dates_are_refused():
    values = [(2010 + i // 4) * 100 + i % 4 + 1 for i in range(24)]
    with pytest.raises(InputError, match="01 to 04 after the years, as in 201001"):
        read(values, "date")


@pytest.mark.parametrize("name", ["week", "Semaine", "year_week"])
def test_weeks_of_years(name):
    mondays = [datetime(2018, 12, 31) + timedelta(days=7 * i) for i in range(116)]
    found = read([int(day.strftime("%G%V")) for day in mondays], name)
    assert (found.freq, found.inserted) == ("weekly", 0)
    np.testing.assert_array_equal(found.time, np.array(mondays, "M8[s]"))
    assert "yyyyww" in found.notes[0]


def days(form, start, count=40):
    times = [start + timedelta(days=i) for i in range(count)]
    return times, [int(t.strftime(form)) for t in times]


@pytest.mark.parametrize("name", ["date", "sale_date"])
@pytest.mark.parametrize("form", ["%d%m%Y", "%m%d%Y"])
def test_days_with_the_year_last(form, name):
    times, values = days(form, datetime(2024, 9, 28))
    found = read(values, name)
    assert (found.freq, found.inserted) == ("daily", 0)
    np.testing.assert_array_equal(found.time, np.array(times, "M8[s]"))


def test_days_with_the_year_last_that_may_be_two_things_are_refused():
    with pytest.raises(InputError, match="10052024 may be read as ddmmyyyy or as mmdd"):
        read([10052024, 11052024 + 10000, 12072024], "date")


@pytest.mark.parametrize("form", ["%y%m%d%H", "%y%m%d%H%M", "%y%m%d%H%M%S"])
def test_hours_with_years_of_two_digits(form):
    times = [datetime(2024, 1, 25) + timedelta(hours=i) for i in range(60)]
    found = read([int(t.strftime(form)) for t in times], "date")
    assert (found.freq, found.inserted) == ("hourly", 0)
    np.testing.assert_array_equal(found.time, np.array(times, "M8[s]"))
    assert "yymmddhh" in found.notes[0]


def test_seconds_since_1970_stay_what_they_are():
    found = read([2401250000 + 60 * i for i in range(40)], "date")
    assert found.freq == "every minute"
    assert "seconds since 1970" in found.notes[0]


@pytest.mark.parametrize(
    ("start", "word"),
    [(133_500_000_000_000_000, "1601"), (638_400_000_000_000_000, "the year 1")],
)
def test_ticks_of_100_nanoseconds_are_refused(start, word):
    with pytest.raises(InputError, match=f"100 nanoseconds since {word}.*2024-01"):
        read([start + 36 * 10**9 * i for i in range(30)], "timestamp")


@pytest.mark.parametrize("name", ["month", "Monat", "mois", "mes"])
def test_months_in_columns_called_so(name):
    found = read([(2018 + i // 12) * 100 + i % 12 + 1 for i in range(30)], name)
    assert (found.freq, found.axis.columns) == ("monthly", (name,))
    assert read([i % 12 + 1 for i in range(30)], name).axis.columns == ()

"""Bare numbers: compact dates, time since 1970, years, and plain counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import regular_series

HOURS = [datetime(2024, 2, 27, 20) + timedelta(hours=i) for i in range(60)]
DAYS = [datetime(2024, 1, 20) + timedelta(days=i) for i in range(60)]
MONTHS = [datetime(1980 + i // 12, i % 12 + 1, 1) for i in range(60)]


def read(values, name="date", time=None):
    frame = pl.DataFrame({name: values, "y": np.arange(len(values), dtype=float)})
    return regular_series(frame, time, "d.csv")


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("name", ["date", "sale_date", "<DATE>"])
@pytest.mark.parametrize(
    ("form", "times", "freq", "note"),
    [
        ("%Y%m%d%H", HOURS, "hourly", "2024022720 were read as yyyymmddhh"),
        ("%Y%m%d%H%M", HOURS, "hourly", "read as yyyymmddhhmm"),
        ("%Y%m%d%H%M%S", HOURS, "hourly", "read as yyyymmddhhmmss"),
        ("%Y%m%d", DAYS, "daily", ""),
        ("%Y%j", DAYS, "daily", "read as yyyyddd"),
        ("%Y%m", MONTHS, "monthly", "read as yyyymm"),
    ],
)
def test_compact_dates(form, times, freq, note, name, as_text):
    texts = [t.strftime(form) for t in times]
    found = read(texts if as_text else [int(text) for text in texts], name)
    assert found.freq == freq
    np.testing.assert_array_equal(found.time, np.array(times, "M8[s]"))
    assert note in " ".join(found.notes)


def test_six_digits_of_a_day_count_as_dates_where_the_column_is_called_so():
    days = [int(t.strftime("%y%m%d")) for t in DAYS]
    found = read(days)
    np.testing.assert_array_equal(found.time, np.array(DAYS, "M8[s]"))
    assert "240120 were read as yymmdd (2024-01-20)" in found.notes[0]
    assert read(days, "t", "t").freq == "one row a step"
    with pytest.raises(InputError, match="as yyyymm or as yymmdd"):
        read([201001, 201002, 201003])


def test_hour_24_and_dates_that_do_not_exist():
    ending = [2024022723, 2024022724, 2024022801]
    np.testing.assert_array_equal(
        read(ending).time[1:2], np.array(["2024-02-28"], "M8")
    )
    found = read([20240230, 20240231, 20240232], time="date")
    assert not found.axis.is_dated
    assert "holds no dates and counts" in found.notes[0]


@pytest.mark.parametrize(
    ("word", "per"),
    [
        ("seconds", 1),
        ("milliseconds", 10**3),
        ("microseconds", 10**6),
        ("nanoseconds", 10**9),
    ],
)
@pytest.mark.parametrize("start", [189_302_400, 1_709_251_200, 4_102_444_800])
def test_time_since_1970_in_any_unit(word, per, start):
    found = read([(start + 3600 * i) * per for i in range(30)], "timestamp")
    assert found.freq == "hourly"
    assert int(found.time[0].astype(np.int64)) == start
    assert found.notes == [f"column 'timestamp' was read as {word} since 1970 (UTC)"]


def test_fractions_of_a_second_since_1970():
    milliseconds = read([1664440774000 + 200 * i for i in range(60)], "timestamp")
    assert milliseconds.freq == "every 200 milliseconds"
    assert milliseconds.step == 0.2
    np.testing.assert_array_equal(
        milliseconds.axis.after(1), milliseconds.time[-1] + np.timedelta64(200, "ms")
    )
    seconds = read([1664440774 + 0.2 * i for i in range(60)], "timestamp")
    np.testing.assert_array_equal(seconds.time, milliseconds.time)
    fine = read([1664440774000001000 + 1000 * i for i in range(20)], "timestamp")
    assert fine.freq == "every 1 microseconds"
    with pytest.raises(InputError, match="no whole microseconds"):
        read([1664440774000000001 + 500 * i for i in range(20)], "timestamp")


def test_before_1970_and_around_it():
    found = read([-315360000 + 86400 * i for i in range(20)], "timestamp")
    assert (found.freq, str(found.time[0])[:10]) == ("daily", "1960-01-04")
    around = read([-4320000 + 86400 * i for i in range(100)], "timestamp")
    assert "'timestamp' holds no dates and counts" in around.notes[0]


def test_years():
    for name in ("Year", "fiscal_year", "time", "date"):
        found = read(list(range(1871, 1931)), name)
        assert (found.freq, str(found.time[0])[:4]) == ("yearly", "1871")
        assert bool(found.notes) == ("year" not in name.lower())
    counts = read(list(range(1871, 1931)), "t", "t")
    assert counts.freq == "one row a step"
    assert "'t' was read as counts, not as years" in counts.notes[0]
    assert read([100 * i for i in range(30)], "time").freq == "every 100 counts"


@pytest.mark.parametrize("digits", [2, 3, 6, 12])
def test_parts_of_years(digits):
    months = read([round(1949 + i / 12, digits) for i in range(60)], "time")
    assert (months.freq, str(months.time[13])[:7]) == ("monthly", "1950-02")
    quarters = read([round(1949 + i / 4, digits) for i in range(60)], "V1")
    assert (quarters.freq, str(quarters.time[5])[:7]) == ("quarterly", "1950-04")


def test_years_and_months_between_a_dot():
    values = [1980 + i // 12 + (i % 12 + 1) / 100 for i in range(60)]
    for name in ("Month", "date", "V1"):
        found = read(values, name)
        np.testing.assert_array_equal(found.time, np.array(MONTHS, "M8[s]"))
        assert found.notes == [f"column {name!r} was read as year.month"]
    gaps = values[:20] + values[23:]
    assert read(gaps).inserted == 3
    with pytest.raises(InputError, match="may be a year and a quarter"):
        read([1990.1, 1990.2, 1990.3, 1990.4, 1991.1, 1991.2])


def test_months_before_a_dot():
    values = [float(t.strftime("%m.%Y")) for t in MONTHS]
    for name in ("Month", "date", "V1"):
        found = read(values, name)
        np.testing.assert_array_equal(found.time, np.array(MONTHS, "M8[s]"))
        assert found.notes == [f"column {name!r} was read as month.year"]


def test_a_covariate_is_no_time():
    prices = [1980.25, 1981.5, 1979.75, 1982.0] * 5
    assert read(prices, "price").frame.columns == ["price", "y"]
    assert read(list(range(1700, 1760)), "speed").frame.columns == ["speed", "y"]
    assert read([1, 2, 3, 4] * 5, "month").frame.columns == ["month", "y"]
    assert read([0.5, 0.1, 0.7] * 5, "response_time").frame.columns[0] != "y"


def test_decimals_count():
    found = read([0.2 * i for i in range(30)], "time")
    assert (found.freq, found.step) == ("every 0.2 counts", 1)
    np.testing.assert_allclose(found.time, 0.2 * np.arange(30), rtol=1e-15)
    np.testing.assert_array_equal(found.axis.after(2), [6.0, 6.2])
    gap = read([0.0, 0.5, 1.0, 2.0, 2.5], "time")
    assert gap.inserted == 1
    times = [timedelta(milliseconds=250 * i) for i in range(9)]
    assert read(times, "time").freq == "every 0.25 counts"


def test_days_of_a_spreadsheet_are_named():
    found = read([45000 + i for i in range(20)])
    assert "45000 would be 2023-03-15" in found.notes[0]
    assert not found.axis.is_dated
    with pytest.raises(InputError, match="45000 would be 2023-03-15"):
        read([45000 + i / 24 for i in range(20)])


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from(["%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d"]),
    st.integers(4, 40),
)
def test_any_compact_hours_are_read(start, form, rows):
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [start + timedelta(days=i) for i in range(rows)]
    found = read([int(day.strftime(form)) for day in days], time="date")
    np.testing.assert_array_equal(found.time, np.array(days, "M8[s]"))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(-(2**63), 2**63 - 1),
            st.integers(0, 4000),
            st.floats(allow_nan=True),
            st.floats(1600, 2200),
            st.none(),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["date", "t", "year", "month"]),
    st.booleans(),
)
def test_any_numbers_are_times_or_an_input_error(values, name, found):
    frame = pl.DataFrame({name: pl.Series(values, strict=False), "y": 1.0})
    try:
        series = regular_series(frame, None if found else name)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert len(series.frame) >= len(values)


def test_numbers_beyond_64_bits_are_no_times():
    huge = pl.Series("x", [2313, 2313, 10**20, 2313], dtype=pl.Int128)
    frame = pl.DataFrame({"x": huge, "y": [1.0, 2.0, 3.0, 4.0]})
    assert regular_series(frame).axis.columns == ()
    with pytest.raises(InputError, match=r"row 3: 1\d+ is too large for a time"):
        regular_series(frame, "x")

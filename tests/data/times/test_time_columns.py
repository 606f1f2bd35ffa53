"""Which columns are the time: found, put together, or named when not read."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import read_table, regular_series

HOURS = [datetime(2024, 2, 27, 20) + timedelta(hours=i) for i in range(60)]
EXPECTED = np.array(HOURS, "M8[s]")
YEARS = [1980 + i // 4 for i in range(40)]


def read(given=None, /, **columns):
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame(columns | {"y": np.arange(height, dtype=float)})
    return regular_series(frame, given, "d.csv")


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("%Y-%m-%d", "%H:%M:%S"),
        ("%d/%m/%Y", "%H.%M.%S"),
        ("%Y.%m.%d", "%H:%M"),
        ("%m/%d/%y", "%I:%M %p"),
        ("%b %d, %Y", "%H:%M:%S"),
    ],
)
def test_a_day_and_a_clock_in_two_columns(day, clock):
    columns = {
        "Date": [t.strftime(day) for t in HOURS],
        "Time": [t.strftime(clock) for t in HOURS],
    }
    for given in (None, "Date,Time", "Time,Date"):
        found = read(given, **columns)
        np.testing.assert_array_equal(found.time, EXPECTED)
        assert found.frame.columns == ["y"]


def test_days_and_clocks_as_numbers_and_as_types():
    days = [int(t.strftime("%Y%m%d")) for t in HOURS]
    for form in ("%H%M", "%H%M%S"):
        clocks = [int(t.strftime(form)) for t in HOURS]
        found = read(**{"<DATE>": days, "<TIME>": clocks})
        np.testing.assert_array_equal(found.time, EXPECTED)
        said = {"%H%M": "hhmm", "%H%M%S": "hhmmss"}[form]
        assert found.notes == [f"column '<TIME>' was read as {said}"]
    typed = read(day=[t.date() for t in HOURS], at=[t.time() for t in HOURS])
    np.testing.assert_array_equal(typed.time, EXPECTED)
    with pytest.raises(InputError, match="row 3: 2565 is no time of the day as hhmmss"):
        read("d,t", d=days[:3], t=[0, 2565, 30000])


def test_hours_that_end():
    days = [date(2024, 3, 1) + timedelta(days=i // 24) for i in range(48)]
    found = read(date=days, hour=[i % 24 + 1 for i in range(48)])
    assert str(found.time[23]) == "2024-03-02T00:00:00"
    assert "hour 24 of column 'hour' is the end of its day" in found.notes


def test_years_and_quarters():
    numbers = {"year": YEARS, "quarter": [i % 4 + 1 for i in range(40)]}
    words = {"year": YEARS, "Qtr": [f"Q{i % 4 + 1}" for i in range(40)]}
    for columns in (numbers, words):
        for given in (None, ",".join(columns)):
            found = read(given, **columns)
            assert found.freq == "quarterly"
            assert str(found.time[5])[:7] == "1981-04"
            assert found.frame.columns == ["y"]
    both = read(**numbers, month=[i % 4 * 3 + 1 for i in range(40)])
    assert both.axis.columns == ("year", "month")


def test_years_with_weeks_or_days():
    mondays = [date(2019, 1, 7) + timedelta(days=7 * i) for i in range(100)]
    weeks = [day.isocalendar() for day in mondays]
    found = read(year=[w[0] for w in weeks], week=[w[1] for w in weeks])
    np.testing.assert_array_equal(found.time, np.array(mondays, "M8[s]"))
    days = [date(2023, 12, 1) + timedelta(days=i) for i in range(60)]
    within = [day.timetuple().tm_yday for day in days]
    found = read(year=[day.year for day in days], doy=within)
    np.testing.assert_array_equal(found.time, np.array(days, "M8[s]"))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"year": [2023], "week": [53]}, "there is no ISO week 53 in 2023"),
        ({"year": [2023], "doy": [366]}, "'doy', row 2: there is no day 366 in that y"),
        ({"year": [2023], "quarter": [5]}, "5 is no quarter; allowed are .* 1 to 4"),
        ({"year": [2023], "quarter": ["first"]}, "'first' is no quarter"),
        ({"year": [2023], "quarter": [1], "month": [2]}, "say twice where in the year"),
        ({"quarter": [1], "hour": [2]}, "have no year"),
        ({"year": [2023], "when": [2]}, "'year' holds no dates|'when' is no part"),
    ],
)
def test_parts_that_make_no_time(columns, words):
    with pytest.raises(InputError, match=words):
        read(",".join(columns), **columns)


UNREAD = ["1. tammikuuta 2024", "2. tammikuuta 2024", "3. tammikuuta 2024"]


def test_a_column_called_so_that_is_not_read_is_an_error():
    for name in ("date", "Time", "timestamp"):
        with pytest.raises(InputError, match=f"'{name}', row 2: '1. tammikuuta"):
            read(**{name: UNREAD})
    counted = read("", date=UNREAD)
    assert counted.frame.columns == ["date", "y"]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("day", UNREAD),
        ("sale_date", ["KW 1", "KW 2", "KW 3"]),
        ("c", ["80-Jan", "80-Feb", "80-Mar"]),
        ("Month", ["01/80", "02/80", "03/80"]),
        ("c", ["2024-02-27-20", "2024-02-27-21", "2024-02-27-22"]),
    ],
)
def test_a_column_that_looks_like_times_is_named(name, texts):
    found = read(**{name: texts})
    assert not found.axis.is_dated
    assert (
        f"d.csv: column {name!r} ({texts[0]!r}, …) looks like times" in found.notes[0]
    )
    assert f"--time {name}" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("time", ["morning", "noon", "evening"]),
        ("day", ["Mon", "Tue", "Wed"]),
        ("month", ["Jan", "Feb", "Mar"]),
        ("code", ["A-12-3", "B-13-4", "C-14-5"]),
        ("phone", ["030-1234", "030-2345", "030-3456"]),
        ("word", ["may be", "is", "march on"]),
    ],
)
def test_categories_are_no_times(name, texts):
    found = read(**{name: texts})
    assert found.notes == []
    assert found.frame.columns == [name, "y"]


def test_dates_in_files_are_found(tmp_path):
    file = tmp_path / "d.csv"
    rows = (f"{t:%Y-%m-%d %H:%M:%S+00},{i}" for i, t in enumerate(HOURS))
    file.write_text("\n".join(["date,y", *rows]))
    np.testing.assert_array_equal(regular_series(read_table(file)).time, EXPECTED)


def test_of_several_columns_of_dates_the_one_in_order_is_the_time():
    days = [f"2024-01-{i:02d}" for i in range(1, 21)]
    born = ["1990-05-05", "1980-01-01"] * 10
    remark = [None, "2024-02-02"] * 10
    found = read(born=born, remark=remark, date=days, due=days)
    assert found.axis.columns == ("date",)
    assert found.frame.columns == ["born", "remark", "due", "y"]


@pytest.mark.parametrize("text", ["２０２４-01-01", "1 ſep 2024", "٢٠٢٤/01/01"])
def test_digits_and_letters_of_other_scripts_are_refused(text):
    with pytest.raises(InputError, match="is not a time"):
        read("when", when=[text])


def test_minutes_since_1970_are_found_in_a_first_column():
    for per in (1, 1000):
        found = read(t=[(1_700_000_000 // 60 + i) * 60 * per for i in range(20)])
        assert found.freq == "every minute"
        assert "since 1970" in found.notes[0]
    assert read(t=[1_700_000_001 + 7 * i for i in range(20)]).axis.columns == ()
    assert read(Year=[str(1950 + i) for i in range(20)]).freq == "yearly"

"""Times are written as the file wrote them, where one form reproduces every row."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman.data import read_table, regular_series, written
from elman.data.times._written import form_of


def regular(texts, tmp_path):
    file = tmp_path / "x.csv"
    rows = (f"{text},{i}" for i, text in enumerate(texts))
    file.write_text("time,y\n" + "\n".join(rows) + "\n")
    return regular_series(read_table(file), None, file)


MONTHS = np.datetime64("1949-01", "M") + np.arange(40)
DAYS = np.datetime64("2024-01-05", "D") + np.arange(60)
HOURS = np.datetime64("2024-01-05T07", "h") + np.arange(60)


@pytest.mark.parametrize(
    ("times", "form", "next_one"),
    [
        (MONTHS, "%Y-%m", "1952-05"),
        (MONTHS[::3], "%YQ%q", "1952Q3"),
        (MONTHS[::3], "Q%q %Y", "Q3 1952"),
        (MONTHS, "%b %Y", "May 1952"),
        (MONTHS[::12], "%Y", "1953"),
        (DAYS, "%Y-%m-%d", "2024-03-05"),
        (DAYS, "%Y%m%d", "20240305"),
        (DAYS, "%-m/%-d/%Y", "3/5/2024"),
        (DAYS, "%d.%m.%Y", "05.03.2024"),
        (HOURS, "%Y-%m-%d %H:%M:%S", "2024-01-07 19:00:00"),
        (HOURS, "%Y-%m-%dT%H:%M", "2024-01-07T19:00"),
        (HOURS + 360, "%d/%m/%Y %-I:%M %p", "22/01/2024 7:00 PM"),
    ],
)
def test_the_next_time_in_the_form_of_the_others(times, form, next_one, tmp_path):
    texts = written(times.astype("M8[s]"), form).to_list()
    found = regular(texts, tmp_path)
    np.testing.assert_array_equal(found.time, times.astype("M8[s]"))
    assert found.axis.form == form
    assert written(found.axis.after(1), form).to_list() == [next_one]


def test_what_no_form_reproduces(tmp_path):
    mixed = ["2024-1-5", "2024-01-06", "2024-1-7", "2024-01-08"]
    assert regular(mixed, tmp_path).axis.form == ""
    beside = [f"2024-01-01T00:{m:02d}:0{m % 2}" for m in range(9)]
    assert regular(beside, tmp_path).axis.form == ""
    zoned = [f"2024-01-05T{h:02d}:00:00+02:00" for h in range(9)]
    assert regular(zoned, tmp_path).axis.form == ""
    assert regular([*"123456789"], tmp_path).axis.form == ""


def test_a_column_of_days_is_written_as_days():
    days = pl.Series(DAYS)
    assert form_of(days, DAYS.astype("M8[s]")) == "%Y-%m-%d"
    moments = pl.Series(DAYS.astype("M8[us]"))
    assert form_of(moments, DAYS.astype("M8[s]")) == ""

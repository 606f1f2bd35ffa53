"""Columns of times that are not read are named; odd grids and years are told of."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman.data import regular_series


def read(values, name):
    frame = pl.DataFrame({name: values, "y": np.arange(len(values), dtype=float)})
    return regular_series(frame, None, "d.csv")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Monat", [f"{m} 20" for m in ("sty", "lut", "kwi", "maj")] * 4),
        ("V1", [f"{m} {y}" for y in range(2018, 2021) for m in ("styczeń", "luty")]),
        ("season", [f"{y}/{y + 1}" for y in range(1980, 2000)]),
        ("V1", [f"{y}/{y + 1}" for y in range(1980, 2000)]),
        ("quarter", [f"FY{2018 + i // 4} Q{i % 4 + 1}" for i in range(12)]),
        ("Woche", ["KW 1", "KW 2", "KW 3", "KW 4"]),
        ("week", [201900, 201901, 201902, 201903]),
        ("week", [201951, 201952, 201953, 202001]),
        ("week", [202003, 202002, 202001, 201952]),
        ("sale_date", [10052024, 11062024, 12072024]),
        ("period", [1980.5, 1980.1, 1980.3, 1981.2]),
    ],
)
def test_a_column_of_times_that_is_not_read_is_named(name, values):
    found = read(values, name)
    assert not found.axis.is_dated
    assert any(
        f"d.csv: column {name!r} ('{values[0]}', …) looks like times" in note
        for note in found.notes
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("week", [1, 2, 3, 4] * 4),
        ("season", [1, 2, 3, 4] * 4),
        ("season", ["spring", "summer", "autumn", "winter"] * 4),
        ("stage", ["phase 1", "phase 2", "phase 1", "phase 3"]),
        ("response_time", [0.5, 0.25, 0.75, 0.3]),
        ("model", ["A 1", "A 2", "B 1", "B 2"]),
    ],
)
def test_a_covariate_is_not_named(name, values):
    assert read(values, name).notes == []


def test_numbers_that_leave_out_most_steps():
    values = [100 * (i // 5) + i % 5 for i in range(40)]
    found = read(values, "date")
    assert any(
        "column 'date' leaves out more than half" in note for note in found.notes
    )
    assert not any("leaves out" in note for note in read(list(range(40)), "date").notes)


@pytest.mark.parametrize("year", [2567, 1403])
def test_years_of_other_calendars(year):
    found = read([f"{day:02d}/01/{year}" for day in range(5, 29)], "date")
    assert any(f"times lie in the year {year}" in note for note in found.notes)

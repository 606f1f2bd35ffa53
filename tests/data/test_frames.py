"""Any data frame becomes the same Polars frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from elman import InputError
from elman.data import regular_series, to_frame
from elman.data._given import to_table

COLUMNS = {"a": [1, 2, 3], "b": [0.5, None, 2.5], "c": ["x", "y", "z"]}
EXPECTED = pl.DataFrame(COLUMNS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: EXPECTED,
        lambda: EXPECTED.lazy(),
        lambda: COLUMNS,
        lambda: {name: pl.Series(values) for name, values in COLUMNS.items()},
        lambda: pd.DataFrame(COLUMNS),
        lambda: pd.DataFrame(COLUMNS, index=[5, 6, 7]),
        lambda: pa.table(COLUMNS),
    ],
)
def test_frames(make):
    found = to_frame(make())
    assert found.columns == EXPECTED.columns
    np.testing.assert_array_equal(
        found["b"].cast(pl.Float64).fill_null(np.nan).to_numpy(), [0.5, np.nan, 2.5]
    )
    assert found["c"].to_list() == COLUMNS["c"]


def test_files(tmp_path):
    EXPECTED.write_csv(tmp_path / "f.csv")
    assert to_frame(tmp_path / "f.csv").equals(EXPECTED)
    assert to_frame(str(tmp_path / "f.csv")).equals(EXPECTED)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2021-01-01", periods=3, freq="h"),
        pd.period_range("2021-01", periods=3, freq="M"),
    ],
)
def test_an_index_of_times_becomes_a_column(index):
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0]}, index=index)
    series = regular_series(to_frame(frame))
    assert series.axis.columns == ("time",)
    assert series.freq in ("hourly", "monthly")
    assert frame.columns.tolist() == ["y"]


@pytest.mark.parametrize(
    "data", [42, [1, 2], None, np.ones(3), {"a": [1, 2], "b": [1, 2, 3]}]
)
def test_other_things_are_refused(data):
    with pytest.raises(InputError):
        to_frame(data)


DAYS = pd.date_range("2024-01-01", periods=40)
Y = np.arange(40.0)


def read(data, time=None):
    return regular_series(to_frame(data), time)


@pytest.mark.parametrize(
    "make",
    [
        lambda: pd.Series(Y, index=DAYS, name="y"),
        lambda: pd.DataFrame({"y": Y}, index=DAYS),
        lambda: pd.DataFrame({"y": Y}, index=DAYS.rename("day")),
        lambda: pd.DataFrame({"y": Y}, index=DAYS.to_period("D")),
        lambda: pd.DataFrame({"day": DAYS.to_period("D"), "y": Y}),
        lambda: pd.DataFrame({"day": DAYS.date, "y": Y}),
        lambda: pd.DataFrame({"y": Y}, index=[str(day.date()) for day in DAYS]),
        lambda: pd.DataFrame({"day": DAYS, "y": Y}).set_index("day", drop=False),
        lambda: pd.DataFrame({"day": pd.Categorical(DAYS.strftime("%F")), "y": Y}),
        lambda: pd.DataFrame({"y": Y}, index=pd.MultiIndex.from_arrays([DAYS])),
        lambda: {"day": DAYS, "y": Y},
        lambda: {"day": DAYS.to_period("D"), "y": pd.Series(Y)},
        lambda: {"day": DAYS.to_numpy().astype("M8[s]"), "y": Y},
        lambda: {"day": DAYS.to_numpy().astype("M8[D]"), "y": Y},
        lambda: pl.DataFrame({"day": DAYS.to_numpy(), "y": Y}),
        lambda: pa.table({"day": DAYS.to_pydatetime().tolist(), "y": Y}),
        lambda: pa.table({"day": DAYS.date.tolist(), "y": Y}),
    ],
)
def test_days_in_any_frame(make):
    series = read(make())
    assert (series.freq, series.frame.columns) == ("daily", ["y"])
    np.testing.assert_array_equal(series.time, DAYS.to_numpy())


def test_levels_of_an_index_become_columns():
    index = pd.MultiIndex.from_product([["A", "B"], DAYS], names=["store", "day"])
    panel = pd.DataFrame({"y": np.r_[Y, Y]}, index=index)
    assert to_frame(panel).columns == ["store", "day", "y"]
    with pytest.raises(InputError, match="column 'store' tells 2 series apart"):
        read(panel)
    nameless = panel.rename_axis([None, None])
    assert to_frame(nameless).columns == ["level_0", "time", "y"]
    assert read(panel.loc[["A"]]).freq == "daily"


def test_an_index_with_gaps_counts():
    frame = pd.DataFrame({"y": Y})
    assert to_frame(frame[10:20]).columns == ["y"]
    assert to_frame(frame[::2]).columns == ["y"]
    gaps = read(frame.drop(range(5, 9)))
    assert (len(gaps.time), gaps.inserted) == (40, 4)
    assert gaps.notes[0] == "column 'index' counts the steps"
    for moved in (frame[::-1], frame.sample(frac=1, random_state=0)):
        with pytest.raises(InputError, match=r"the frame's index goes from .*reset_in"):
            to_frame(moved)
    dated = pd.DataFrame({"date": DAYS, "y": Y})
    assert to_frame(dated.drop(range(5, 9))).columns == ["date", "y"]
    assert to_frame(dated.sample(frac=1, random_state=0)).columns == ["date", "y"]
    years = pd.DataFrame({"y": Y}, index=pd.RangeIndex(1980, 2020, name="year"))
    assert read(years).freq == "yearly"


def test_names_of_columns_become_text():
    assert to_frame(pd.DataFrame(np.c_[Y, Y])).columns == ["0", "1"]
    names = pd.MultiIndex.from_tuples([("Close", "A"), ("Open", "")])
    prices = pd.DataFrame(np.c_[Y, Y], index=DAYS, columns=names)
    assert to_frame(prices).columns == ["time", "Close_A", "Open"]
    assert prices.columns is names
    assert to_frame(pd.Series(Y)).columns == ["value"]
    assert to_frame(pl.Series("y", Y)).columns == ["y"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pd.DataFrame(np.c_[Y, Y], columns=["a", "a"]), "'a' more than once"),
        (lambda: {1: Y, "1": Y}, "'1' twice"),
        (lambda: Y, r"an array of shape \(40,\) has no column names"),
        (
            lambda: pd.DataFrame({"day": DAYS[::-1], "y": Y}, index=DAYS.rename("day")),
            "an index and a column called 'day' that differ",
        ),
        (lambda: pd.DataFrame({"t": [1, "a"] * 20, "y": Y}), "cannot be used"),
    ],
)
def test_frames_that_cannot_stand(make, words):
    with pytest.raises(InputError, match=words) as caught:
        to_frame(make())
    assert "\n" not in str(caught.value)


def test_missing_times_of_an_index_are_named():
    index = pd.DatetimeIndex([*DAYS[:-1], pd.NaT])
    with pytest.raises(InputError, match="'time', row 40: the time is missing"):
        read(pd.DataFrame({"y": Y}, index=index))


def test_zones_of_frames():
    local = pd.DataFrame({"y": Y}, index=DAYS.tz_localize("America/New_York"))
    assert "America/New_York, not UTC" in read(local).notes[0]
    np.testing.assert_array_equal(read(local).time, DAYS.to_numpy())


def test_whole_numbers_of_128_bits_become_others():
    small, large = [1, None, -(2**62)], [1, None, 2**80]
    frame = pl.DataFrame(
        {"a": pl.Series(small, dtype=pl.Int128), "b": pl.Series(large, dtype=pl.Int128)}
    )
    table = to_table(frame)
    assert table.frame["a"].to_list() == small
    assert table.frame.dtypes == [pl.Int64, pl.Float64]
    assert table.frame["b"].to_list() == [1.0, None, 2.0**80]
    assert len(table.notes) == 1
    assert "column 'b': Int128 holds whole numbers beyond 64 bits" in table.notes[0]
    assert to_frame(frame.lazy()).dtypes == [pl.Int64, pl.Float64]
    assert frame.dtypes == [pl.Int128, pl.Int128]


def test_sparse_columns_become_dense():
    sparse = pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1.5]), "b": [1, 2, 3]})
    assert to_frame(sparse)["a"].to_list() == [0, 0, 1.5]
    assert to_frame(sparse["a"])["a"].to_list() == [0, 0, 1.5]

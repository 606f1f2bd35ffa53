"""Any data frame becomes the same Polars frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from elman import InputError
from elman.data import regular_series, to_frame

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

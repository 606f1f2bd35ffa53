"""Columns: numbers come out, and anything else is named with its row."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import numeric_column, require_column


def test_numbers_booleans_and_gaps():
    frame = pl.DataFrame({"i": [1, None], "b": [True, False], "f": [math.nan, 2.5]})
    np.testing.assert_array_equal(numeric_column(frame, "i"), [1, np.nan])
    np.testing.assert_array_equal(numeric_column(frame, "b"), [1, 0])
    np.testing.assert_array_equal(numeric_column(frame, "f"), [np.nan, 2.5])


def test_the_nearest_name_is_offered():
    frame = pl.DataFrame({"count": [1], "temp": [2]})
    assert require_column(frame, "count") == "count"
    with pytest.raises(InputError, match=r"d\.csv: no column 'cuont'; did you mean 'c"):
        require_column(frame, "cuont", "d.csv")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1", "2", "abc", None], "row 4: 'abc' is not a number"),
        ([None, None], "no value in any of its 2 rows"),
        ([math.nan, math.nan], "no value in any of its 2 rows"),
        ([1.0, math.inf, -math.inf], r"row 3: the value is infinite \(2 in all\)"),
        ([[1], [2]], "holds List"),
    ],
)
def test_unusable_columns(values, message):
    frame = pl.DataFrame({"x": values})
    with pytest.raises(InputError, match=message) as caught:
        numeric_column(frame, "x", "d.csv")
    assert str(caught.value).startswith("d.csv: column 'x'")


def test_rows_count_from_one_where_there_is_no_header():
    frame = pl.DataFrame({"x": [1.0, math.inf]})
    with pytest.raises(InputError, match="row 2"):
        numeric_column(frame, "x", "d.parquet")
    with pytest.raises(InputError, match="row 3"):
        numeric_column(frame, "x", "d.csv")

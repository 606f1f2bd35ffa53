"""One table in every kind of frame is the same series, or is refused by name."""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from elman import InputError
from elman.data import numeric_column, regular_series, to_frame
from fuzz.table_times import moments

STEPS = ("15min", "hour", "day", "week", "month", "quarter", "year")


def content(seed):
    """Return times and values, with gaps, of a random series."""
    r = random.Random(seed)  # noqa: S311
    step = r.choice(STEPS)
    start = dt.datetime(r.randint(1975, 2030), r.randint(1, 12), r.randint(1, 28))
    every = moments(start, step, 40)
    kept = [t for i, t in enumerate(every) if i in (0, 39) or r.random() > 0.1]
    return every, kept, [r.gauss(1e6, 1) for _ in kept]


def as_pandas_index(kept, values):
    return pd.DataFrame({"y": values}, index=pd.DatetimeIndex(kept, name="time"))


def as_pandas_unnamed_index(kept, values):
    return pd.DataFrame({"y": values}, index=pd.DatetimeIndex(kept))


def as_pandas_text_index(kept, values):
    return pd.DataFrame({"y": values}, index=[t.isoformat(" ") for t in kept])


def as_pandas_column(kept, values):
    return pd.DataFrame({"time": kept, "y": values})


def as_pandas_filtered(kept, values):
    """Rows chosen from a larger frame keep its numbers as index."""
    frame = pd.DataFrame({"time": [*kept, *kept], "y": [*values, *values]})
    return frame.iloc[: len(kept)]


def as_pandas_zoned(kept, values):
    return pd.DataFrame({"time": pd.DatetimeIndex(kept, tz="UTC"), "y": values})


def as_polars(kept, values):
    return pl.DataFrame({"time": kept, "y": values})


def as_polars_lazy(kept, values):
    return pl.LazyFrame({"time": kept, "y": values})


def as_polars_nanoseconds(kept, values):
    return as_polars(kept, values).with_columns(pl.col("time").cast(pl.Datetime("ns")))


def as_arrow(kept, values):
    return pa.table({"time": kept, "y": values})


def as_dict(kept, values):
    return {"time": kept, "y": values}


def as_dict_of_numpy(kept, values):
    return {"time": np.array(kept, dtype="datetime64[ns]"), "y": np.array(values)}


def as_pandas_period(kept, values):
    return pd.DataFrame({"y": values}, index=pd.DatetimeIndex(kept).to_period("s"))


KINDS = [value for name, value in globals().items() if name.startswith("as_")]


REFUSED = (as_pandas_text_index, as_pandas_period)
"""Kinds that may be refused, by the name of the index."""


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_the_series_is_the_same_in_every_frame(kind, seed):
    every, kept, values = content(seed)
    refused = ""
    try:
        series = regular_series(to_frame(kind(kept, values)))
    except InputError as error:
        refused = str(error)
    if refused:
        assert kind in REFUSED, refused
        assert "index" in refused or "time" in refused
        return
    expected = np.array(every, dtype="datetime64[us]")
    np.testing.assert_array_equal(series.time.astype("datetime64[us]"), expected)
    at = dict(zip(kept, values, strict=True))
    found = numeric_column(series.frame, "y")
    np.testing.assert_array_equal(found, [at.get(t, np.nan) for t in every])


def test_two_series_in_one_index_do_not_become_one():
    times = moments(dt.datetime(2024, 1, 1), "day", 20)
    index = pd.MultiIndex.from_product([["a", "b"], times], names=["shop", "day"])
    frame = pd.DataFrame({"y": np.arange(40.0)}, index=index)
    with pytest.raises(InputError, match="shop"):
        regular_series(to_frame(frame))

"""Steps below a second that no decimal of a second divides: exact over any length."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from elman.data import regular_series
from elman.data.grid._rates import rate_of
from elman.data.grid._spacing import Spacing

START = np.datetime64("2024-01-01T00:00:07", "us")


def read(times, **how):
    frame = pl.DataFrame({"t": times, "y": np.arange(len(times), dtype=float)})
    return regular_series(frame, "t", **how)


def moments(rate, count, unit="us"):
    """Times as a logger rounds them, whatever stands before the comma."""
    size = {"us": 10**6, "ms": 1000}[unit]
    ticks = np.rint(np.arange(count) * size / rate).astype(np.int64)
    return START.astype(f"M8[{unit}]") + ticks.astype(f"m8[{unit}]")


@pytest.mark.parametrize(
    ("rate", "unit"), [(256, "us"), (60, "us"), (3, "us"), (3, "ms"), (44_100, "us")]
)
def test_the_next_times_are_exact(rate, unit):
    times = moments(rate, 30_000, unit)
    found = read(times[:20_000])
    assert (found.freq, found.inserted) == (f"{rate} times a second", 0)
    assert found.notes == []
    off = found.axis.after(10_000) - times[20_000:]
    assert np.abs(off.astype("m8[us]").astype(np.int64)).max() <= (
        1 if unit == "us" else 500
    )
    assert found.step == 1 / rate
    # A short window is taken to the same steps, wherever it begins.
    window = read(times[777:790], freq=found.freq)
    assert (window.freq, len(window.axis)) == (found.freq, 13)


def test_missing_rows_are_found():
    times = np.delete(moments(256, 3000), [5, 6, 700])
    found = read(times)
    assert (found.freq, found.inserted) == ("256 times a second", 3)
    assert len(found.axis) == 3000


def test_other_times_have_no_rate():
    even = [datetime(2024, 1, 1) + timedelta(milliseconds=10 * i) for i in range(60)]
    assert read(even).freq == "every 10 milliseconds"
    rng = np.random.default_rng(0)
    beside = np.arange(60) * 10_000 + rng.integers(-200, 200, 60)
    assert rate_of(beside, 10**6) is None
    assert rate_of(np.arange(60) * 7, 1) is None
    doubled = Spacing.named("0 times a second")
    assert doubled is None


def test_parts_of_a_count():
    found = read([i / 256 for i in range(900)])
    assert (found.freq, found.inserted) == ("every 0.00390625 counts", 0)
    np.testing.assert_array_equal(found.axis.after(2), [900 / 256, 901 / 256])
    window = read([i / 256 for i in range(5, 12)], freq=found.freq)
    assert window.freq == found.freq

"""Local hours over a change of clocks: the one that comes twice, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import regular_series


def local(minutes, days, zone="Europe/Berlin", first=datetime(2024, 3, 1, tzinfo=UTC)):
    """Times of a zone's clocks, without their zone."""
    place = ZoneInfo(zone)
    count = days * 24 * 60 // minutes
    times = (first + timedelta(minutes=minutes * i) for i in range(count))
    return [t.astimezone(place).replace(tzinfo=None) for t in times]


def read(times, **columns):
    count = len(times)
    return regular_series(
        pl.DataFrame({"t": times, "y": np.arange(count, dtype=float), **columns}), "t"
    )


@pytest.mark.parametrize("minutes", [60, 15])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_an_hour_that_comes_twice_becomes_one(minutes, zone):
    times = local(minutes, 300, zone)
    found = read(times)
    per_hour = 60 // minutes
    assert found.freq == ("hourly" if minutes == 60 else "every 15 minutes")
    # One hour was skipped in spring, and one came twice in autumn.
    assert found.inserted == per_hour
    assert len(found.axis) == len(times)
    (note,) = [n for n in found.notes if "clocks went back" in n]
    assert note.startswith("clocks went back in the night of 2024-1")
    second = next(i for i in range(1, len(times)) if times[i] <= times[i - 1])
    at = list(found.time).index(np.datetime64(times[second], "s"))
    y = found.frame["y"]
    assert y[at] == second - per_hour / 2
    assert y[at + per_hour] == second + per_hour
    # Messages name the rows of the file.
    assert found.rows[at] == second - per_hour
    assert found.rows[at + per_hour] == second + per_hour


def test_what_is_merged():
    times = local(60, 300)
    second = next(i for i in range(1, len(times)) if times[i] <= times[i - 1])
    words = [f"w{i}" for i in range(len(times))]
    numbers = [None if i == second else i for i in range(len(times))]
    even = [2 * (i // 2) for i in range(second)]
    even += range(second, len(times))
    even[second - 1] = even[second]
    found = read(times, word=words, number=numbers, even=even)
    at = list(found.time).index(np.datetime64(times[second], "s"))
    assert found.frame["word"][at] == words[second - 1]
    assert found.frame["number"][at] == second - 1
    assert found.frame["even"].dtype.is_integer()
    assert found.frame["even"][at] == even[second]


def test_other_repetitions_stay_errors():
    hours = [datetime(2024, 6, 1) + timedelta(hours=i) for i in range(60)]
    with pytest.raises(InputError, match="repeats the row before"):
        read([*hours[:9], hours[8], *hours[9:]])  # no such night
    autumn = [datetime(2024, 10, 26) + timedelta(hours=i) for i in range(60)]
    with pytest.raises(InputError, match="repeats the row before"):
        read([*autumn[:27], autumn[26], autumn[26], *autumn[27:]])  # three times
    minutes = [datetime(2024, 10, 27) + timedelta(minutes=15 * i) for i in range(60)]
    with pytest.raises(InputError, match="repeats the row before"):
        read([*minutes[:9], minutes[8], *minutes[9:]])  # one of four rows

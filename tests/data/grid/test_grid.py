"""The grid: weekdays, months that end where they end, clocks, times beside it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import regular_series
from elman.data.grid._spacing import BUSINESS, Spacing

BERLIN = ZoneInfo("Europe/Berlin")


def read(times, time="time", freq=None, **columns):
    values = {"time": times, "y": np.arange(len(times), dtype=float)} | columns
    return regular_series(pl.DataFrame(values), time, "d.csv", freq=freq)


def working_days(first, count, days=range(5)):
    all_days = (first + timedelta(days=i) for i in range(10 * count))
    return [day for day in all_days if day.weekday() in days][:count]


def test_business_days():
    days = working_days(date(2024, 1, 1), 60)
    found = read(days)
    assert (found.freq, found.inserted) == ("on business days", 0)
    assert "no row lies on a Saturday or Sunday" in found.notes[0]
    assert found.step == 7 * 86400 / 5
    after = found.axis.after(6).astype("M8[D]")
    expected = np.array(working_days(days[-1], 7)[1:], "M8[D]")
    np.testing.assert_array_equal(after, expected)
    holiday = read(days[:20] + days[21:])
    assert holiday.inserted == 1
    assert holiday.time[20] == np.datetime64(days[20])


def test_business_days_with_a_clock_and_over_a_change_of_clocks():
    days = working_days(datetime(2024, 3, 1, 17, 30), 40)
    found = read(days)
    assert found.freq == "on business days"
    np.testing.assert_array_equal(found.time, np.array(days, "M8[s]"))
    zoned = [day.replace(tzinfo=BERLIN) for day in days]
    local = read(pl.Series(zoned, dtype=pl.Datetime("us", "Europe/Berlin")))
    np.testing.assert_array_equal(local.time, np.array(days, "M8[s]"))


@pytest.mark.parametrize("days", [(0, 1, 2, 3, 4, 5), (0, 2, 4), (6, 0, 1, 2, 3)])
def test_other_weeks(days):
    found = read(working_days(date(2024, 1, 1), 60, days))
    assert found.inserted == 0
    after = working_days(found.time[-1].astype("M8[D]").astype(object), 5, days)[1:]
    np.testing.assert_array_equal(found.axis.after(4), np.array(after, "M8[s]"))


def test_few_days_or_a_rare_saturday_make_no_business_days():
    assert read(working_days(date(2024, 1, 1), 8)).freq == "daily"
    days = working_days(date(2024, 1, 1), 90)
    some = sorted([*days, date(2024, 3, 2)])
    found = read(some)
    assert found.freq == "daily"
    assert "of the steps on Saturdays and Sundays: forecasts cover" in found.notes[-1]


def test_hours_that_are_often_missing_are_named():
    """Too few rows in the others to know that these are no steps."""
    hours = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(24 * 30)]
    kept = [h for h in hours if h.weekday() < 5 and 9 <= h.hour < 17]
    found = read(sorted([*kept, datetime(2024, 1, 9, 3)]))
    assert found.freq == "hourly"
    assert "Saturdays and Sundays and the hours 0, 1," in found.notes[-1]
    assert "give '' as the time" in found.notes[-1]


@pytest.mark.parametrize(
    "spacing",
    [
        Spacing("seconds", 1),
        Spacing("seconds", 86400),
        Spacing("seconds", 14400, local=True),
        Spacing("seconds", 3 * 604800),
        Spacing("seconds", 90),
        Spacing("seconds", 1500, 1000),
        Spacing("seconds", 7, 10**6),
        Spacing("months", 1),
        Spacing("months", 5),
        Spacing("months", 24),
        Spacing("counts", 1),
        Spacing("counts", 12),
        Spacing("counts", 25, 100),
        Spacing("weekdays", 1, week=BUSINESS),
        Spacing("weekdays", 1, week="1010100"),
    ],
)
def test_names_of_spacings_are_read_back(spacing):
    found = Spacing.named(spacing.name)
    assert (found.name, found.step) == (spacing.name, spacing.step)
    assert found.unit == spacing.unit
    assert Spacing.named("now and then") is None
    assert Spacing.named("every 3 moons") is None


def test_an_expected_spacing_is_taken_where_the_times_fit():
    one = read([date(2024, 1, 1)], freq="on business days")
    assert one.freq == "on business days"
    assert str(one.axis.after(5)[-1])[:10] == "2024-01-08"
    gaps = read([date(2024, 1, 1), date(2024, 1, 8)], freq="daily")
    assert (gaps.freq, gaps.inserted) == ("daily", 6)
    assert read([date(2024, 1, 6)], freq="on business days").freq != "on business days"
    assert read([1, 2, 3], freq="daily").freq == "one row a step"
    months = read([date(2024, 1, 31)], freq="monthly")
    assert str(months.axis.after(1)[0])[:10] == "2024-02-29"
    fine = read([0.0, 0.5], freq="every 0.25 counts")
    assert fine.inserted == 1
    every_other = [datetime(2024, 1, 1) + timedelta(hours=2 * i) for i in range(9)]
    assert read(every_other, freq="hourly").freq == "every 2 hours"


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_days_of_the_month_are_cut_to_its_length(day):
    lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    times = [date(2024, m, min(day, lengths[m - 1])) for m in range(1, 13)]
    found = read(times[:10])
    assert (found.freq, found.notes) == ("monthly", [])
    np.testing.assert_array_equal(found.axis.after(2), np.array(times[10:], "M8[s]"))
    quarters = read(times[2::3])
    assert quarters.freq == "quarterly"


def test_the_last_working_day_of_a_month_is_its_end():
    ends = ["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30", "2024-05-31"]
    found = read(ends)
    assert found.freq == "monthly"
    assert "count as its end" in found.notes[0]
    assert str(found.time[2])[:10] == "2024-03-31"
    starts = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]
    first = ["2024-01-02", "2024-02-01", "2024-03-01", "2024-04-02", "2024-05-02"]
    moved = read(first)
    assert [str(t)[:10] for t in moved.time] == starts
    assert "count as its start" in moved.notes[0]


def test_fiscal_weeks_are_refused():
    gaps = [28, 28, 35] * 6
    days = [date(2024, 1, 5) + timedelta(days=sum(gaps[:i])) for i in range(18)]
    with pytest.raises(InputError, match="35 d 0:00:00 after the row before, while"):
        read(days)


def local(times):
    return [t.replace(tzinfo=BERLIN) for t in times]


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("step", "freq"),
    [
        (timedelta(days=1), "daily"),
        (timedelta(days=7), "weekly"),
        (timedelta(hours=4), "every 4 hours of local time"),
    ],
)
def test_steps_of_local_clocks_over_their_change(step, freq, as_text):
    plain = [datetime(2024, 3, 20) + i * step for i in range(90)]
    times = local(plain)
    if as_text:
        found = read([t.isoformat() for t in times])
    else:
        found = read(pl.Series(times, dtype=pl.Datetime("us", "Europe/Berlin")))
    assert found.freq == freq
    np.testing.assert_array_equal(found.time, np.array(plain, "M8[s]"))
    assert "not UTC" in found.notes[0]


def test_hours_over_a_change_of_clocks_count_in_utc():
    utc = np.datetime64("2024-03-30T12:00") + np.arange(40) * np.timedelta64(1, "h")
    zoned = pl.Series(utc.astype("M8[us]")).dt.replace_time_zone("UTC")
    found = read(zoned.dt.convert_time_zone("Europe/Berlin"))
    assert (found.freq, found.inserted) == ("hourly", 0)
    np.testing.assert_array_equal(found.time, utc)
    again = read(found.time[:5].astype("M8[ms]"), freq=found.freq)
    assert again.freq == "hourly"


def test_fixed_offsets_keep_the_dates_of_days():
    days = [f"2024-01-{i:02d}T00:00:00+09:00" for i in range(1, 20)]
    assert str(read(days).time[0]) == "2024-01-01T00:00:00"


def jittered(rng, rows, step, most):
    start = datetime(2015, 2, 4, 17, 51)
    beside = rng.integers(-most, most + 1, rows)
    return [start + i * step + timedelta(seconds=int(b)) for i, b in enumerate(beside)]


def test_a_logger_a_second_off_is_put_on_its_grid():
    rng = np.random.default_rng(0)
    times = jittered(rng, 400, timedelta(minutes=16), 1)
    found = read(times)
    assert (found.freq, found.inserted) == ("every 16 minutes", 0)
    assert str(found.time[0]) == "2015-02-04T17:51:00"
    off = sum(t.second != 0 for t in times)
    assert found.notes == [
        f"{off} of 400 times lie beside even steps (every 16 minutes), by 0:00:01 at"
        " most, and were moved onto them"
    ]
    gaps = read(times[:100] + times[107:])
    assert gaps.inserted == 7
    np.testing.assert_array_equal(gaps.time, found.time)


def test_fractions_of_a_second_beside_minutes():
    times = [
        datetime(2024, 1, 1) + timedelta(minutes=i, milliseconds=i * 37 % 50)
        for i in range(90)
    ]
    found = read(times)
    assert found.freq == "every minute"
    assert found.time.dtype == "M8[s]"
    assert "by 0:00:00.049 at most" in found.notes[0]


@pytest.mark.parametrize("extra", [20, 300])
def test_two_rows_of_one_step_are_refused(extra):
    times = [datetime(2024, 1, 1) + timedelta(minutes=10 * i) for i in range(50)]
    times.append(times[-1] + timedelta(seconds=extra))
    with pytest.raises(InputError, match=r"row 52: .*\(1 rows do not fit\)"):
        read(times)


def test_times_at_random_are_refused():
    rng = np.random.default_rng(1)
    seconds = np.cumsum(rng.integers(100, 9000, 100))
    times = [datetime(2024, 1, 1) + timedelta(seconds=int(s)) for s in seconds]
    with pytest.raises(InputError, match="rows do not fit"):
        read(times)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    step=st.sampled_from([10, 60, 960, 3600, 86400]),
    share=st.floats(0.001, 0.1),
    drop=st.sets(st.integers(10, 90), max_size=8),
)
def test_any_jitter_is_rounded_to_the_nearest_step(seed, step, share, drop):
    rng = np.random.default_rng(seed)
    most = int(share * step)
    keep = [i for i in range(100) if i not in drop]
    steps = [timedelta(seconds=step * i) for i in keep]
    beside = rng.integers(-most, most + 1, len(keep))
    start = datetime(2024, 5, 5, 12)
    times = [
        start + s + timedelta(seconds=int(b))
        for s, b in zip(steps, beside, strict=True)
    ]
    try:
        found = read(times)
    except InputError:
        return
    present = found.frame["y"].is_not_null().to_numpy()
    assert present.sum() == len(keep)
    np.testing.assert_array_equal(np.flatnonzero(present), np.array(keep) - keep[0])
    moved = found.time[present] - np.array(times, "M8[us]")
    assert np.abs(moved).max() <= np.timedelta64(2 * most, "s")


def test_rows_from_the_newest_to_the_oldest_are_refused():
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(10)]
    with pytest.raises(InputError, match="sort the rows by time, which run from the"):
        read(days[::-1])


SERIES = [date(2024, 1, 1) + timedelta(days=i) for i in range(30)]


def test_several_series_are_told_apart_by_name():
    words = "column 'store' tells 2 series apart .'A', 'B'.: keep the rows of one"
    with pytest.raises(InputError, match=words):
        read(SERIES * 2, store=["A"] * 30 + ["B"] * 30, price=[1.5, 2.5] * 30)
    days = [day for day in SERIES for _ in range(4)]
    both = {"store": ["A", "A", "B", "B"] * 30, "item": [1, 2, 1, 2] * 30}
    words = "'store' and 'item' together tell 4 series apart"
    with pytest.raises(InputError, match=words):
        read(days, **both)
    with pytest.raises(InputError, match="keep one row for each time"):
        read(SERIES * 2, word=["A"] * 60)

"""Time: every common way of writing it, every way of getting it wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import numeric_column, regular_series

HOURS = [datetime(2021, 2, 27, 20) + timedelta(hours=i) for i in range(30)]
EXPECTED = np.array(HOURS, dtype="M8[s]")


def attempt(call, *arguments):
    """Return the result and no refusal, or nothing and what was said."""
    try:
        return call(*arguments), ""
    except InputError as error:
        return None, str(error)


def series(times, name="time", **columns):
    values = {"y": np.arange(len(times), dtype=float)} | columns
    return pl.DataFrame({name: times} | values, strict=False)


@pytest.mark.parametrize(
    "pattern",
    [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S.000",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%d %H:%M:%S+00:00",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H",
        "%Y/%m/%d %H:%M",
        "%d.%m.%Y %H:%M",
        "%d/%m/%Y %H:%M",
        "%m/%d/%Y %H:%M",
        "%m/%d/%Y %I:%M %p",
        "%m/%d/%Y %I:%M:%S %p",
        "%d-%b-%Y %H:%M:%S",
        "%d %b %Y %H:%M",
        "%b %d, %Y %H:%M",
        "%Y%m%d %H:%M",
    ],
)
def test_written_times(pattern):
    frame = series([t.strftime(pattern) for t in HOURS])
    for time in (None, "time"):
        result = regular_series(frame, time)
        np.testing.assert_array_equal(result.time, EXPECTED)
        assert (result.freq, result.step, result.inserted) == ("hourly", 3600, 0)
        assert result.frame.columns == ["y"]


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (lambda t: t, None),
        (lambda t: int(t.replace(tzinfo=UTC).timestamp()), "seconds since 1970"),
        (lambda t: int(t.replace(tzinfo=UTC).timestamp() * 1000), "milliseconds"),
        (lambda t: float(t.replace(tzinfo=UTC).timestamp()), "seconds since 1970"),
        (lambda t: (t + timedelta(hours=2)).isoformat() + "+02:00", "UTC"),
        (lambda t: (t - timedelta(hours=5)).isoformat() + "-0500", "UTC"),
    ],
)
def test_other_kinds_of_time(make, note):
    result = regular_series(series([make(t) for t in HOURS]))
    np.testing.assert_array_equal(result.time, EXPECTED)
    assert bool(result.notes) == bool(note)
    assert note is None or note in result.notes[0]


def test_zones_in_the_type_become_utc():
    zoned = pl.Series("time", HOURS).dt.replace_time_zone("Europe/Berlin")
    result = regular_series(pl.DataFrame({"time": zoned, "y": range(30)}))
    np.testing.assert_array_equal(result.time, EXPECTED - np.timedelta64(1, "h"))
    assert "Europe/Berlin" in result.notes[0]


@pytest.mark.parametrize(
    ("values", "freq"),
    [
        (["2020-01", "2020-02", "2020-03", "2020-04"], "monthly"),
        (["2020Q1", "2020Q2", "2020Q3"], "quarterly"),
        (["2020-Q4", "2021-Q1", "2021-Q2"], "quarterly"),
        (["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"], "monthly"),
        (["2019-12-15", "2020-01-15", "2020-02-15"], "monthly"),
        (["2019-03-01", "2020-03-01", "2021-03-01"], "yearly"),
        (["2019-02-28", "2020-02-29", "2021-02-28"], "yearly"),
        (["2020-01-06", "2020-01-13", "2020-01-20"], "weekly"),
        (["2020-01-06", "2020-01-20", "2020-02-03"], "every 2 weeks"),
        (["2020-01-01 00:00", "2020-01-01 00:15"], "every 15 minutes"),
        (["2020-01-01", "2020-01-02", "2020-01-04"], "daily"),
        ([20200101, 20200102, 20200103], "daily"),
    ],
)
def test_steps_of_the_calendar(values, freq):
    result = regular_series(series(values, "date"))
    assert result.freq == freq
    if not result.inserted:
        given_times = [str(value)[:7] for value in values if "-" in str(value)]
        found = [str(value)[:7] for value in result.time]
        assert not given_times or "Q" in given_times[0] or found == given_times


def test_the_axis_goes_on_by_the_calendar():
    ends = regular_series(series(["2020-11-30", "2020-12-31", "2021-01-31"]))
    days = ends.axis.after(3).astype("M8[D]").astype(str).tolist()
    assert days == ["2021-02-28", "2021-03-31", "2021-04-30"]
    hours = regular_series(series(HOURS))
    np.testing.assert_array_equal(
        hours.axis.after(2), EXPECTED[-1] + np.array([1, 2], "m8[h]")
    )
    years = regular_series(series([1990, 1991, 1992], "year"))
    assert years.freq == "yearly"
    assert str(years.axis.after(1)[0])[:10] == "1993-01-01"


def test_years_months_days_hours_in_columns():
    frame = pl.DataFrame(
        {
            "No": range(1, 31),
            "year": [t.year for t in HOURS],
            "Month": [t.month for t in HOURS],
            "day": [t.day for t in HOURS],
            "hour": [t.hour for t in HOURS],
            "y": [0.5] * 30,
        }
    )
    for time in (None, "year,Month,day,hour", ["year", "Month", "day", "hour"]):
        result = regular_series(frame, time)
        np.testing.assert_array_equal(result.time, EXPECTED)
        assert result.frame.columns == ["y"]
        assert "'No' only numbers the rows" in result.notes[0]
    named = frame.with_columns(pl.Series("Month", [t.strftime("%B") for t in HOURS]))
    np.testing.assert_array_equal(regular_series(named).time, EXPECTED)
    day_of_year = frame.drop("Month").with_columns(
        pl.Series("day", [t.timetuple().tm_yday for t in HOURS])
    )
    result = regular_series(day_of_year, "year,day,hour")
    np.testing.assert_array_equal(result.time, EXPECTED)


def test_a_date_and_an_hour():
    days = [t.strftime("%Y-%m-%d") for t in HOURS]
    hours = [t.hour for t in HOURS]
    for time in (None, "dteday,hr"):
        result = regular_series(series(days, "dteday", hr=hours), time)
        np.testing.assert_array_equal(result.time, EXPECTED)
    clock = [t.strftime("%H.%M.%S") for t in HOURS]
    german = series([t.strftime("%d/%m/%Y") for t in HOURS], "Date", Time=clock)
    np.testing.assert_array_equal(regular_series(german, "Date,Time").time, EXPECTED)


def test_no_time_counts_rows():
    frame = pl.DataFrame({"a": [1.0, 2.0, 5.0]})
    result = regular_series(frame)
    np.testing.assert_array_equal(result.time, [0, 1, 2])
    assert (result.freq, result.step) == ("one row a step", 1)
    np.testing.assert_array_equal(result.axis.after(2), [3, 4])
    counted = regular_series(series([10, 20, 40], "t"), "t")
    np.testing.assert_array_equal(counted.time, [10, 20, 30, 40])
    assert counted.inserted == 1
    dated = series(["2020-01-01", "2020-01-05", "2020-01-07"])
    assert regular_series(dated, "").frame.columns == ["time", "y"]


def test_gaps_become_missing_rows():
    keep = [0, 1, 2, 5, 6, 29]
    frame = series([HOURS[i] for i in keep], word=list("abcdef"))
    result = regular_series(frame)
    np.testing.assert_array_equal(result.time, EXPECTED)
    assert result.inserted == 24
    assert result.notes == [
        "24 of 30 time steps were not in the data and count as missing"
    ]
    assert result.frame["y"].drop_nulls().to_list() == [0, 1, 2, 3, 4, 5]
    assert result.frame["y"].is_not_null().arg_true().to_list() == keep
    assert result.frame["word"][29] == "f"
    assert result.rows[[0, 3, 5, 29]].tolist() == [0, -1, 3, 5]
    with pytest.raises(InputError, match=r"column 'word', row 2: 'a' is not"):
        numeric_column(result.frame, "word", "d.csv", rows=result.rows)
    late = result.frame["y"].replace(5.0, np.inf).to_frame()
    with pytest.raises(InputError, match="column 'y', row 7: the value is infinite"):
        numeric_column(late, "y", "d.csv", rows=result.rows)


def iso(indices):
    return [HOURS[i].isoformat() for i in indices]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (iso([0, 1, 3, 2, 4]), r"row 5: the time .*22:00:00 lies before .*sort"),
        (iso([0, 1, 1, 2]), "row 4: the time .* repeats the row before"),
        (iso([0, 1, 2, 0, 1, 2]), "row 5: the times start over"),
        ([*iso(range(6)), "2021-02-28T01:20:00"], "row 8: .*while the series is hour"),
        ([*iso(range(6)), "2191-01-01T00:00:00"], "row 8: the time jumps"),
        ([*iso(range(3)), None, *iso([4])], "row 5: the time is missing"),
        ([*iso(range(3)), "soon"], "row 5: 'soon' is not a time; write"),
        (["03/04/2021", "05/06/2021"], "day and month cannot be told apart"),
        ([*iso(range(3)), "2021-02-27T23:00:00.5"], "row 5: .*comes 1:00:00.5 after"),
        ([*iso(range(3)), "2021-02-27T23:00:00Z"], "row 2: this time has no zone"),
        ([0.0, 1 / 3, 0.7, 1.2], "row 3: the time 0.333.* is not a whole number"),
        ([0.0, 0.5, np.inf], "row 4: the time inf is not a number"),
        ([0.0, np.nan, 1.0], "row 3: the time is missing"),
    ],
)
def test_unusable_times(values, message):
    with pytest.raises(InputError, match=message) as caught:
        regular_series(series(values), "time", "d.csv")
    assert str(caught.value).startswith("d.csv: ")


def test_an_autumn_night_is_recognised():
    night = ["2021-10-31T00:00", "2021-10-31T01:00", "2021-10-31T02:00"]
    with pytest.raises(InputError, match="clocks went back"):
        regular_series(series([*night, night[-1], night[-1], "2021-10-31T03:00"]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"year": [2020], "month": [13], "day": [1]}, "13 is no month"),
        ({"year": [2021], "month": [2], "day": [29]}, "there is no day 29 in that mon"),
        ({"month": [1], "day": [29]}, "have no year"),
    ],
)
def test_unusable_parts(columns, message):
    with pytest.raises(InputError, match=message):
        regular_series(pl.DataFrame(columns | {"y": [1.0]}), ",".join(columns))


def test_wrong_names():
    frame = series(HOURS)
    with pytest.raises(InputError, match="no column 'tiem'; did you mean 'time'"):
        regular_series(frame, "tiem")
    with pytest.raises(InputError, match="no column beside the time"):
        regular_series(frame.select("time"))


@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    step=st.sampled_from([1, 7, 60, 900, 3600, 86400, 7 * 86400]),
    keep=st.sets(st.integers(0, 60), min_size=12),
)
def test_any_even_series_with_gaps_is_restored(start, step, keep):
    start = start.replace(microsecond=0)
    kept = sorted(keep | {20, 21, 22, 23, 24, 25, 26, 27, 28})
    times = [start + timedelta(seconds=step * i) for i in kept]
    result = regular_series(series(times))
    gaps = np.diff(kept)
    sizes, counts = np.unique(gaps, return_counts=True)
    assert sizes[np.argmax(counts)] == 1
    assert result.step == step
    assert len(result.frame) == kept[-1] - kept[0] + 1
    present = result.frame["y"].is_not_null().to_numpy()
    np.testing.assert_array_equal(result.time[present], np.array(times, dtype="M8[s]"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(alphabet="0123456789-/:T. ZQ", max_size=19), st.none()),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_is_a_time_or_an_input_error(values):
    frame = pl.DataFrame({"t": pl.Series(values, dtype=pl.String), "y": 1.0})
    for time in (None, "t"):
        found, refusal = attempt(regular_series, frame, time)
        assert refusal or len(found.frame) >= len(values)
        assert "\n" not in refusal

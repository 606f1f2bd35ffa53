"""Every form in which times are written is read as what it says, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import regular_series

HOURS = [datetime(2024, 2, 27, 20) + timedelta(hours=i) for i in range(60)]
DAYS = [datetime(2024, 1, 20) + timedelta(days=i) for i in range(60)]
MONTHS = [datetime(1980 + i // 12, i % 12 + 1, 1) for i in range(160)]
QUARTERS = MONTHS[::3]
WEEKS = [datetime(2019, 12, 30) + timedelta(days=7 * i) for i in range(60)]


def read(texts, name="c", time=None):
    frame = pl.DataFrame({name: texts, "y": np.arange(len(texts), dtype=float)})
    return regular_series(frame, time, "d.csv")


def check(texts, expected, freq, name="c", note=None):
    found = read(texts, name)
    assert found.axis.columns == (name,)
    assert found.freq == freq
    np.testing.assert_array_equal(found.time, np.array(expected, "M8[s]"))
    assert bool(found.notes) == bool(note), found.notes
    assert note is None or note in " ".join(found.notes)
    return found


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d %H:%M:%S+00",
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%d %H:%M:%S +0000 UTC",
        "%Y-%m-%dT%H:%M:%S+00:00[UTC]",
        "%Y-%m-%dT%H:%M:%S,000",
        "%Y-%m-%dT%H",
        "%Y-%m-%d, %H:%M",
        "%Y.%m.%d %H:%M",
        "%Y_%m_%d %H:%M",
        "%Y%m%dT%H%M%S",
        "%Y%m%dT%H%M%SZ",
        "%Y%m%d %H%M",
        "%Y%m%d_%H%M%S",
        "%Y-%jT%H:%M",
        "%G-W%V-%uT%H:%M",
        "%d/%b/%Y:%H:%M:%S +0000",
        "%d%b%Y:%H:%M:%S",
        "%a, %d %b %Y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y",
        "%a %b %d %H:%M:%S UTC %Y",
        "%A, %d %B %Y %H:%M",
        "%B %d, %Y %I:%M %p",
        "%b %d, %Y, %I:%M:%S %p",
        "%d.%m.%Y %H.%M",
        "%H:%M %d/%m/%Y",
        "%H:%M:%S %Y-%m-%d",
        "%m-%d-%Y %H:%M",
        "%d-%m-%Y %H:%M",
    ],
)
def test_hours(form):
    check([t.strftime(form) for t in HOURS], HOURS, "hourly")


def test_american_hours_without_zeros():
    for tail in (":00", ":00:00", ""):
        texts = [
            f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}{tail}"
            f" {'AM' if t.hour < 12 else 'p.m.'}"
            for t in HOURS
        ]
        check(texts, HOURS, "hourly")


def test_midnight_as_the_day_alone_and_as_hour_24():
    alone = [t.strftime("%Y-%m-%d" + " %H:%M" * (t.hour > 0)) for t in HOURS]
    check(alone, HOURS, "hourly")
    ending = [
        (t - timedelta(days=1)).strftime("%Y-%m-%d 24:00")
        if t.hour == 0
        else t.strftime("%Y-%m-%d %H:%M")
        for t in HOURS
    ]
    check(ending, HOURS, "hourly")


@pytest.mark.parametrize(
    ("form", "note"),
    [
        ("%d %b %Y", None),
        ("%d. %B %Y", None),
        ("%d%b%Y", None),
        ("%b %d, %Y", None),
        ("%b-%d-%Y", None),
        ("%Y-%b-%d", None),
        ("%a %d %b %Y", None),
        ("%Y-%m-%d (%a)", None),
        ("%Y年%m月%d日", None),
        ("%Y %m %d", None),
        ("%Y%m%d", None),
        ("%Y-%j", None),
        ("%G-W%V-%u", None),
        ("%d/%m/%Y", None),
        ("%m/%d/%Y", None),
        ("%d-%b-%y", "'20-Jan-24' lies in 2024"),
        ("%d %b '%y", "years of two digits"),
        ("%m/%d/%y", "years of two digits"),
        ("%d/%m/%y", "were read as day/month/year, as read as year/month/day"),
        ("%d.%m.%y", "years of two digits"),
        ("%y/%m/%d", "were read as year/month/day"),
    ],
)
def test_days(form, note):
    check([t.strftime(form) for t in DAYS], DAYS, "daily", note=note)


@pytest.mark.parametrize(
    "form",
    [
        *("%Y %b", "%Y-%b", "%Y %B", "%b %Y", "%b-%Y", "%b, %Y", "%b%Y", "%b-1-%Y"),
        *("%Y-%m", "%Y/%m", "%Y M%m", "%YM%m", "%Y.%m", "%Y:%m"),
        *("%m/%Y", "%m.%Y", "%m-%Y"),
    ],
)
def test_months(form):
    check([t.strftime(form) for t in MONTHS], MONTHS, "monthly", "Month")


@pytest.mark.parametrize("form", ["%b-%y", "%b %y", "%b '%y", "%b%y"])
def test_months_of_short_years(form):
    texts = [t.strftime(form) for t in MONTHS]
    check(texts, MONTHS, "monthly", "Month", "lies in 1980")


@pytest.mark.parametrize(
    "form",
    ["{y}Q{q}", "{y}-Q{q}", "{y} q{q}", "{y}:Q{q}", "Q{q} {y}", "Q{q}-{y}", "{q}Q{y}"],
)
def test_quarters(form):
    texts = [form.format(y=t.year, q=t.month // 3 + 1) for t in QUARTERS]
    check(texts, QUARTERS, "quarterly")


def test_halves_weeks_and_spans_of_days():
    halves = [f"{t.year}H{t.month // 6 + 1}" for t in MONTHS[::6]]
    check(halves, MONTHS[::6], "every 6 months")
    for form in ("%G-W%V", "%GW%V"):
        check([t.strftime(form) for t in WEEKS], WEEKS, "weekly")
    spans = [f"{t.date()}/{(t + timedelta(days=6)).date()}" for t in WEEKS]
    check(spans, WEEKS, "weekly", note="counts as its first day")


@pytest.mark.parametrize("year", [1, 999, 1850, 1969, 2038, 2262, 9990])
def test_years_far_from_now(year):
    days = np.datetime64(f"{year:04d}-02-20") + np.arange(40)
    note = None if 1600 <= year <= 2200 else f"times lie in the year {year}"
    check([str(day) for day in days], days, "daily", note=note)


def test_leap_seconds_lead_to_the_next_minute():
    texts = ["2016-12-31 23:59:59", "2016-12-31 23:59:60", "2017-01-01 00:00:01"]
    found = read(texts)
    assert str(found.time[1]) == "2017-01-01T00:00:00"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (
            ["0000-00-00", "0000-01-01"],
            "row 2: '0000-00-00' is not a time: there is no",
        ),
        (["-0044-03-15", "-0044-03-16"], "row 2: '-0044-03-15' is not a time"),
        (
            ["2023-02-28", "2023-02-29"],
            "row 3: '2023-02-29' is not a time: there is no",
        ),
        (["2023-W52", "2023-W53"], "row 3: '2023-W53' is not a time: there is no"),
        (["2024-01-01 25:00"], "no clock shows it"),
        (["2024-01-01 24:01"], "no clock shows it"),
        (["2024-01-01 00:00:60"], "no clock shows it"),
        (["2024-01-01 13:00 PM"], "no clock shows it"),
        (["2024-01-01 00:00:00.1234567"], "a fraction of a microsecond"),
        (["1-Jan", "2-Jan"], "row 2: '1-Jan' is not a time"),
        (["1. tammikuuta 2024", "2. tammikuuta 2024"], "is not a time"),
        (["12:00", "12:01"], "row 2: '12:00' is not a time"),
        (["2024-01-01", "01/02/2024"], "row 3: '01/02/2024' is not a time"),
        (["Jan-24", "Jan-25", "Jan-26"], "a month of a year or a day of a month"),
        (["Jan-60", "Jan-68", "Jan-69", "Feb-70"], "run from 60 to 70"),
        (["1980-1", "1980-2", "1980-3", "1980-4", "1981-1"], "may be quarters or mon"),
        (["24/01/13", "24/01/14"], r"day/month/year or year/month/day\)"),
        (["02/01/2024", "03/01/2024"], r"day/month/year or month/day/year\)"),
        (["31/31/2024"], "as day/month/year, nor any other way round"),
        (["2024-01-01 00:00 CET", "2024-01-01 01:00 CEST"], "have no one meaning"),
        (["2024-01-01 00:00Z", "2024-01-01 01:00"], "row 3: this time has no zone"),
    ],
)
def test_what_is_refused(texts, words):
    for time in (None, "date"):
        with pytest.raises(InputError, match=words) as caught:
            read(texts, "date", time)
        assert str(caught.value).startswith("d.csv: column 'date'")
        assert "\n" not in str(caught.value)


def test_day_and_month_are_told_apart_by_order_and_evenness():
    starts = [f"01/{t.month:02d}/{t.year}" for t in MONTHS]
    check(starts, MONTHS, "monthly", note="were read as day/month/year, as read as")
    starts = [f"{t.month:02d}/01/{t.year}" for t in MONTHS]
    check(starts, MONTHS, "monthly", note="were read as month/day/year, as read as")
    few = [f"01/{month:02d}/2024" for month in range(1, 13)]
    with pytest.raises(InputError, match="day and month cannot be told apart"):
        read(few)
    same = [f"{i:02d}/{i:02d}/2024" for i in (1, 2, 3)]
    months = [datetime(2024, i, i) for i in (1, 2)]
    np.testing.assert_array_equal(read(same[:2]).time[[0, -1]], months)
    dotted = [f"0{i}.01.2024" for i in (1, 2, 3)]
    assert "have the day first" in " ".join(read(dotted).notes)


def test_zones_named_once_are_local_clocks():
    texts = [t.strftime("%Y-%m-%d %H:%M EST") for t in HOURS]
    check(texts, HOURS, "hourly", note="clocks of 'EST'")


DATES = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1))
FORMS = st.sampled_from(
    [
        *("%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p"),
        *("%Y%m%dT%H%M%S", "%Y-%jT%H:%M:%S", "%G-W%V-%uT%H:%M:%S"),
    ]
)


@settings(max_examples=120, deadline=None)
@given(DATES, FORMS)
def test_any_moment_survives_being_written(moment, form):
    moment = moment.replace(microsecond=0)
    found = read([moment.strftime(form)], time="c")
    assert str(found.time[0]) == moment.isoformat()


@settings(max_examples=80, deadline=None)
@given(
    start=st.dates(date(1975, 1, 1), date(2060, 1, 1)),
    step=st.sampled_from([1, 7]),
    form=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m-%d-%Y", "%y-%m-%d"]),
    rows=st.integers(2, 60),
)
def test_numeric_days_are_right_noted_or_refused(start, step, form, rows):
    days = [start + timedelta(days=step * i) for i in range(rows)]
    try:
        found = read([day.strftime(form) for day in days], time="c")
    except InputError as error:
        assert "cannot be told apart" in str(error)  # noqa: PT017
        return
    assert str(found.time[0])[:10] == days[0].isoformat()
    assert str(found.time[-1])[:10] == days[-1].isoformat()


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14, 14))
def test_zones_are_moved_to_utc(moment, hours):
    moment = moment.replace(microsecond=0)
    shown = [moment + timedelta(hours=i) for i in range(3)]
    texts = [f"{t.isoformat()}{hours:+03d}:00" for t in shown]
    utc = [(t - timedelta(hours=hours)).replace(tzinfo=UTC) for t in shown]
    found = read(texts, time="c")
    expected = np.array([t.replace(tzinfo=None) for t in utc], "M8[s]")
    np.testing.assert_array_equal(found.time, expected)


@pytest.mark.parametrize("between", [" ", "T", "  ", "\u00a0", "\t"])
def test_blanks_between_a_day_and_its_clock(between):
    check([t.strftime(f"%Y-%m-%d{between}%H:%M:%S") for t in HOURS], HOURS, "hourly")

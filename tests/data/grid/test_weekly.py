"""Series of some hours of a day: what is a step, and where the next ones lie."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from elman.data import regular_series
from elman.data.grid._axis import TimeAxis
from elman.data.grid._opening import Opening
from elman.data.grid._spacing import Spacing


def read(times, **how):
    frame = pl.DataFrame({"t": times, "y": np.arange(len(times), dtype=float)})
    return regular_series(frame, "t", **how)


def every(minutes, days, keep, first=datetime(2024, 1, 1)):
    count = days * 24 * 60 // minutes
    times = (first + timedelta(minutes=minutes * i) for i in range(count))
    return [t for t in times if keep(t)]


def on(*weekdays):
    return lambda t: t.weekday() in weekdays


OPEN = {
    "hourly, 09:00 to 16:00 on business days": (
        60,
        lambda t: t.weekday() < 5 and 9 <= t.hour < 17,
    ),
    "every 30 minutes, 09:30 to 16:00 on business days": (
        30,
        lambda t: t.weekday() < 5 and "09:30" <= f"{t:%H:%M}" <= "16:00",
    ),
    "every 30 minutes, 09:00 to 11:30 and 13:00 to 15:00 on business days": (
        30,
        lambda t: (
            t.weekday() < 5
            and (
                "09:00" <= f"{t:%H:%M}" <= "11:30" or 13 <= t.hour + t.minute / 60 <= 15
            )
        ),
    ),
    "hourly, 06:00 to 21:00": (60, lambda t: 6 <= t.hour < 22),
    "hourly on business days": (60, lambda t: t.weekday() < 5),
    "every 12 hours, 12:00 on Mon, Wed, Fri": (
        12 * 60,
        lambda t: t.weekday() in (0, 2, 4) and t.hour == 12,
    ),
}


@pytest.mark.parametrize("name", list(OPEN)[:-1])
def test_hours_that_count(name):
    minutes, keep = OPEN[name]
    times = every(minutes, 50, keep)
    ahead = every(minutes, 70, keep)[len(times) :][:40]
    found = read(times)
    assert (found.freq, found.inserted) == (name, 0)
    assert "no row lies" in found.notes[0]
    np.testing.assert_array_equal(found.axis.after(40), np.array(ahead, "M8[s]"))
    # A window alone need not show it, and starts anywhere.
    window = read(times[11:19], freq=name)
    assert (window.freq, len(window.axis)) == (name, 8)


@pytest.mark.parametrize("name", OPEN)
def test_their_names_are_read_back(name):
    found = Spacing.named(name)
    assert found.name == name
    axis = TimeAxis(("t",), np.array(["2024-01-01T12"], "M8[s]"), "open", 1)
    opened = TimeAxis.from_description(
        {**axis.describe(), "opening": vars(found.opening)}, axis.values
    )
    assert opened.freq == name
    again = TimeAxis.from_description(opened.describe(), opened.values)
    assert again.spacing == opened.spacing == found


@pytest.mark.parametrize(
    "name",
    [
        "hourly, 9 to 17",
        "hourly, 09:00 until 16:00",
        "hourly on Caturday",
        "monthly, 09:00 to 16:00",
        "every 3 moons, 09:00 to 16:00",
    ],
)
def test_no_names_of_such_hours(name):
    assert Spacing.named(name) is None


def test_missing_rows_within_the_hours_are_missing_steps():
    _, keep = OPEN["hourly, 09:00 to 16:00 on business days"]
    times = every(60, 50, keep)
    holiday = [t for t in times if t.date() == datetime(2024, 1, 15).date()]
    kept = [t for t in times if t not in holiday]
    found = read(kept)
    assert (found.freq, found.inserted) == (
        "hourly, 09:00 to 16:00 on business days",
        8,
    )
    assert len(found.axis) == len(times)


@pytest.mark.parametrize(
    "keep",
    [
        lambda t: (9 <= t.hour < 17) or (t.day == 9 and t.hour == 3),  # once at night
        lambda t: t.weekday() == 0 and t.hour < 2,  # one day of the week
        lambda t: t.day % 3 == 0 and t.hour < 12,  # most days are missing
        lambda t: t.hour in (1, 2, 5, 6, 9, 10, 13, 14),  # too many spans
    ],
)
def test_what_is_no_rule_stays_missing(keep):
    assert read(every(60, 40, keep)).axis.opening is None


def test_a_week_of_hours_is_too_short_to_tell():
    times = every(60, 7, lambda t: 8 <= t.hour < 20)
    assert read(times).freq == "hourly"


def test_hours_of_a_zone_are_those_of_its_clocks():
    berlin = ZoneInfo("Europe/Berlin")
    _, keep = OPEN["hourly, 09:00 to 16:00 on business days"]
    local = every(60, 60, keep, first=datetime(2024, 3, 4))
    times = pl.Series([t.replace(tzinfo=berlin) for t in local]).dt.convert_time_zone(
        "Europe/Berlin"
    )
    found = read(times)
    assert found.freq == "hourly, 09:00 to 16:00 on business days of local time"
    assert found.inserted == 0
    assert found.notes[0] == "times are those of Europe/Berlin, not UTC"
    window = read(times[-30:], freq=found.freq)
    assert window.freq == found.freq


def test_mean_steps_and_days():
    opening = Opening(3600, ((9 * 3600, 16 * 3600),), "1111100")
    assert opening.step == pytest.approx(7 * 86400 / 40)
    spacing = Spacing("open", 1, opening=opening)
    assert (spacing.clock, spacing.day) == (3600, 8)
    assert (Spacing("seconds", 3600).clock, Spacing("seconds", 3600).day) == (
        3600,
        None,
    )

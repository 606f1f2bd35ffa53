"""Holidays: of whom, on which days, and what is learned from them."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

import elman
from elman import InputError
from elman.tasks.forecast.columns import _holidays as module
from elman.tasks.forecast.columns._calendar import Calendar


@pytest.fixture
def package():
    return pytest.importorskip("holidays", reason="pip install 'elman[holidays]'")


def daily(count, first=date(2021, 1, 1)):
    return np.array(first, "M8[D]") + np.arange(count)


def closed(package, days, code="DE"):
    off = package.country_holidays(code, years=range(2020, 2026))
    return np.array([day in off for day in days.astype(object)])


def test_flags_of_the_day_the_eve_and_the_day_after(package):
    days = np.array(["2024-12-24", "2024-12-25", "2024-12-27", "2024-12-29"], "M8[D]")
    found = module.holiday_flags("DE", days)
    assert found.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]]
    hours = np.array(["2024-12-25T23:00", "2024-12-26T00:00"], "M8[s]")
    assert module.holiday_flags("DE", hours)[:, 0].tolist() == [1, 1]
    assert module.holiday_flags("DE", days[:0]).shape == (0, 3)


def test_parts_exchanges_and_several(package):
    epiphany = np.array(["2025-01-06"], "M8[D]")
    good_friday = np.array(["2025-04-18"], "M8[D]")
    assert module.holiday_flags("DE", epiphany)[0, 0] == 0
    assert module.holiday_flags("DE-BY", epiphany)[0, 0] == 1
    assert module.holiday_flags("XNYS", good_friday)[0, 0] == 1
    assert module.holiday_flags("US", good_friday)[0, 0] == 0
    assert module.holiday_flags("US,DE", good_friday)[0, 0] == 1
    assert module.check_holidays(" de , us") == "DE,US"
    assert module.check_holidays(None) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("XX", "'XX' is no country or exchange"),
        ("DE-XX", "DE has no part 'XX'; it has BB, BE"),
        (3, "the code of a country such as 'DE', got 3"),
    ],
)
def test_what_is_not_known(package, value, words):
    with pytest.raises(InputError, match=words):
        module.check_holidays(value)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    module._days.cache_clear()
    frame = {"t": daily(60), "y": np.arange(60.0)}
    with pytest.raises(InputError, match=r"pip install 'elman\[holidays\]'"):
        elman.Forecaster(holidays="DE").fit(frame, "y", "t")


def small(**options):
    return elman.Forecaster(
        context=14,
        hidden_size=4,
        epochs=1,
        init="orthogonal",
        random_state=0,
        **options,
    )


def test_a_shop_that_is_closed_on_holidays(package, tmp_path):
    days = daily(800)
    rng = np.random.default_rng(0)
    y = np.where(closed(package, days), 10.0, 100.0) + rng.normal(0, 1, len(days))
    # 24 December 2022 to 6 January: two holidays and a Monday after.
    end = int(np.flatnonzero(days == np.datetime64("2022-12-24"))[0])
    frame = pl.DataFrame({"t": days, "y": y})[:end]
    model = small(horizon=10, holidays="DE").fit(frame, "y", "t")
    assert any("holidays of DE:" in note for note in model.results_["notes"])
    found = model.predict()
    off = closed(package, found["time"].dt.date().to_numpy())
    assert off.sum() == 3
    forecast = found["prediction"].to_numpy()
    assert (forecast[off] < 50).all()
    assert (forecast[~off] > 80).all()
    again = elman.load(model.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict()["prediction"], forecast)
    # Without them only the same days of last year can tell.
    plain = small(horizon=10).fit(frame, "y", "t").predict()["prediction"].to_numpy()
    assert (plain[off] > forecast[off] + 30).all()
    assert (plain[~off] > 80).all()


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (np.arange(200), "the rows have no dates"),
        (np.datetime64("2010-01") + np.arange(150), "longer than a day"),
        (daily(100, date(2021, 6, 10)), "has 0 of them"),
    ],
)
def test_holidays_that_teach_nothing_are_left_out(package, times, words):
    y = np.random.default_rng(0).normal(size=len(times))
    times = times.astype("M8[D]") if times.dtype.kind == "M" else times
    model = small(horizon=3, holidays="DE").fit({"t": times, "y": y}, "y", "t")
    assert any(words in note for note in model.results_["notes"])
    assert model.preparation_.calendar.holidays == ""


def test_the_clocks_of_a_zone_decide_on_hour_and_day():
    """In July, Berlin is two hours ahead of UTC, in January one."""
    time = np.array(["2024-07-01T22:00", "2024-01-01T22:00"], "M8[s]")
    calendar = Calendar(24, True, False, False, zone="Europe/Berlin")
    plain = Calendar(24, True, False, False)
    local = np.array(["2024-07-02T00:00", "2024-01-01T23:00"], "M8[s]")
    np.testing.assert_array_equal(calendar.smooth(time), plain.smooth(local))
    none = np.zeros((2, 0))
    np.testing.assert_array_equal(
        calendar.categories(time, none), plain.categories(local, none)
    )


def test_hours_of_a_zone_come_back_in_it(tmp_path):
    first = datetime(2024, 3, 20, tzinfo=ZoneInfo("UTC"))
    hours = [first + timedelta(hours=i) for i in range(24 * 11 + 7)]
    times = pl.Series(hours).dt.convert_time_zone("Europe/Berlin")
    known = 24 * 11
    # At eight in the morning of the clocks, which go forward on 31 March.
    y = (times.dt.hour() == 8).cast(pl.Float64)
    frame = pl.DataFrame({"when": times, "y": y})[:known]
    model = small(horizon=7).fit(frame, "y", "when")
    assert model.preparation_.calendar.zone == "Europe/Berlin"
    found = model.predict()["time"]
    assert found.dtype == pl.Datetime("us", "Europe/Berlin")
    assert found.equals(times[known:].dt.cast_time_unit("us"))
    again = elman.load(model.save(tmp_path / "run"))
    assert again.predict()["time"].equals(found)
    assert again.predict(frame.tail(40))["time"].equals(found)

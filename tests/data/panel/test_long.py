"""Tables with an id: each id's rows on a regular axis."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from elman._errors import InputError
from elman.data import apart, panel_series

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(20)]


def frame(**columns: object) -> pl.DataFrame:
    base = {
        "day": DAYS + DAYS[5:],
        "store": ["A"] * 20 + ["B"] * 15,
        "y": np.arange(35.0),
    }
    return pl.DataFrame(base | columns)


def test_series_lie_end_to_end():
    panel = panel_series(frame(), "store")
    assert panel.names == ["A", "B"]
    assert panel.freq == "daily"
    assert panel.starts.tolist() == [0, 20, 35]
    assert panel.frame.columns == ["y"]
    assert panel.time[20] == np.datetime64("2024-01-06")


def test_order_of_the_rows_says_nothing():
    shuffled = frame().sample(fraction=1.0, shuffle=True, seed=3)
    panel, other = panel_series(frame(), "store"), panel_series(shuffled, "store")
    for i, name in enumerate(panel.names):
        j = other.names.index(name)
        one = panel.frame["y"][panel.starts[i] : panel.starts[i + 1]].to_list()
        two = other.frame["y"][other.starts[j] : other.starts[j + 1]].to_list()
        assert one == two


def test_missing_days_become_missing_rows():
    panel = panel_series(frame().filter(pl.col("y") != 7.0), "store")
    assert panel.starts.tolist() == [0, 20, 35]
    assert panel.frame["y"][7] is None
    assert panel.rows[7] == -1
    assert any("1 of 35 steps, in 1 of 2 series" in note for note in panel.notes)


def test_a_gap_in_the_longest_series_is_known_from_the_others():
    every_other = frame().filter((pl.col("store") == "B") | (pl.col("y") % 2 == 0))
    panel = panel_series(every_other, "store")
    assert panel.freq == "daily"
    assert panel.lengths.tolist() == [19, 15]


def test_several_columns_are_one_id():
    two = frame(item=[1, 2] * 17 + [1])
    panel = panel_series(two, ["store", "item"], "")
    assert panel.names == ["A, 1", "A, 2", "B, 1", "B, 2"]
    assert panel.freq == "one row a step"


def test_spans_reach_beyond_the_end():
    panel = panel_series(frame(), "store")
    longer = panel.spans(np.array([2, 0]), np.array([22, 15]))
    assert longer.lengths.tolist() == [20, 15]
    assert longer.frame["y"][:20].to_list() == [*map(float, range(2, 20)), None, None]
    assert longer.time[19] == np.datetime64("2024-01-22")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pl.concat([frame(), frame().tail(1)]), "row 36: .* twice for store 'B'"),
        (frame(store=[None] + ["A"] * 34), "column 'store', row 1: the id is missing"),
        (frame(day=[*DAYS, *DAYS[5:-1], dt.date(2924, 1, 1)]), "store 'B': the time j"),
    ],
)
def test_errors_name_the_series(table, words):
    with pytest.raises(InputError, match=words):
        panel_series(table, "store")


def test_another_spacing_is_named():
    hours = [dt.datetime(2024, 1, 1) + dt.timedelta(minutes=47 * i) for i in range(15)]
    mixed = frame(day=[dt.datetime.combine(d, dt.time()) for d in DAYS] + hours)
    with pytest.raises(
        InputError, match=r"store 'B'.* not daily, as those of store 'A'"
    ):
        panel_series(mixed, "store")


def test_what_tells_series_apart_is_found_where_times_repeat():
    assert apart(frame(), "y", "day") == ["store"]
    assert apart(frame().head(20), "y", "day") == []
    assert apart(frame(store=["A"] * 35), "y", "day") == []


def test_a_row_is_that_of_the_table():
    days = [*DAYS, *DAYS[5:]]
    days[7] = dt.date(2024, 2, 9)
    uneven = [dt.datetime.combine(d, dt.time(6 * (i % 3))) for i, d in enumerate(days)]
    table = frame(day=uneven, store=["B"] * 10 + ["A"] * 25)
    with pytest.raises(InputError, match=r"^row (1[1-9]|[23][0-9]): the time"):
        panel_series(table, "store")


def test_series_are_in_order_of_their_ids():
    names = ["H10", "H9", "h1", "7", "007"]
    table = pl.concat([frame(store=[name] * 35).head(20) for name in names])
    assert panel_series(table, "store").names == ["007", "7", "H9", "H10", "h1"]
    numbers = table.with_columns(store=pl.Series(np.repeat([10, 9, -1, 2, 100], 20)))
    assert panel_series(numbers, "store").names == ["-1", "2", "9", "10", "100"]


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y/%m/%d"])
def test_the_form_of_the_times_is_kept(form):
    table = frame().with_columns(pl.col("day").dt.strftime(form))
    assert panel_series(table, "store").axis.form == form

"""Tables with a row for each series."""

from __future__ import annotations

import polars as pl
import pytest

from elman._errors import InputError
from elman.data import as_long, followed_by, looks_wide, open_table, wide_to_long

TEXT = '"V1","V2","V3","V4","V5","V6","V7","V8"\n'
TEXT += '"H1","1","2","3","4","5","6","7"\n"H2","1.5",,"2.5",,,,\n'


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(TEXT)
    return open_table(path)


def test_empty_cells_at_the_end_are_no_steps(table):
    assert looks_wide(table.frame)
    long = wide_to_long(table.frame)
    assert long.filter(pl.col("series") == "H1")["value"].to_list() == [
        *map(float, range(1, 8))
    ]
    assert long.filter(pl.col("series") == "H2")["value"].to_list() == [1.5, None, 2.5]


def test_it_is_found_and_said(table):
    long = as_long(table, None)
    assert long.layout is not None
    assert (long.layout.id, long.layout.target, long.layout.wide) == (
        "series",
        "value",
        True,
    )
    assert "a row for each series: 2 series of up to 7 steps" in long.notes[-1]
    assert as_long(table, wide=False) is table


def test_times_as_names_of_columns():
    days = [f"2024-01-{d:02d}" for d in range(1, 9)]
    frame = pl.DataFrame({"page": ["a", "b"]} | {day: [1, 2] for day in days})
    long = wide_to_long(frame)
    assert looks_wide(frame)
    assert long["time"][:2].to_list() == days[:2]


def test_an_ordinary_table_is_none():
    frame = pl.DataFrame({"day": [f"2024-01-0{d}" for d in range(1, 9)]})
    numbers = frame.with_columns(pl.lit(1.0).alias(name) for name in "abcdefg")
    assert not looks_wide(numbers)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"id": ["a", "a"], "s1": [1, 2]}, "row 2: a series 'a' came before"),
        ({"id": ["a", None], "s1": [1, 2]}, "row 2: the series has no name"),
        ({"id": ["a", "b"], "s1": ["x", "y"]}, "column 's1' holds no numbers"),
        ({"id": ["a", "b"], "s1": [1, None]}, "row 2: series 'b' has no values"),
    ],
)
def test_errors_name_row_and_column(frame, words):
    with pytest.raises(InputError, match=words):
        wide_to_long(pl.DataFrame(frame))


def test_what_follows_is_appended():
    first = pl.DataFrame({"series": ["a", "a", "b"], "value": [1.0, 2.0, 3.0]})
    later = pl.DataFrame({"series": ["a", "b"], "value": [9, 8]})
    whole, steps = followed_by(first, later, "series", "value", ("x", "y"))
    assert steps == 1
    assert whole.filter(pl.col("series") == "a")["value"].to_list() == [1.0, 2.0, 9.0]
    with pytest.raises(InputError, match="y: series 'b' is not there"):
        followed_by(first, later.head(1), "series", "value", ("x", "y"))
    other = later.with_columns(series=pl.lit("c"))
    with pytest.raises(InputError, match="y: series 'c' is not in x"):
        followed_by(first, other, "series", "value", ("x", "y"))

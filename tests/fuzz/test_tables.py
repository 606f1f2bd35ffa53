"""Tables in random notation are read back, or refused in a line that says where."""

from __future__ import annotations

import os

import polars as pl
import pytest

from elman.data import regular_series
from fuzz import table_compare
from fuzz.table_compare import check, read, smallest, was_read
from fuzz.table_files import Notation, draw, text_of
from fuzz.table_times import ALWAYS_READ

COUNT = int(os.environ.get("ELMAN_TORTURE", 1)) * 100
"""Tables a test; each is named by its seed."""


def failing(first: int, count: int, folder, reader=read) -> list[str]:
    """Return a line for each table that is read wrong, in its simplest notation."""
    found = []
    for seed in range(first, first + count):
        if check(draw(seed), folder, reader):
            table, wrong = smallest(draw(seed), folder, reader)
            found.append(f"{table}: {wrong}\n{text_of(table)[:200]!r}")
    return found


@pytest.mark.parametrize("part", range(4))
def test_what_was_written_is_read_or_refused(part, tmp_path):
    assert failing(part * COUNT, COUNT, tmp_path) == []


def test_the_usual_notations_are_read(tmp_path):
    usual = 0
    for seed in range(150):
        table = draw(seed)
        if table.notation.time_form in ALWAYS_READ:
            kept = Notation(
                delimiter=table.notation.delimiter,
                line_end=table.notation.line_end,
                quoting=table.notation.quoting,
                time_form=table.notation.time_form,
                missing=table.notation.missing,
            )
            table.notation = kept
            usual += 1
            assert was_read(table, tmp_path), str(table)
    assert usual > 20


def days_for_months(file, table):
    """A reader that takes the day for the month where both are possible."""
    series, notes = read(file, table)
    time = pl.Series(series.time)
    if time.dtype == pl.Datetime and (time.dt.day() <= 12).all():
        turned = pl.datetime(time.dt.year(), time.dt.day(), time.dt.month())
        frame = series.frame.with_columns(pl.select(turned.alias("t"))["t"])
        return regular_series(frame, "t"), notes
    return series, notes


def whole_numbers(file, table):
    """A reader that drops what is behind the decimal sign."""
    series, notes = read(file, table)
    frame = series.frame.with_columns(pl.col(pl.Float64).round(0))
    return type(series)(frame, series.axis, series.rows, series.inserted), notes


@pytest.mark.parametrize("fault", [days_for_months, whole_numbers])
def test_a_planted_fault_is_found(fault, tmp_path):
    assert any(check(draw(seed), tmp_path, fault) for seed in range(60))


def test_an_error_must_say_where(tmp_path, monkeypatch):
    def fail(path):
        raise table_compare.InputError("something is wrong")

    monkeypatch.setattr(table_compare, "read_table", fail)
    found = check(draw(0), tmp_path)
    assert found is not None
    assert "does not say where" in found

"""Predictions in files, each in the format that its name says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

FORECAST = ["--horizon", 3, "--context", 6, "--hidden", 4, "--epochs", 1, "-q"]


@pytest.fixture
def trained(elman, series):
    data = series(count=200)
    answer = elman(
        "train", "forecast", data, "--target", "load", *FORECAST, "--out", "r"
    )
    assert answer.status == 0, answer.err


def test_every_format_holds_the_same(elman, trained):
    readers = {
        ".csv": pl.read_csv,
        ".tsv": lambda path: pl.read_csv(path, separator="\t"),
        ".json": pl.read_json,
        ".jsonl": pl.read_ndjson,
        ".PARQUET": pl.read_parquet,
    }
    read = {}
    for suffix, reader in readers.items():
        answer = elman("predict", "r", "--out", f"p{suffix}")
        assert answer.status == 0, answer.err
        read[suffix] = reader(Path(f"p{suffix}"))
    numbers = [frame["prediction"].to_list() for frame in read.values()]
    assert all(found == pytest.approx(numbers[0]) for found in numbers)
    assert json.loads(Path("p.json").read_text())[0]["time"] == read[".csv"]["time"][0]


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.txt", "p.csv.gz"])
def test_another_format_is_refused_before_work(elman, name):
    # There is no run yet: the name is looked at first.
    answer = elman("predict", "r", "--out", name)
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert f"--out {name} " in answer.err
    assert ".csv, .tsv, .parquet, .pq, .json, .jsonl, .ndjson" in answer.err
    assert not Path(name).exists()


def test_the_test_part_begins_at_a_row_or_a_number(elman):
    values = [(i * 37) % 101 for i in range(200)]
    Path("rows.csv").write_text("y\n" + "\n".join(map(str, values)) + "\n")
    Path("numbered.csv").write_text(
        "t,y\n" + "\n".join(f"{i + 1000},{v}" for i, v in enumerate(values)) + "\n"
    )
    rows = ["train", "forecast", "rows.csv", "--target", "y", "--time", "", *FORECAST]
    answer = elman(*rows, "--test-from", 150)
    assert answer.status == 0, answer.err
    assert "tested on                150 … 199" in answer.out
    numbered = ["train", "forecast", "numbered.csv", "--target", "y", "--time", "t"]
    answer = elman(*numbered, *FORECAST, "--test-from", 1150)
    assert answer.status == 0, answer.err
    assert "tested on                1150 … 1199" in answer.out
    for given, words in [
        ("noon", "is not a number, but the times are: 0 to 199"),
        ("400", "is outside the series, 0 to 199"),
        ("nan", "is outside the series"),
    ]:
        answer = elman(*rows, "--test-from", given)
        assert answer.status == 2
        assert words in answer.err


def test_a_wrong_column_is_said_before_torch_is_loaded(elman, trained):
    Path("other.csv").write_text("time,load,warm\n2021-01-01 00:00,1,2\n")
    program = (
        "import sys; from elman.cli import main\n"
        "sys.argv = ['elman', 'predict', 'r', 'other.csv']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    print(end.code, 'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "2 False"
    assert "no column 'warmth'" in said.stderr


def test_each_task_loads_what_it_needs():
    program = (
        "import sys, elman.tasks; elman.tasks.Forecaster\n"
        "print([m for m in ('sklearn.metrics', 'sklearn.neighbors',"
        " 'elman.tasks.sequence._classify', 'matplotlib') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_symbols_that_are_said_to_be_numbers_are_refused(elman):
    rows = [f"{i},{t},{'abc'[(i + t) % 3]},{i % 2}" for i in range(8) for t in range(3)]
    Path("e.csv").write_text("id,t,event,y\n" + "\n".join(rows) + "\n")
    columns = ["--id", "id", "--time", "t", "--label", "y"]
    answer = elman("train", "classify", "e.csv", *columns, "--numbers", "event")
    assert answer.status == 2
    assert "column 'event' holds words ('a', 'b', 'c'), not numbers" in answer.err
    assert "have it read as category or text" in answer.err


def test_times_of_another_kind_are_refused(elman):
    def rows(time):
        each = [(i, t, t * t + i) for i in range(8) for t in range(4)]
        return "".join(f"{i},{time(at)},{t},{i % 2}\n" for i, t, at in each)

    Path("n.csv").write_text("id,at,x,y\n" + rows(str))
    Path("d.csv").write_text("id,at,x,y\n" + rows(lambda at: f"2024-01-{at + 1:02d}"))
    columns = ["--id", "id", "--time", "at", "--label", "y"]
    quick = ["--epochs", "1", "--hidden", "2", "--out"]
    elman("train", "classify", "n.csv", *columns, *quick, "rn")
    assert elman("predict", "rn", "n.csv").status == 0
    answer = elman("predict", "rn", "d.csv")
    assert answer.status == 2
    assert "trained with 'time since the step before (at)', and here" in answer.err


def test_values_and_labels_that_were_not_learned_from_are_said(elman):
    def rows(label, *names):
        each = [(i, t, names[(i + t) % len(names)]) for i in range(8) for t in range(3)]
        return "".join(f"{i},{t},{name},{label(i)}\n" for i, t, name in each)

    head = "id,at,page,who\n"
    Path("old.csv").write_text(head + rows(lambda i: "xy"[i % 2], "home", "cart"))
    Path("new.csv").write_text(head + rows(lambda i: "xz"[i % 2], "home", "pay"))
    columns = ["--id", "id", "--time", "at", "--label", "who"]
    quick = ["--epochs", "1", "--hidden", "2", "--out", "rn"]
    elman("train", "classify", "old.csv", *columns, *quick)
    same, answer = elman("predict", "rn", "old.csv"), elman("predict", "rn", "new.csv")
    assert "no embedding of their own" not in same.err
    assert "classes of the run" not in same.err
    assert answer.status == 0, answer.err
    assert "'page': 12 of 24 values have no embedding of their own" in answer.err
    assert "4 of 8 labels, such as z, are no classes of the run" in answer.err


def test_the_file_that_is_read_is_never_overwritten(elman, trained, series):
    data = series()
    before = data.read_bytes()
    Path("again.csv").symlink_to(data)
    for name in ("load.csv", "again.csv"):
        answer = elman("predict", "r", data, "--out", name, "--force")
        assert answer.status == 2
        assert f"--out {name} is the file that is read; name another" in answer.err
        assert answer.err.count("\n") == 1
    assert data.read_bytes() == before


def test_what_is_unlike_the_training_part_is_said_in_a_line(elman, trained, series):
    def later(rows):
        return [[t, str(float(load) + 9000), warm] for t, load, warm in rows]

    answer = elman("predict", "r", series(later, "later.csv"), "--out", "p.csv")
    assert answer.status == 0
    said = [line for line in answer.err.splitlines() if "load: " in line]
    assert said[0].startswith("elman: warning: load: 6 of the values")
    assert len(said) == 1
    assert "UserWarning" not in answer.err


def test_holes_in_known_columns_and_new_categories_are_said(elman, series):
    def shifts(rows):
        return [[t, y, "high" if float(w) > 10 else "low"] for t, y, w in rows]

    def later(rows):
        rows = shifts(rows)
        for i in range(-3, 0):
            rows[i][1] = ""
        rows[-1][2], rows[-2][2] = "unheard", ""
        return rows

    asked = ["--target", "load", "--known", "warmth", *FORECAST, "--out", "k"]
    assert elman("train", "forecast", series(shifts), *asked).status == 0
    answer = elman("predict", "k", series(later, "later.csv"), "--out", "p.csv")
    assert answer.status == 0, answer.err
    assert "elman: warning: warmth: 1 of the 3 rows to forecast have no" in answer.err
    assert "are no category of the training part ('unheard')" in answer.err


def test_another_horizon(elman, trained):
    short = elman("predict", "r", "--horizon", 2, "--json")
    assert short.status == 0, short.err
    assert len(json.loads(short.out)["predictions"]) == 2
    longer = elman("predict", "r", "--horizon", 5, "--out", "p.csv")
    assert longer.status == 0, longer.err
    assert "elman: warning: the model was fitted for 3 steps" in longer.err
    assert len(pl.read_csv("p.csv")) == 5
    assert elman("predict", "r", "--horizon", 0).status == 2

"""What is missing and which encoding a file has: said once, and kept by the run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from elman import load
from elman.data import open_table

SMALL = ["--hidden", 4, "--epochs", 1, "--init", "default"]
FORECAST = ["--target", "load", "--horizon", 3, "--context", 6, *SMALL]
BY = ["--id", "id", "--label", "label"]


def gone(rows):
    for row in rows[5:400:9]:
        row[1] = "-9999"
    for row in rows[3:400:11]:
        row[2] = "-999.0"


def empty(rows):
    for row in rows[5:400:9]:
        row[1] = ""
    for row in rows[3:400:11]:
        row[2] = ""


def walks(labels=("a", "b"), value=None):
    """Return a table of 24 sequences whose slope is the class."""
    rows = ["id,x,label"]
    draw = np.random.default_rng(0)
    for i in range(24):
        for k in range(6):
            x = f"{(k if i % 2 else -k) + draw.normal():.3f}"
            x = value if value and (i + k) % 7 == 0 else x
            rows.append(f"{i:03d},{x},{labels[i % 2]}")
    return "\n".join(rows) + "\n"


def notes_of(run):
    return json.loads(Path(run, "results.json").read_text())["notes"]


def test_values_named_as_missing_are_gaps_now_and_later(elman, series):
    marked, blank = series(gone, "marked.csv"), series(empty, "blank.csv")
    named = ["--missing", "-9999,-999"]
    answer = elman("train", "forecast", marked, *FORECAST, *named, "--out", "m")
    assert answer.status == 0, answer.err
    assert elman("train", "forecast", blank, *FORECAST, "--out", "b").status == 0
    assert notes_of("m") == notes_of("b")
    own = elman("predict", "m").out
    assert own == elman("predict", "b").out
    assert elman("predict", "m", marked).out == elman("predict", "b", blank).out
    assert elman("predict", "m", blank).out == elman("predict", "b", blank).out
    kept = tomllib.loads(Path("m/run.toml").read_text())["fitted"]["missing"]
    assert kept == ["-9999", "-999"]


def test_values_that_look_missing_are_named_in_the_notes(elman, series):
    marked = series(gone, "marked.csv")
    answer = elman("train", "forecast", marked, *FORECAST, "--out", "m")
    assert "column 'load': -9999 stands there 44 times" in answer.out
    assert "column 'warmth': -999 stands there 37 times" in answer.out
    assert "--missing -9999" in answer.out
    ignored = elman(
        *("train", "forecast", marked, *FORECAST, "--out", "i"),
        *("--missing", "-9999", "--ignore", "warmth"),
    )
    assert "stands there" not in ignored.out


def test_a_decimal_comma_is_not_taken_for_two_values(elman, series):
    answer = elman("train", "forecast", series(), *FORECAST, "--missing", "-99,9")
    assert answer.status == 2
    assert "--missing -99,9 may be one value or two" in answer.err


def test_diagnose_takes_them_too(elman, series):
    marked, blank = series(gone, "marked.csv"), series(empty, "blank.csv")
    named = ["--missing", -9999, "--missing", -999]
    options = [*FORECAST[:6], "--hidden", 4, "--json"]
    first = elman("diagnose", "forecast", marked, *options, *named)
    assert first.status == 0, first.err
    assert first.out == elman("diagnose", "forecast", blank, *options).out


@pytest.mark.parametrize("task", ["classify", "regress"])
def test_sequences_with_values_named_as_missing(elman, task):
    labels = ("a", "b") if task == "classify" else ("1.5", "2.5")
    Path("marked.csv").write_text(walks(labels, "-9999"))
    Path("blank.csv").write_text(walks(labels, "NA"))
    options = [*BY, *SMALL]
    answer = elman("train", task, "marked.csv", *options, "--out", "n")
    assert answer.out.count("-9999 stands there") == 1
    assert "marked.csv: column 'x': -9999 stands there" in answer.out
    named = ["--missing", "-9999"]
    assert (
        elman("train", task, "marked.csv", *options, *named, "--out", "m").status == 0
    )
    assert elman("train", task, "blank.csv", *options, "--out", "b").status == 0
    expected = elman("predict", "b", "blank.csv").out
    assert elman("predict", "m", "marked.csv").out == expected


def test_an_encoding_is_named_once(elman):
    Path("k.csv").write_bytes(walks(("шаг", "бег")).encode("koi8-r"))
    options = ["train", "classify", "k.csv", *BY, *SMALL, "--out", "k"]
    answer = elman(*options)
    assert answer.status == 2
    assert "k.csv, row 2: the byte 0xdb is not UTF-8" in answer.err
    assert "--encoding" in answer.err
    assert elman(*options, "--encoding", "koi8-r").status == 0
    answer = elman("predict", "k", "k.csv", "--out", "p.csv")
    assert (answer.status, answer.err) == (0, "")
    found = pl.read_csv("p.csv")
    assert sorted(found["label"].unique()) == ["бег", "шаг"]
    Path("u.csv").write_text(walks(("шаг", "бег")))
    assert elman("predict", "k", "u.csv").out == elman("predict", "k", "k.csv").out


def test_what_was_assumed_is_in_the_notes(elman):
    Path("c.csv").write_bytes(walks(("шаг", "бег")).encode("cp1251"))
    answer = elman("train", "classify", "c.csv", *BY, *SMALL, "--out", "c")
    assert "c.csv: the file is not UTF-8 and was read as cp1251" in answer.out
    answer = elman("predict", "c", "c.csv", "--json")
    assert "elman: note: c.csv: the file is not UTF-8" in answer.err
    assert json.loads(answer.out)["predictions"][0]["label"] == "шаг"


def test_labels_are_the_texts_of_the_files(elman):
    Path("a.csv").write_text(walks(("1", "02")))
    Path("b.csv").write_text(walks(("1", "2")))
    Path("c.csv").write_text(walks(("01", "2")))
    train = ["train", "classify", "a.csv", *BY, *SMALL, "--out", "a"]
    assert elman(*train).status == 0
    first = elman("predict", "a", "a.csv", "--json")
    rows = json.loads(first.out)["predictions"]
    assert {row["label"] for row in rows} == {"1", "02"}
    assert rows[0]["sequence"] == "000"
    assert elman("predict", "a", "b.csv").status == 0
    assert elman("train", "classify", "b.csv", *BY, *SMALL, "--out", "b").status == 0
    same = json.loads(elman("predict", "b", "b.csv", "--json").out)
    assert {row["label"] for row in same["predictions"]} == {1, 2}
    answer = elman("predict", "b", "c.csv")
    assert answer.status == 2
    assert (
        "c.csv: the labels are texts such as 01, and the run knows 1, 2" in answer.err
    )
    answer = elman(*train[:-1], "d", "--test", "b.csv")
    assert answer.status == 0
    assert "warning: test, b.csv" in answer.err
    assert "'2'" in answer.err


def test_numbers_to_predict_may_be_written_in_any_way(elman):
    Path("a.csv").write_text(walks(("007", "1E1")))
    answer = elman("train", "regress", "a.csv", *BY, *SMALL, "--out", "a")
    assert answer.status == 0, answer.err
    rows = json.loads(elman("predict", "a", "a.csv", "--json").out)["predictions"]
    assert {row["label"] for row in rows} == {7, 10}


def test_a_channel_of_words(elman):
    rows = [
        f"{i},{e},{i % 2}" for i in range(12) for e in ("up", ("down", "up")[i % 2])
    ]
    Path("a.csv").write_text("\n".join(["id,event,label", *rows]))
    answer = elman("train", "classify", "a.csv", *BY, "--numbers", "event")
    assert answer.status == 2
    assert "column 'event' holds words ('down', 'up'), not numbers" in answer.err
    answer = elman("train", "classify", "a.csv", *BY, *SMALL, "--out", "a")
    assert answer.status == 0, answer.err
    assert "'event' is read as a category: 2 values" in answer.out
    answer = elman("predict", "a", "a.csv", "--json")
    assert len(json.loads(answer.out)["predictions"]) == 12
    Path("b.csv").write_text("id,event\n1,3\n1,sideways\n2,\n")
    assert elman("predict", "a", "b.csv").status == 0
    answer = elman("predict", "a", "b.csv", "--label", "evnt")
    assert "did you mean 'event'" in answer.err


def test_categories_stay_words_when_a_new_file_holds_numbers_only(elman, series):
    def worded(rows):
        for i, row in enumerate(rows):
            row[2] = ["01", "x", "none", "y"][i % 4]

    def numbered(rows):
        for row in rows:
            row[2] = "01"

    train, new = series(worded, "train.csv"), series(numbered, "new.csv")
    assert elman("train", "forecast", train, *FORECAST, "--out", "r").status == 0
    forecaster = load("r")
    (column,) = forecaster.preparation_.past
    assert column.categories == ["01", "none", "x", "y"]
    table = open_table(new, **forecaster.reading_)
    assert table.frame["warmth"].unique().to_list() == ["01"]
    assert elman("predict", "r", new).status == 0

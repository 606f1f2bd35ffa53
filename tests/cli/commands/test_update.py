"""Training that goes on from a finished run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TRAIN = ["--target", "load", "--horizon", 3, "--context", 6, "--hidden", 4]
TRAIN += ["--epochs", 1, "-q"]


@pytest.fixture
def trained(elman, series):
    answer = elman("train", "forecast", series(count=160), *TRAIN, "--out", "r")
    assert answer.status == 0, answer.err


def test_an_update_is_a_run_of_its_own(elman, series, trained):
    before = Path("r/run.toml").read_bytes()
    longer = series(count=200, name="longer.csv")
    answer = elman(
        "update", "r", longer, "--epochs", 2, "--test-fraction", 0.1, "--out", "s", "-q"
    )
    assert answer.status == 0, answer.err
    assert "Scores, test" in answer.out
    assert Path("r/run.toml").read_bytes() == before
    assert Path("s/report.html").exists()
    first, later = (
        json.loads(elman("predict", run, "--json").out)["predictions"][0]["time"]
        for run in ("r", "s")
    )
    assert later > first
    again = elman("resume", "s", "--json")
    assert json.loads(again.out)["finished"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "r"], "--out r is the run that is updated"),
        (["--epochs", 0], "epochs must be at least 1"),
        (["--out", "full"], "is not empty"),
    ],
)
def test_wrong_updates_are_one_line(elman, series, trained, arguments, words):
    Path("full").mkdir()
    Path("full/notes.txt").write_text("kept")
    answer = elman("update", "r", series(count=200, name="longer.csv"), *arguments)
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_backtests_with_and_without_a_refit(elman, series, trained):
    data = series(count=160)
    plain = elman("backtest", "r", data, "--start", 30, "--json")
    assert plain.status == 0, plain.err
    found = json.loads(plain.out)
    assert found["scores"]["origins"] == 10
    assert len(found["predictions"]) == 30
    again = elman(
        "backtest", "r", data, "--start", "0.2", "--refit", 2, "--out", "b.csv"
    )
    assert again.status == 0, again.err
    assert "coverage" in again.out
    assert Path("b.csv").read_text().startswith("origin,step,time,truth,prediction")
    wrong = elman("backtest", "r", data, "--window", 50)
    assert wrong.status == 2
    assert "give refit=True" in wrong.err


def test_rows_are_weighed_by_a_column(elman, series):
    train = ["train", "forecast", series(count=160), *TRAIN]
    answer = elman(*train, "--weight", "warmth", "--out", "w")
    assert answer.status == 0, answer.err
    wrong = elman(*train, "--weight", "warm", "--out", "v")
    assert wrong.status == 2
    assert "did you mean 'warmth'" in wrong.err

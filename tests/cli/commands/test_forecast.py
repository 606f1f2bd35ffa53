"""From a CSV file to a run directory and predictions, and every wrong turn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import polars as pl
import pytest

import elman as package

# Where the package is, also for a process in another folder.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
SMALL = ["--horizon", 6, "--context", 24, "--hidden", 4, "--epochs", 1]


def test_train_then_predict(elman, series):
    data = series()
    answer = elman("train", "forecast", data, "--target", "load", *SMALL)
    assert answer.status == 0, answer.err
    run = Path("runs/load-1")
    for name in ("run.toml", "model.safetensors", "metrics.jsonl", "results.json"):
        assert (run / name).stat().st_size > 0
    assert "<html" in (run / "report.html").read_text(encoding="utf-8")
    assert str(run / "report.html") in answer.out
    assert "seasonal naive" in answer.out
    assert "epoch 1/1" in answer.err
    results = json.loads((run / "results.json").read_text())
    assert results["environment"]["command"].startswith("elman train forecast")

    piped = elman("predict", run)
    assert piped.status == 0, piped.err
    assert piped.out.startswith("time,prediction")
    assert len(piped.out.splitlines()) == 7

    written = elman("predict", run, data, "--out", "p.csv")
    assert written.status == 0, written.err
    frame = pl.read_csv("p.csv")
    assert frame["time"][0] == "2021-01-18 12:00"
    first = pl.read_csv(piped.out.encode())
    assert (first["prediction"] - frame["prediction"]).abs().max() < 1e-4
    assert elman("predict", run, data, "--out", "p.csv").status == 2
    assert elman("predict", run, data, "--out", "p.csv", "--force").status == 0

    again = elman("train", "forecast", data, "--target", "load", "--out", run, *SMALL)
    assert again.status == 2
    assert "is not empty" in again.err

    shown = elman("diagnose", run, "--json")
    assert json.loads(shown.out)["diagnosis"]["needed"] == 24
    (run / "report.html").unlink()
    assert elman("report", run).status == 0
    assert (run / "report.html").exists()


def test_json_is_all_there_is(elman, series):
    answer = elman(
        *("train", "forecast", series(), "--target", "load,warmth", "--json", "-q"),
        *("--test-from", "2021-01-15", "--out", "r", *SMALL),
    )
    assert answer.status == 0, answer.err
    document = json.loads(answer.out)
    assert document["run"] == "r"
    assert document["scores"]["winner"]
    assert answer.err == ""
    document = json.loads(elman("predict", "r", "--json").out)
    assert document["rows"] == len(document["predictions"]) == 12


def test_diagnose_before_training(elman, series):
    answer = elman(
        *("diagnose", "forecast", series(), "--target", "load", "--horizon", 6),
        *("--context", 24, "--hidden", 4, "--cell", "rnn"),
    )
    assert answer.status == 0, answer.err
    assert "needed" in answer.out
    assert not Path("runs").exists()


def test_diagnose_asks_for_a_target_of_numbers(elman, series):
    data = series(put(9, 1, "many"))
    asked = elman("diagnose", "forecast", data, "--target", "load")
    refused(asked, "column 'load', row 9: 'many' is not a number")
    refused(elman("diagnose", "forecast", data), "--target .columns: time, load")


def put(row, column, value):
    def change(rows):
        rows[row - 2][column] = value
        return rows

    return change


def swap(rows):
    rows[50], rows[51] = rows[51], rows[50]


BAD_DATA = {
    "text where numbers belong": (
        put(9, 1, "many"),
        [],
        r"column 'load', row 9: 'many' is not a number",
    ),
    "infinite after a gap": (
        lambda rows: rows[:50] + put(9, 1, "inf")(rows[60:]),
        [],
        "row 59: the value is infinite",
    ),
    "infinite": (put(9, 1, "inf"), [], r"row 9: the value is infinite"),
    "all missing": (
        lambda rows: [[t, "", w] for t, _, w in rows],
        [],
        r"column 'load' has no value",
    ),
    "unsorted": (swap, [], r"row 53: .* sort the rows by time"),
    "duplicated": (put(30, 0, "2021-01-02 03:00"), [], "row 30: .* repeats"),
    "uneven": (put(30, 0, "2021-01-02 04:20"), [], "row 30: .* hourly"),
    "too short": (lambda rows: rows[:20], [], "longer series|shorter horizon"),
    "no such column": (None, ["--target", "laod"], "'laod'; did you mean 'load'"),
    "no such time": (None, ["--time", "tiem"], "'tiem'; did you mean 'time'"),
    "no such covariate": (None, ["--known", "warmht"], "did you mean 'warmth'"),
    "unknown cell": (None, ["--cell", "gur"], "cell must be .*did you mean 'gru'"),
    "unknown init": (None, ["--init", "orthogonl"], "did you mean 'orthogonal'"),
    "unknown scale": (None, ["--scale", "sqr"], "scale"),
    "negative horizon": (None, ["--horizon", "-3"], "horizon"),
    "negative size": (None, ["--hidden", "-4"], "hidden_size"),
    "no epochs": (None, ["--epochs", "0"], "epochs must be at least 1"),
    "bad rate": (None, ["--lr", "0"], "learning_rate must be positive"),
    "test outside": (None, ["--test-from", "2031-01-01"], "outside the series"),
    "test twice": (
        None,
        ["--test-from", "2021-01-15", "--test-fraction", "0.2"],
        "not both",
    ),
    "whole test": (None, ["--test-fraction", "1.5"], "below 1"),
    "out is a file": (None, ["--out", "load.csv"], "load.csv is a file"),
    "out below a file": (None, ["--out", "load.csv/x/y"], "cannot be written to"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_input_is_one_line_and_leaves_nothing(elman, series, tmp_path, name):
    change, options, message = BAD_DATA[name]
    data = series(change)
    target = [] if "--target" in options else ["--target", "load"]
    answer = elman("train", "forecast", data, *target, *SMALL, *options)
    refused(answer, message)
    assert [p.name for p in tmp_path.iterdir()] == ["load.csv"]


def refused(answer, message):
    import re

    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert answer.err.count("\n") == 1
    assert re.search(message, answer.err), answer.err
    assert answer.out == ""


def test_files_that_are_none(elman, series, tmp_path):
    refused(elman("train", "forecast", "laod.csv", "--target", "y"), "no such file$")
    series()
    refused(elman("train", "forecast", "laod.csv", "--target", "y"), "did you mean")
    Path("empty.csv").write_text("")
    refused(elman("train", "forecast", "empty.csv", "--target", "y"), "is empty")
    refused(elman("train", "forecast", "load.csv"), "--target .columns: time, load")
    refused(elman("train", "forecast", ".", "--target", "y"), "this is a folder")


def test_runs_that_are_none(elman, series, tmp_path):
    data = series()
    elman("train", "forecast", data, "--target", "load", "--out", "r", *SMALL)
    other = series(lambda rows: [[*row[:2], "1"] for row in rows], "other.csv")
    other.write_text(other.read_text().replace("warmth", "warmht"))
    refused(elman("predict", "r", other), "'warmth'; did you mean 'warmht'")
    refused(elman("predict", "r", data, "--out", "none/p.csv"), "cannot be written")
    refused(elman("predict", "no"), "no run directory no")
    refused(elman("predict", "load.csv"), "is a file, not a run directory")
    refused(elman("report", "no"), "no")
    model = Path("r/model.safetensors")
    model.write_bytes(model.read_bytes()[:-100])
    refused(elman("predict", "r"), r"model\.safetensors")
    Path("r/run.toml").write_text("task = 'soup'")
    refused(elman("predict", "r"), r"run\.toml")
    Path("r/run.toml").unlink()
    refused(elman("diagnose", "r"), r"run\.toml is missing")


def test_ctrl_c_keeps_the_best_weights(series, tmp_path):
    data = series()
    script = "from elman.cli import main; main()"
    command = [sys.executable, "-c", script, "train", "forecast", str(data)]
    command += ["--target", "load", "--out", "r", "--horizon", "6", "--context", "24"]
    process = subprocess.Popen(
        [*command, "--epochs", "100000", "--hidden", "4"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        assert process.stderr.readline().startswith("epoch 1/")
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, err
    assert "interrupted; the best weights so far" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert package.load(tmp_path / "r").results_["training"]["stopped"] == "interrupted"


def test_ctrl_c_before_training_leaves_nothing(elman, series, tmp_path, monkeypatch):
    from elman.tasks import Forecaster

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Forecaster, "fit", interrupt)
    answer = elman("train", "forecast", series(), "--target", "load")
    assert answer.status == 130
    assert "nothing was written" in answer.err
    assert [p.name for p in tmp_path.iterdir()] == ["load.csv"]


def test_a_terminal_gets_tables_and_a_bar(series, tmp_path):
    import pty

    data = series()
    script = "from elman.cli import main; main()"
    command = [sys.executable, "-c", script, "train", "forecast", str(data)]
    command += ["--target", "load", *map(str, SMALL)]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=ENVIRONMENT | {"COLUMNS": "44", "TERM": "xterm"},
    )
    os.close(slave)
    said, start = b"", time.monotonic()
    while time.monotonic() - start < 60:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(master)
    assert process.wait(timeout=10) == 0
    text = said.decode()
    assert "\x1b[" in text
    assert "─" in text
    assert "report.html" in text


def test_diagnose_writes_what_it_prescribes(elman, series):
    data = series()
    examined = ["diagnose", "forecast", data, "--target", "load", "--cell", "gru"]
    examined += ["--context", 96, "--hidden", 16]
    answer = elman(*examined, "--apply", "best", "--to", "given.toml")
    assert answer.status == 0, answer.err
    assert "given.toml" in answer.out
    given = tomllib.loads(Path("given.toml").read_text(encoding="utf-8"))
    measured = given["measured"]
    assert measured["steps_after"] > measured["steps_before"]
    assert measured["verdict_after"] == "healthy"
    name = given["prescription"]["init"]
    assert f"--init {name}" in answer.out
    wrong = elman(*examined, "--apply", "crono")
    assert wrong.status == 2
    assert "--apply: 'crono' was not measured" in wrong.err
    assert "chrono" in wrong.err


def test_losses_and_quantiles(elman, series):
    data = series(count=200)
    train = [
        "train",
        "forecast",
        data,
        "--target",
        "load",
        "--horizon",
        3,
        "--hidden",
        4,
    ]
    train += ["--context", 6, "--epochs", 1, "-q", "--out", "r"]
    answer = elman(*train, "--quantiles", "0.1,0.9", "--loss", "pinball")
    assert answer.status == 0, answer.err
    head = elman("predict", "r").out.splitlines()[0]
    assert head.endswith("upper,q0.1,q0.9")
    wrong = elman(*train, "--force", "--quantiles", "0.1;0.9")
    assert wrong.status == 2
    assert "--quantiles must be numbers with commas" in wrong.err
    assert elman(*train, "--force", "--loss", "pinball").status == 2

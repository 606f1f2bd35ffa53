"""A trained model outlives whatever fails after its training."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import polars as pl
import pytest

import elman as package
import elman.report as drawing
import elman.tasks.forecast._forecaster as forecast
from elman.tasks import Forecaster, SequenceClassifier

CLASSIFY = ["--hidden", 4, "--epochs", 2, "--init", "default", "--out", "r"]
FORECAST = ["--horizon", 6, "--context", 24, "--hidden", 4, "--epochs", 1, "--out", "r"]


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device", "r/report.html")


def broken(*_, **__):
    raise RuntimeError("a fault\nof two lines")


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.fixture(params=["classify", "forecast"])
def task(request, cases, series):
    """Return a command to train, and the data to predict from."""
    if request.param == "classify":
        return ["train", "classify", cases(), *CLASSIFY], cases("new.ts", seed=1)
    data = series()
    return ["train", "forecast", data, "--target", "load", *FORECAST], data


def predicts(elman, data):
    """Return whether the run directory predicts."""
    answer = elman("predict", "r", data)
    return answer.status == 0 and len(pl.read_csv(answer.out.encode())) > 1


@pytest.mark.parametrize("fault", [full_disk, broken])
def test_a_report_that_cannot_be_drawn(elman, task, monkeypatch, fault):
    command, data = task
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "write_report", fault)
        answer = elman(*command, "-q")
    assert answer.status == 1
    last = answer.err.splitlines()[-1]
    assert last.startswith("elman: error: the report failed (")
    assert "elman predict r works" in last
    assert "Scores" in answer.out
    assert predicts(elman, data)
    assert elman("report", "r").status == 0
    assert Path("r/report.html").exists()
    assert "finished" in elman("resume", "r").out


@pytest.mark.parametrize("fault", [broken, interrupted])
def test_scores_that_cannot_be_made(elman, task, monkeypatch, fault):
    command, data = task
    with monkeypatch.context() as patch:
        if command[1] == "classify":
            patch.setattr(SequenceClassifier, "evaluate", fault)
        else:
            patch.setattr(forecast, "forecast_results", fault)
        answer = elman(*command, "-q")
    last = answer.err.splitlines()[-1]
    if fault is interrupted:
        assert answer.status == 130
        assert last.startswith("elman: interrupted in scoring; the trained model")
    else:
        assert answer.status == 1
        assert last.startswith("elman: error: scoring failed (RuntimeError: a fault of")
    assert predicts(elman, data)
    weights = Path("r/model.safetensors").read_bytes()
    again = elman("resume", "r", "-q")
    assert again.status == 0, again.err
    assert Path("r/model.safetensors").read_bytes() == weights
    assert json.loads(Path("r/results.json").read_text())["scores"]["rows"]


def test_a_baseline_that_cannot_be_fitted(elman, cases, monkeypatch):
    from sklearn.neighbors import KNeighborsClassifier

    def refuse(*_, **__):
        raise ValueError("no neighbours")

    monkeypatch.setattr(KNeighborsClassifier, "fit", refuse)
    answer = elman("train", "classify", cases(), *CLASSIFY, "-q")
    assert answer.status == 0, answer.err
    assert "the baseline 1-nearest-neighbour is left out (no neighbours)" in answer.out
    assert "ridge" in answer.out


def test_a_disk_that_has_no_room_for_the_model(elman, task, monkeypatch):
    command, data = task
    kind = SequenceClassifier if command[1] == "classify" else Forecaster
    save = kind.save

    def refuse(self, directory):
        if Path(directory) == Path("r"):
            raise OSError(errno.ENOSPC, "No space left on device", "r/model")
        return save(self, directory)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "save", refuse)
        answer = elman(*command, "-q")
    assert answer.status == 1
    last = answer.err.splitlines()[-1]
    assert "could not be saved (r/model: no space left on device)" in last
    place = last.split("it is in ")[1].split(" instead")[0]
    assert package.load(place).task == command[1]
    assert elman("predict", place, data).status == 0


def test_classes_that_only_the_test_file_has(elman, cases):
    test = cases("other_TEST.ts", ("a", "b", "z"), each=4)
    answer = elman("train", "classify", cases(), "--test", test, *CLASSIFY, "--json")
    assert answer.status == 0, answer.err
    said = answer.err.splitlines()[0]
    assert said.startswith(
        "elman: warning: test, other_TEST.ts: the class 'z' (4 of 12"
    )
    document = json.loads(answer.out)
    assert any("'z'" in note for note in document["notes"])
    results = json.loads(Path("r/results.json").read_text())
    assert results["confusion"]["labels"] == ["a", "b", "z"]
    matrix = results["confusion"]["matrix"]
    assert [sum(row) for row in matrix] == [4, 4, 4]
    assert matrix[2][2] == 0
    right = (matrix[0][0] + matrix[1][1]) / 12
    assert document["scores"]["rows"][0]["values"]["accuracy"] == pytest.approx(right)
    assert elman("predict", "r", test, "--json").status == 0


def test_a_test_file_that_cannot_be_scored_is_refused_first(elman, cases, tmp_path):
    train = cases()
    strange = cases("strange_TEST.ts", ("x", "y"))
    answer = elman("train", "classify", train, "--test", strange, *CLASSIFY)
    assert answer.status == 2
    assert "none of the test part's classes (x, y) is among" in answer.err
    assert "epoch" not in answer.err
    assert not Path("r").exists()
    Path("a.csv").write_text(
        "id,t,x,y\n" + "".join(f"{i},{t},{i},{i % 2}\n" for i in range(8) for t in "12")
    )
    Path("b.csv").write_text(
        "id,t,x,y\n" + "".join(f"{i},{t},{i},{t}\n" for i in range(8) for t in "12")
    )
    columns = ["--id", "id", "--time", "t", "--label", "y"]
    answer = elman("train", "classify", "a.csv", "--test", "b.csv", *columns, *CLASSIFY)
    assert answer.status == 2
    assert "b.csv has one label a step, but a.csv one label a sequence" in answer.err


def test_weights_of_classes(elman, cases):
    data = cases("toy.ts", ("1", "2"))
    balanced = elman("train", "classify", data, *CLASSIFY, "--class-weight", "balanced")
    assert balanced.status == 0, balanced.err
    assert "balanced accuracy" in package.load("r").results_["scores"]["verdict"]
    answer = elman(
        "train", "classify", data, *CLASSIFY, "--force", "--class-weight", "1=3,2=0.5"
    )
    assert answer.status == 0, answer.err
    known = package.load("r").class_weight
    assert sorted(known.values()) == [0.5, 3.0]
    for wrong, words in [
        ("even", "must be balanced, or classes"),
        ("1=x", "'x' is not a number"),
        ("3=2", "names the class '3'"),
    ]:
        answer = elman(
            "train", "classify", data, *CLASSIFY, "--force", "--class-weight", wrong
        )
        assert answer.status == 2
        assert words in answer.err

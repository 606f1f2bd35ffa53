"""Classify and regress from files, and predict again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

SMALL = ["--hidden", 4, "--epochs", 2]


def refused(answer, message):
    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert answer.err.count("\n") == 1
    assert message in answer.err
    assert not Path("runs").exists()


def test_a_test_file_beside_is_used(elman, cases):
    train = cases()
    test = cases("toy_TEST.ts", each=5, seed=1)
    answer = elman("train", "classify", train, *SMALL)
    assert answer.status == 0, answer.err
    assert "toy_TEST.ts" in answer.out
    document = json.loads(elman("predict", "runs/toy-1", test, "--json").out)
    assert document["rows"] == 10
    first = document["predictions"][0]
    assert first["probability_a"] + first["probability_b"] == pytest.approx(1, abs=1e-6)
    right = np.mean([p["prediction"] == p["label"] for p in document["predictions"]])
    assert document["scores"]["accuracy"] == pytest.approx(right)
    results = json.loads(Path("runs/toy-1/results.json").read_text())
    network = next(r for r in results["scores"]["rows"] if r["kind"] == "network")
    assert network["values"]["accuracy"] == pytest.approx(right)


def test_a_share_is_held_out_otherwise(elman, cases):
    answer = elman("train", "classify", cases("toy.ts"), "--out", "r", "--json", *SMALL)
    assert answer.status == 0, answer.err
    assert "20% held out" in json.loads(answer.out)["scores"]["split"]


def test_tables_long_and_wide(elman, tmp_path):
    draw = np.random.default_rng(0)
    rows = [
        (f"s{i}", t, *draw.normal(3.0 * (i % 2), 1, 2), ["no", "yes"][i % 2])
        for i in range(12)
        for t in range(6)
    ]
    long = pl.DataFrame(rows, ["id", "t", "u", "v", "kind"], orient="row")
    long.write_csv("long.csv")
    columns = ["--id", "id", "--time", "t", "--label", "kind"]
    answer = elman("train", "classify", "long.csv", *columns, *SMALL, "--out", "r")
    assert answer.status == 0, answer.err
    long.select("v", "id", "u", "t").write_csv("new.csv")
    with_label = elman("predict", "r", "long.csv")
    without = elman("predict", "r", "new.csv")
    assert without.status == 0, without.err
    kept = pl.read_csv(with_label.out.encode()).drop("label")
    assert kept.equals(pl.read_csv(without.out.encode()))
    long.rename({"u": "uu"}).write_csv("other.csv")
    answer = elman("predict", "r", "other.csv")
    assert answer.status == 2
    assert "no column 'u', which the run was trained on" in answer.err

    wide = pl.DataFrame({f"t{t}": draw.normal(size=14) for t in range(5)})
    wide = wide.with_columns(y=wide["t4"] * 2)
    wide.write_parquet("wide.parquet")
    answer = elman("train", "regress", "wide.parquet", "--label", "y", *SMALL)
    assert answer.status == 0, answer.err
    wide.drop("y").write_parquet("unlabelled.parquet")
    answer = elman("predict", "runs/wide-1", "unlabelled.parquet", "--out", "p.parquet")
    assert answer.status == 0, answer.err
    assert pl.read_parquet("p.parquet").columns == ["sequence", "prediction"]


def test_one_target_a_step(elman, tmp_path):
    draw = np.random.default_rng(0)
    X = draw.normal(size=(12, 7, 2))
    np.savez("steps.npz", X=X, y=X[:, :, 0].cumsum(1), lengths=[7, 5, 6] * 4)
    answer = elman("train", "regress", "steps.npz", "--out", "r", *SMALL)
    assert answer.status == 0, answer.err
    frame = pl.read_csv(elman("predict", "r", "steps.npz").out.encode())
    assert frame.columns == ["sequence", "step", "prediction", "label"]
    assert frame.height == 4 * (7 + 5 + 6)


def test_diagnose_before_training(elman, cases):
    answer = elman("diagnose", "classify", cases(), "--hidden", 4)
    assert answer.status == 0, answer.err
    assert "length of the sequences" in answer.out
    assert not Path("runs").exists()


def test_bad_input(elman, cases, tmp_path):
    data = cases("toy.ts")
    refused(elman("train", "classify", "toi.ts"), "did you mean 'toy.ts'")
    refused(elman("train", "regress", data), "not numbers; use 'elman train classify'")
    refused(elman("train", "classify", cases("one.ts", ("a",))), "one.ts: ")
    refused(elman("train", "classify", data, "--cell", "gur"), "did you mean 'gru'")
    refused(elman("train", "classify", data, "--hidden", -1), "hidden_size")
    refused(elman("train", "classify", data, "--test-fraction", 2), "--test-fraction")
    three = cases("three_TEST.ts", channels=3)
    refused(elman("train", "classify", data, "--test", three), "the channels are")
    Path("wide.csv").write_text("y,a,b\n1,2,3\n2,3,4\n")
    refused(elman("train", "classify", "wide.csv"), "name their column with --label")
    refused(elman("train", "classify", "wide.csv", "--label", "z"), "no column 'z'")
    refused(elman("predict", "r"), "no run directory r")
    refused(elman("diagnose", "classify"), "elman diagnose classify DATA")
    refused(elman("diagnose", "clasify", data), "is no task")


@pytest.mark.filterwarnings("always")
def test_a_flow_that_collapses_is_said_once_and_clearly(elman, cases):
    wild = ["--cell", "lstm", "--lr", 0.5, "--hidden", 6, "--epochs", 60, "-q"]
    answer = elman("train", "classify", cases("toy.ts"), *wild, "--batch-size", 4)
    assert answer.status == 0
    assert answer.err.count("gradient flow") == 1, answer.err
    assert answer.err.startswith("elman: warning: gradient flow: at step ")
    page = Path("runs/toy-1/report.html").read_text()
    assert "Alarm at step" in page


def test_tensorboard_gets_curves_and_flow(elman, cases):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    answer = elman("train", "classify", cases("toy.ts"), *SMALL, "--tensorboard", "tb")
    assert answer.status == 0, answer.err
    found = EventAccumulator("tb")
    found.Reload()
    assert "epoch/validation_loss" in found.Tags()["scalars"]
    assert "flow/encoder.stack/reach" in found.Tags()["scalars"]
    Path("file").write_text("")
    answer = elman(
        "train", "classify", cases("toy.ts"), *SMALL, "--tensorboard", "file"
    )
    assert answer.status == 2
    assert "cannot be written to" in answer.err
    assert answer.err.count("\n") == 1
    assert not Path("runs/toy-2").exists()


def test_training_and_diagnosis_say_whether_it_leans_on_order(elman, cases):
    train, test = cases(), cases("toy_TEST.ts", each=5, seed=1)
    answer = elman("train", "classify", train, *SMALL, "--shuffle-time", "fixed")
    assert answer.status == 0, answer.err
    assert "Does it lean on order? accuracy, test, toy_TEST.ts" in answer.out
    assert "Order of steps  one random order for all sequences" in answer.out
    stored = json.loads(Path("runs/toy-1/results.json").read_text())["order"]
    orders = [row["order"] for row in stored["rows"]]
    assert orders == ["as they are", "shuffled", "in 4 blocks, shuffled", "reversed"]
    assert stored["verdict"] in answer.out
    assert "Does it lean on order?" in Path("runs/toy-1/report.html").read_text()
    shown = json.loads(elman("diagnose", "runs/toy-1", "--json").out)
    assert shown["order"] == stored
    again = json.loads(elman("diagnose", "runs/toy-1", test, "--json").out)["order"]
    answer = elman("diagnose", "runs/toy-1", "--order")
    assert answer.status == 2
    assert "--order trains a model to score it; runs/toy-1 is trained" in answer.err
    given = [o["rows"][0]["values"]["Elman"]["mean"] for o in (stored, again)]
    assert given[0] == given[1]
    answer = elman("diagnose", "classify", train, "--hidden", 4, "--order",
                   "--max-seconds", 2)  # fmt: skip
    assert answer.status == 0, answer.err
    assert "Does it lean on order?" in answer.out
    assert "Gradient flow" in answer.out


def test_what_diagnose_of_a_run_refuses(elman, cases):
    train = cases()
    answer = elman("diagnose", "nowhere", train)
    assert answer.status == 2
    assert "'nowhere' is no task and no run; write elman diagnose RUN" in answer.err


COMPARE = ["--compare-with", "lstm,tcn", "--compare-seconds", 60]
COMPARE += ["--checkpoint-every", 0]


def test_a_network_beside_others(elman, cases):
    answer = elman("train", "classify", cases(), *SMALL, "--out", "r", *COMPARE)
    assert answer.status == 0, answer.err
    assert "Beside other networks, test" in answer.out
    assert "comparing: TCN, seed 0" in answer.err
    assert "Of 3 networks with about" in answer.out
    page = Path("r/report.html").read_text()
    assert "Beside other networks" in page
    assert "Validation loss of several networks" in page
    answer = elman("train", "classify", cases(), *SMALL, "--out", "s", "--json",
                   *COMPARE)  # fmt: skip
    rows = json.loads(answer.out)["comparison"]["rows"]
    assert {"GRU", "LSTM", "TCN", "majority class"} <= {row["model"] for row in rows}


def test_an_interrupted_comparison_goes_on(elman, cases, monkeypatch):
    from elman.tasks.sequence.comparison import _compared

    train = cases()
    elman("train", "classify", train, *SMALL, "--out", "whole", "-q", *COMPARE)
    fit, count = _compared.fit_network, []

    def stopping(*given, **named):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return fit(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(_compared, "fit_network", stopping)
        answer = elman("train", "classify", train, *SMALL, "--out", "r", "-q", *COMPARE)
    assert answer.status == 130
    assert "interrupted in scoring; the trained model is saved" in answer.err
    answer = elman("resume", "r", "-q")
    assert answer.status == 0, answer.err
    found, whole = (
        json.loads(Path(run, "results.json").read_text())["comparison"]
        for run in ("r", "whole")
    )
    for one, other in zip(found["rows"], whole["rows"], strict=True):
        assert one["values"] == other["values"]
        assert one.get("parameters") == other.get("parameters")
    assert "finished" in elman("resume", "r").out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--compare-with", "lstmm"], "--compare-with must be one of"),
        (["--compare-with", "gru"], "--compare-with names no other network than gru"),
        (["--compare", "--test-fraction", 0], "--compare scores on sequences held out"),
        (["--compare", "--processes", 2], "--compare trains in one process"),
        (["--compare-seeds", 0], "--compare-seeds must be at least 1"),
    ],
)
def test_what_cannot_be_compared(elman, cases, options, message):
    refused(elman("train", "classify", cases("toy.ts"), *options), message)

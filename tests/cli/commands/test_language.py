"""``elman train language`` and ``elman generate``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import elman as package

FAST = ("--hidden", "8", "--epochs", "1", "--batch-size", "4", "--quiet")


@pytest.fixture
def lines(tmp_path):
    draw = np.random.default_rng(0)
    words = draw.choice(["sun", "moon", "rain", "the"], 300)
    path = tmp_path / "poem.txt"
    path.write_text("\n".join(" ".join(words[i : i + 5]) for i in range(0, 300, 5)))
    return path


def test_from_a_text_to_another(elman, lines, tmp_path):
    done = elman("train", "language", lines, *FAST)
    assert done.status == 0, done.err
    assert "7-gram" in done.out
    assert "nats a character" in done.out
    run = tmp_path / "runs" / "poem-1"
    assert (run / "report.html").is_file()

    wrote = elman("generate", run, "--prompt", "the ", "--length", "20")
    model = package.load(run)
    assert wrote.out == "the " + model.generate("the ", 20) + "\n"
    told = elman("generate", run, "--temperature", "0", "--json", "--length", "4")
    expected = model.generate(length=4, temperature=0)
    assert json.loads(told.out) == {"prompt": "", "text": expected, "seed": 0}

    for arguments, words in (
        (("generate", run, "--prompt", "☃"), "the text trained on has no '☃'"),
        (("predict", run, lines), "score a text: elman score "),
        (("update", run, lines), "elman generate writes with it"),
        (("score", run, "poems.txt"), "no such file; did you mean 'poem.txt'?"),
        (("score", run, lines, "--out", "a.md"), "--out a.md ends in '.md'"),
    ):
        refused = elman(*arguments)
        assert refused.status == 2
        assert words in refused.err
        assert refused.err.count("\n") == 1


def test_another_text_is_scored(elman, lines, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("the rain the sun\n" * 9)
    done = elman("train", "language", lines, "--test", other, "--json", *FAST)
    scores = json.loads(done.out)["scores"]
    assert scores["split"] == "test, other.txt"
    assert len(scores["rows"]) == 5


def test_a_finished_run_scores_a_new_text(elman, lines, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("the rain the sun\nüüü\n" * 9)
    assert elman("train", "language", lines, "--out", "r", *FAST).status == 0
    told = elman("score", "r", other, "--json")
    scores = json.loads(told.out)
    model = package.load("r")
    beside = model.evaluate(other, split="other.txt", training=lines)
    assert scores["rows"] == beside["rows"]
    assert [row["model"] for row in scores["rows"]][-1] == "7-gram"
    assert scores["unknown"]["share"] == pytest.approx(3 / 21)
    shown = elman("score", "r", other, "--out", "nats.csv")
    assert "14.29% of its tokens are <unk>" in shown.out
    assert "189 tokens written to nats.csv" in shown.out
    table = pl.read_csv("nats.csv")
    assert table["nats"].sum() == pytest.approx(-model.log_prob(other))
    assert "".join(table["token"][:7]) == "the rai"
    again = elman("score", "r", other, "--out", "nats.csv")
    assert "nats.csv exists; name another file, or add --force" in again.err
    # Without the text it was trained on there are no n-grams, and a line says so.
    lines.write_text("another text")
    alone = elman("score", "r", other)
    assert alone.status == 0
    assert "no n-grams beside the network: " in alone.err
    assert "5-gram" not in alone.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "bad.txt: the file is empty"),
        (b"\n \n", "bad.txt: the file is empty"),
        (b"one line", "bad.txt: the text has 8 characters, too few to learn from"),
        ("今天天气很好".encode("gbk") * 90, "is not UTF-8, and which encoding"),
        (bytes(range(256)) * 9, "this is binary data, not text"),
    ],
)
def test_a_bad_text_is_one_line_and_leaves_nothing(elman, tmp_path, content, words):
    (tmp_path / "bad.txt").write_bytes(content)
    done = elman("train", "language", "bad.txt", *FAST)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_folder_and_a_missing_file_are_one_line(elman, tmp_path):
    (tmp_path / "texts").mkdir()
    folder = elman("train", "language", "texts")
    assert "texts: this is a folder; name a file in it" in folder.err
    gone = elman("train", "language", "text")
    assert "text: no such file; did you mean 'texts'?" in gone.err


def test_an_interrupted_run_goes_on(elman, lines, monkeypatch, tmp_path):
    from elman.training import Progress

    def interrupt(self, state):
        if state.step == 3:
            raise KeyboardInterrupt

    straight = elman("train", "language", lines, *FAST, "--out", "a", "--seed", "1")
    assert straight.status == 0
    monkeypatch.setattr(Progress, "on_step", interrupt)
    options = [option for option in FAST if option != "--quiet"]
    stopped = elman("train", "language", lines, *options, "--out", "b", "--seed", "1")
    assert stopped.status == 130
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert elman("resume", "b", "--quiet").status == 0
    models = [(tmp_path / run / "model.safetensors").read_bytes() for run in "ab"]
    assert models[0] == models[1]


def test_beside_others_and_an_interruption_on_the_way(elman, lines, monkeypatch):
    from elman.tasks.language import _compare

    fit, count = _compare.fit_network, []
    asked = ("--compare-with", "lstm,tcn", "--compare-seconds", 60)

    def stopping(recipe):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return fit(recipe)

    with monkeypatch.context() as patch:
        patch.setattr(_compare, "fit_network", stopping)
        stopped = elman("train", "language", lines, *FAST, "--out", "r", *asked)
    assert stopped.status == 130
    done = elman("resume", "r")
    assert done.status == 0, done.err
    assert "Beside other networks, validation" in done.out
    assert "Of 3 networks with about" in done.out
    assert "linear models" not in done.out
    assert "comparing: TCN, seed 0" in done.err
    page = (Path("r") / "report.html").read_text()
    assert "Validation loss of several networks" in page
    assert "linear models" not in page
    refused = elman("train", "language", lines, "--compare", "--validation", "0")
    assert "--compare scores on text held out: give --test FILE" in refused.err


def test_a_text_is_diagnosed(elman, lines):
    done = elman("diagnose", "language", lines, "--hidden", "8", "--init", "default")
    assert done.status == 0, done.err
    assert "Gradient flow" in done.out
    without = elman("diagnose", "language", lines, "--cell", "tcn", "--hidden", "8")
    assert without.status == 2
    assert "nothing to diagnose: a temporal convolution has no recurrence" in (
        without.err
    )


@pytest.mark.parametrize("encoder", ["tcn", "transformer"])
def test_encoders_without_a_state(elman, lines, encoder, tmp_path):
    done = elman("train", "language", lines, *FAST, "--encoder", encoder)
    assert done.status == 0, done.err
    assert "with a window that slides" in done.out
    wrote = elman("generate", tmp_path / "runs" / "poem-1", "--length", "9")
    assert len(wrote.out) == 10
    refused = elman(
        *("train", "language", lines, *FAST),
        *("--encoder", encoder, "--weight-dropout", "0.1"),
    )
    assert refused.status == 2
    assert "weight_dropout: a T" in refused.err or "a temporal" in refused.err
    assert refused.err.count("\n") == 1

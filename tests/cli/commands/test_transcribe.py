"""Transcription from files: train, predict, score, diagnose, go on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recorded import tone, write_wav

SHAPES = np.eye(3)
SMALL = ("--hidden", 8, "--epochs", 2, "--quiet")


def spoken(count=40, seed=0):
    """Return digits said by bumps, as (sequence, text)."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        digits = draw.integers(0, 3, draw.integers(1, 4))
        parts = [np.repeat([SHAPES[d], 0 * SHAPES[d]], 4, axis=0) for d in digits]
        x = np.concatenate(parts)
        found.append((x + 0.1 * draw.normal(size=x.shape), "".join(map(str, digits))))
    return found


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a row a step, the text in each."""

    def write(name="strokes.csv", seed=0, text="text", each=False):
        rows = [f"sheet,t,a,b,c,{text}"]
        for number, (x, said) in enumerate(spoken(seed=seed)):
            for step, values in enumerate(x):
                what = f"{said}{step % 2 if each else ''}"
                cells = ",".join(f"{v:.3f}" for v in values)
                rows.append(f"s{number},{step},{cells},{what}")
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n")
        return path

    return write


COLUMNS = ("--id", "sheet", "--time", "t", "--label", "text")


def test_from_a_table_to_transcriptions_and_scores(elman, table):
    trained = elman("train", "transcribe", table(), *COLUMNS, *SMALL, "--out", "run")
    assert trained.status == 0, trained.err
    assert "character error rate" in trained.out
    assert "1-nearest-neighbour" in trained.out
    assert "reference" in trained.out
    page = Path("run/report.html").read_text()
    assert "What it transcribes" in page
    assert "How often each label is said" in page
    others = table("others.csv", seed=1)
    found = elman("predict", "run", others, "--json")
    content = json.loads(found.out)
    first = content["predictions"][0]
    assert list(first) == ["sequence", "prediction", "label"]
    assert isinstance(first["prediction"], str)
    assert isinstance(first["label"], str)
    scored = json.loads(elman("score", "run", others, "--json").out)
    assert [row["model"] for row in scored["rows"]] == ["network", "network, greedy"]
    rate = scored["rows"][0]["values"]["character error rate"]
    assert content["scores"]["1 - error rate"] == pytest.approx(1 - rate)
    assert "is finished" in elman("resume", "run").out
    # What its runs are not for.
    refused = elman("diagnose", "run", others)
    assert refused.status == 2
    assert "run is a run of transcribe; scores on data in another order" in refused.err
    assert "elman score scores it" in elman("translate", "run", "a").err


def test_beside_other_networks_and_before_training(elman, table):
    data = table()
    more = ("--compare-with", "rnn", "--compare-seconds", 0.2, "--beam", 2)
    trained = elman(
        "train", "transcribe", data, *COLUMNS, *SMALL, *more, "--out", "run", "--json"
    )
    assert trained.status == 0, trained.err
    rows = json.loads(trained.out)["comparison"]["rows"]
    assert [row["model"] for row in rows[:2]] == ["GRU", "RNN"]
    seen = elman(
        "diagnose", "transcribe", data, "--id", "sheet", "--label", "text", "--json"
    )
    assert seen.status == 0, seen.err
    found = json.loads(seen.out)["diagnosis"]
    assert found["needed_source"].startswith("the steps that a label lasts")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("train", "transcribe", "each.csv", *COLUMNS),
            "the labels differ from step to",
        ),
        (("train", "transcribe", "one.csv", "--id", "sheet"), "there are no labels"),
        (("diagnose", "transcribe", "one.csv", "--order"), "--order is for classify"),
        (
            ("train", "transcribe", "one.csv", *COLUMNS, "--frames", "x"),
            "--frames must",
        ),
    ],
)
def test_what_cannot_be_transcribed_is_one_line(elman, table, arguments, words):
    table("each.csv", each=True)
    table("one.csv")
    if "there are no labels" in words:
        file = Path("one.csv")
        lines = file.read_text().splitlines()
        file.write_text("\n".join(line.rpartition(",")[0] for line in lines))
    answer = elman(*arguments, *(() if "diagnose" in arguments else ("--quiet",)))
    assert answer.status == 2
    assert words in answer.err
    assert len(answer.err.strip().splitlines()) == 1


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """Return a table of recordings of tones, what they say, and who says it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    draw = np.random.default_rng(0)
    rows = ["path,text,speaker"]
    for number in range(16):
        letters = draw.choice(list("lh"), draw.integers(1, 4))
        tones = [tone({"l": 300, "h": 1500}[x], 0.15) for x in letters]
        write_wav(tmp_path / f"wav/{number}.wav", np.concatenate(tones))
        rows.append(f"wav/{number}.wav,{''.join(letters)},s{number % 4}")
    table = tmp_path / "recordings.csv"
    table.write_text("\n".join(rows) + "\n")
    return table


def test_recordings_of_whole_speakers_are_held_out(elman, recordings, table):
    columns = ("--label", "text", "--group", "speaker", "--bands", 12)
    trained = elman("train", "transcribe", recordings, *columns, *SMALL, "--out", "run")
    assert trained.status == 0, trained.err
    assert "1 of 4 groups held out" in trained.out
    assert "12 log-mel bands" in trained.out
    found = json.loads(elman("predict", "run", "wav", "--json").out)
    assert found["rows"] == 16
    assert list(found["predictions"][0]) == ["sequence", "prediction"]
    scored = json.loads(elman("score", "run", recordings, "--json").out)
    assert 0 <= scored["rows"][0]["values"]["exact matches"] <= 1
    refused = elman("predict", "run", table())
    assert refused.status == 2
    assert "holds no recordings, and the run was trained on some" in refused.err

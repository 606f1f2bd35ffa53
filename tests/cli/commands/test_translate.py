"""``elman train translate`` and ``elman translate``."""

from __future__ import annotations

import io
import json
import sys

import pytest

import elman as package

FAST = ("--hidden", "8", "--epochs", "1", "--metric", "exact", "--tokens", "words")
QUIET = (*FAST, "--beam", "2", "--quiet")


@pytest.fixture
def table(tmp_path):
    rows = [f"{a} {b} {i}\t{b}{a} {i}" for i in range(20) for a in "xyz" for b in "uv"]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def files(tmp_path, table):
    """Both sides in a file each: train, val and test."""
    rows = [row.split("\t") for row in table.read_text().splitlines()]
    parts = {"train": rows[:80], "val": rows[80:100], "test": rows[100:]}
    for name, part in parts.items():
        for side, ending in enumerate(("en", "de")):
            text = "".join(f"{row[side]}\n" for row in part)
            (tmp_path / f"{name}.{ending}").write_text(text)
    return [tmp_path / "train.en", tmp_path / "train.de"]


def test_from_a_table_to_translations(elman, table, tmp_path, monkeypatch):
    done = elman("train", "translate", table, *QUIET)
    assert done.status == 0, done.err
    assert "exact matches" in done.out
    assert "translation of the nearest" in done.out
    assert "reference" in done.out
    run = tmp_path / "runs" / "pairs-1"
    page = (run / "report.html").read_text()
    assert "What it translates" in page
    assert "attention-0-w" in page
    model = package.load(run)

    texts = ["x u 1", "z v 2"]
    found = elman("translate", run, *texts)
    assert found.out.splitlines() == model.translate(texts)
    (tmp_path / "in.txt").write_text("x u 1\n\nz v 2\n")
    found = elman("translate", run, "--file", tmp_path / "in.txt", "--beam", "1")
    expected = model.translate(["x u 1", "", "z v 2"], beam=1)
    assert found.out == "".join(f"{line}\n" for line in expected)

    found = elman("translate", run, "x u 1", "--n-best", "3")
    lines = [line.split("\t") for line in found.out.splitlines()]
    best = model.translate("x u 1", n_best=3)
    assert [text for _, text in lines] == [one.text for one in best]
    assert float(lines[0][0]) == pytest.approx(best[0].score, abs=1e-4)

    drawn = tmp_path / "seen.html"
    found = elman("translate", run, *texts, "--json", "--attention", drawn)
    told = json.loads(found.out)
    assert [each["source"] for each in told["texts"]] == texts
    assert told["texts"][0]["translations"][0]["text"] == model.translate(texts[0])
    assert drawn.read_text().count("<figure>") == 2

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x u 1\r\nz v 2\n")))
    assert elman("translate", run).out.splitlines() == model.translate(texts)
    monkeypatch.setattr(sys, "stdin", None)
    assert "name the text: elman translate" in elman("translate", run).err

    for arguments, words in (
        (("translate", run, "x", "--file", "y"), "give texts or --file, not both"),
        (("translate", run, "x", "--attention", "a.gif"), "must end in .html, .png"),
        (("translate", run, "x", "--attention", drawn), "exists; name another file"),
        (("translate", run, "x", "--n-best", "3", "--beam", "2"), "n_best must be"),
        (("translate", run, "x", "--beam", "1001"), "beam must be at most 1000"),
        (("translate", run, "x", "--with", "gone"), "gone"),
        (("predict", run, table), "translate with it: elman translate"),
        (("generate", run), "elman translate translates with it"),
    ):
        refused = elman(*arguments)
        assert refused.status == 2, arguments
        assert words in refused.err
        assert refused.err.count("\n") == 1


def test_from_two_files_with_parts_of_their_own(elman, files, tmp_path):
    own = ("--valid", "val", "--test", "test.en", "--test", "test.de")
    done = elman("train", "translate", *files, *own, "--json", *QUIET)
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["scores"]["split"] == "test, test.en, test.de, 20 pairs; beam of 2"
    assert [row["kind"] for row in told["scores"]["rows"]] == [
        *("network", "greedy", "baseline", "baseline", "baseline")
    ]
    model = package.load(told["run"])
    assert model.results_["data"]["pairs"] == 80

    again = elman("score", told["run"], "test.en", "test.de", "--json")
    assert again.status == 0, again.err
    rows = json.loads(again.out)["rows"]
    assert rows == told["scores"]["rows"][:2]
    refused = elman("score", told["run"], "test.en")
    assert "no row has a tab" in refused.err

    other = elman("train", "translate", *files, *own, "--json", "--seed", "1", *QUIET)
    other = json.loads(other.out)["run"]
    both = ("--with", other)
    together = model.joined(package.load(other))
    found = elman("translate", told["run"], *both, "x u 1", "z v 2")
    assert found.out.splitlines() == together.translate(["x u 1", "z v 2"])
    found = elman("score", told["run"], "test.en", "test.de", *both, "--json")
    test = package.data.read_pairs("test.en", "test.de")
    scores = together.evaluate(test.source, test.target)
    assert json.loads(found.out)["rows"] == scores["rows"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("empty.tsv",), "empty.tsv: the file is empty"),
        (("one.tsv",), "one.tsv: there is 1 pair with text on both sides, too few"),
        (("none.tsv",), "no row has a tab between source and target"),
        (("latin.tsv",), "is not UTF-8"),
        (("train.en", "short.de"), "has 80 lines and short.de 2 lines"),
        (("train.en", "train.de", "--valid", "vol"), "vol.en: no such file"),
        (("train.en", "train.de", "pairs.tsv"), "got 3 files"),
        (("gone.tsv",), "gone.tsv: no such file"),
        (("pairs.tsv", "--test-fraction", "1"), "--test-fraction must be"),
        (("pairs.tsv", "--encoder", "tcm"), "did you mean 'tcn'"),
        (("pairs.tsv", "--cell", "tcn"), "tcn only reads; write --encoder tcn"),
    ],
)
def test_bad_pairs_are_one_line_and_leave_nothing(
    elman, files, table, tmp_path, arguments, words
):
    (tmp_path / "empty.tsv").write_text("")
    (tmp_path / "one.tsv").write_text("a\tb\n")
    (tmp_path / "none.tsv").write_text("a b\nc d\n")
    (tmp_path / "latin.tsv").write_bytes("今天\t天气\n".encode("gbk") * 90)
    (tmp_path / "short.de").write_text("a\nb\n")
    done = elman("train", "translate", *arguments, *QUIET)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_an_interrupted_run_goes_on(elman, files, monkeypatch, tmp_path):
    from elman.training import Progress

    def interrupt(self, state):
        if state.step == 2:
            raise KeyboardInterrupt

    own = ("--valid", "val", "--test", "test", "--tokens-per-batch", "90")
    arguments = ("train", "translate", *files, *own, *FAST, "--seed", "1")
    assert elman(*arguments, "--quiet", "--out", "a").status == 0
    monkeypatch.setattr(Progress, "on_step", interrupt)
    assert elman(*arguments, "--out", "b").status == 130
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    text = (tmp_path / "val.de").read_text()
    (tmp_path / "val.de").write_text(text + "more\n")
    refused = elman("resume", "b", "--quiet")
    assert refused.status == 2
    assert "val.de is not the file the run began with" in refused.err
    (tmp_path / "val.de").write_text(text)
    assert elman("resume", "b", "--quiet").status == 0
    models = [(tmp_path / run / "model.safetensors").read_bytes() for run in "ab"]
    assert models[0] == models[1]


def test_pairs_are_diagnosed(elman, table):
    done = elman("diagnose", "translate", table, "--hidden", "8", "--init", "default")
    assert done.status == 0, done.err
    assert "attention bridges more" in done.out

"""``elman explain``: the page, the table, JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

SMALL = ["--hidden", 4, "--epochs", 2]


@pytest.fixture
def run(elman, cases):
    """Return a trained run and the file it may be asked about."""
    data = cases()
    answer = elman("train", "classify", data, "--out", "r", *SMALL)
    assert answer.status == 0, answer.err
    return "r", data


def test_a_page_is_drawn_in_the_run_directory(elman, run):
    answer = elman("explain", *run, "--most", 2, "--method", "occlusion")
    assert answer.status == 0, answer.err
    assert "log-odds of" in answer.out
    assert "off adding up" in answer.out
    assert "more sequences" in answer.out
    page = Path("r/explanation.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 2
    assert "<title>step 0: " in page
    assert "<script" not in page
    assert elman("predict", *run).status == 0  # the run is as it was


def test_a_table_and_a_document_hold_the_same(elman, run):
    options = ["--case", "2", "--method", "ig", "--check"]
    answer = elman("explain", *run, *options, "--out", "why.csv", "--json")
    assert answer.status == 0, answer.err
    document = json.loads(answer.out)
    case = document["cases"][0]
    table = pl.read_csv("why.csv")
    assert table["case"].unique().to_list() == [2]
    whole = case["output"][0] - case["reference"][0]
    assert table["attribution"].sum() == pytest.approx(whole, rel=0.01)
    assert case["fidelity"]["shares"][-1] == 1.0
    assert -1 <= case["likeness"] <= 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--case", "nobody"], "has no such sequence"),
        (["--output", "c"], "no class"),
        (["--method", "guess"], "none of auto"),
        (["--baseline", "background"], "background"),
        (["--out", "why.txt"], "ends in '.txt'"),
        (["--case", "1", "--most", "3"], "give one"),
        (["--step", "3"], "one for the whole sequence"),
        (["--background", "nothing.ts"], "nothing.ts"),
    ],
)
def test_what_cannot_be_asked_is_one_line(elman, run, options, words):
    answer = elman("explain", *run, *options)
    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert answer.err.count("\n") == 1
    assert words in answer.err
    assert not Path("r/explanation.html").exists()


def test_a_run_of_another_task_is_refused(elman, tmp_path):
    Path("t.txt").write_text("to be or not to be, that is the question\n" * 40)
    options = ["--hidden", 4, "--epochs", 1, "--out", "l"]
    assert elman("train", "language", "t.txt", *options).status == 0
    answer = elman("explain", "l", "t.txt")
    assert answer.status == 2
    assert "takes runs of classify and regress" in answer.err

"""What a transcriber's page holds: alignments, error rates, errors by label."""

from __future__ import annotations

import numpy as np
import pytest

from elman.report import render
from elman.report._tables import label_error_rows
from elman.report.pictures._alignment import alignment_picture
from elman.report.pictures._error_rates import error_rates_picture


def aligned(**changes):
    chances = np.full((10, 3), 0.05)
    chances[:, 0] = 0.9
    chances[3] = [0.1, 0.9, 0.0]
    found = {
        "labels": ["yes"],
        "spans": [[6, 8]],
        "steps": 19,
        "frames": 2,
        "chances": [
            {"label": name, "values": chances[:, k].tolist()}
            for k, name in enumerate(["", "yes", "no"])
        ],
        "input": np.random.default_rng(0).normal(size=(5, 19)).tolist(),
    }
    return found | changes


@pytest.mark.parametrize("channels", [1, 3, 5, 40])
def test_an_alignment_is_drawn(channels):
    values = np.random.default_rng(0).normal(size=(channels, 19)).tolist()
    drawn = alignment_picture(aligned(input=values), "alignment-0")
    assert "said: yes" in drawn.wide
    assert [key.text for key in drawn.keys][-1] == "a label that was not said"
    assert ">yes<" in drawn.wide


@pytest.mark.parametrize(
    "changes",
    [
        {"spans": []},
        {"spans": [[1]]},
        {"steps": None},
        {"chances": []},
        {"input": [[1, 2], [1]]},
    ],
)
def test_what_cannot_be_drawn_is_left_out(changes):
    assert alignment_picture(aligned(**changes), "alignment-0") is None


def test_a_sequence_that_says_nothing_is_drawn():
    drawn = alignment_picture(aligned(labels=[], spans=[]), "alignment-0")
    assert "said: nothing" in drawn.wide


def test_the_error_rate_against_seconds():
    rates = [
        {"epoch": e, "seconds": float(e), "error_rate": r}
        for e, r in [(1, 1.0), (2, 0.5), (4, 0.125)]
    ]
    row = {"model": "most frequent", "kind": "baseline", "values": {"rate": 0.75}}
    scores = {"metric": "rate", "rows": [row]}
    drawn = error_rates_picture({"error_rates": rates, "scores": scores})
    assert "0.125" in drawn.finding
    assert drawn.keys[-1].text == "most frequent, 0.750"
    assert error_rates_picture({"error_rates": rates[:1]}) is None


def test_labels_without_an_error_are_left_out():
    row = {"label": "a", "said": 5, "substituted": 1, "deleted": 0, "mostly": "b"}
    assert label_error_rows({"label_errors": [row, {"label": "c", "said": 4}]}) == [
        ["a", "5", "1", "", "", "b"]
    ]


def test_all_of_it_is_on_the_page():
    text = {"reference": "<yes>", "transcription": "no", "greedy": "n"}
    page = render(
        {"task": "transcribe", "transcriptions": [text], "alignments": [aligned()]}
    )
    assert "&lt;yes&gt;" in page
    assert "Step by step" in page
    assert "Which steps said which label" in page

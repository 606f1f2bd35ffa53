"""Text on the page: samples by epoch, and a text coloured by surprise."""

from __future__ import annotations

import re

import pytest

from elman.report import render
from elman.report._written import LEVELS, samples, surprise_text

RESULTS = {
    "task": "language",
    "scores": {
        "metric": "nats a character",
        "lower_is_better": True,
        "split": "validation",
        "verdict": "",
        "rows": [
            {
                "model": "network",
                "kind": "network",
                "values": {"nats a character": 1.5},
            },
            {
                "model": "5-gram",
                "kind": "baseline",
                "values": {"nats a character": 1.7},
            },
            {
                "model": "3-gram",
                "kind": "baseline",
                "values": {"nats a character": 2.0},
            },
        ],
    },
    "training": {
        "best_epoch": 2,
        "history": [
            {"epoch": e, "loss": 4 - e, "validation_loss": 4.1 - e, "seconds": s}
            for e, s in ((0, 0.0), (1, 30.0), (2, 40.0))
        ],
    },
    "samples": [
        {"epoch": 1, "loss": 3.1, "text": "<b> xq\nzz"},
        {"epoch": 2, "loss": 2.1, "text": "a sun\n"},
    ],
    "surprise": {
        "unit": "character",
        "pieces": ["a", "<", "\n", "b", "c"],
        "nats": [0.1, 0.2, 6.5, 1.0, 1.9],
    },
}


def test_tokens_of_one_level_are_one_run():
    found = surprise_text(RESULTS)
    assert found.runs == [(0, "a<"), (len(LEVELS), "\n"), (2, "bc")]
    assert "the character was" in found.caption


@pytest.mark.parametrize("broken", [{}, {"pieces": ["a"], "nats": []}, {"pieces": 3}])
def test_without_a_text_there_is_none(broken):
    assert surprise_text({"surprise": broken}) is None


def test_samples_say_their_epoch():
    first, second = samples(RESULTS)
    assert first.title == "after epoch 1, 3.100 nats on the validation part"
    assert second.title.endswith(": the one that is kept")
    assert samples({"samples": None}) == []


def test_the_page_shows_them_as_text():
    page = render(RESULTS)
    assert "What it wrote" in page
    assert "&lt;b&gt; xq\nzz" in page
    assert '<span class="s0">a&lt;</span><span class="s6">\n</span>' in page
    assert "5-gram, 1.700" in page
    assert "seconds of training" in page
    assert re.search(r"\.s6 \{ --w: \d+%", page)
    other = render({**RESULTS, "task": "classify", "samples": [], "surprise": {}})
    assert "What it wrote" not in other
    assert "seconds of training" not in other
    assert "surprises it" not in other

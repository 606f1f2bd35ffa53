"""The part of a report that says how parameters were chosen."""

from __future__ import annotations

import copy
import re

import pytest

from elman.report import render
from elman.report.pictures._search import search_pictures

RATES = [0.003, 0.08, 0.0049, 0.0001, 0.02]
SCORES = [0.0, 0.7, 0.9, None, 0.65]


def found():
    return {
        "metric": "accuracy",
        "sampler": "tpe",
        "space": {"learning_rate": "0.0001..0.1:log", "cell": "gru,lstm"},
        "budget": "5 trials",
        "folds": "3 folds of 60 sequences, random",
        "test": "test, 12 sequences held out",
        "trials": [
            {
                "number": i,
                "params": {"learning_rate": rate, "cell": ["gru", "lstm"][i % 2]},
                "score": score,
                "ended": "dropped" if score is None else "finished",
                "seconds": 2.0,
                "losses": [[1, 1.0], [2, 0.9 - 0.1 * i]][: 1 if score is None else 2],
            }
            for i, (rate, score) in enumerate(zip(RATES, SCORES, strict=True))
        ],
        "chosen": {
            "params": {"learning_rate": 0.0049, "cell": "gru"},
            "trial": 2,
            "score": 0.9,
            "scores": [0.8, 0.82],
            "mean": 0.81,
            "deviation": 0.014,
        },
        "default": {"scores": [0.5, 0.6], "mean": 0.55, "deviation": 0.07},
        "importance": {"learning_rate": 0.9, "cell": 0.1},
        "verdict": "The search helped by more than seeds do: so it did.",
        "bias": "In the folds it was too good.",
        "command": "elman train classify a.ts --lr 0.0049 --cell gru",
    }


def test_the_page_says_what_was_chosen_and_what_that_is_worth():
    page = render({"task": "classify", "search": found()})
    text = re.sub(r"<[^>]+>", " ", page)
    for words in (
        "How it was chosen",
        "learning_rate=0.0001..0.1:log",
        "The search helped by more than seeds do",
        "In the folds it was too good.",
        "elman train classify a.ts --lr 0.0049",
        "learning_rate 90%, cell 10%",
        "0.81",
        "0.55",
    ):
        assert words in text
    assert page == render({"task": "classify", "search": found()})
    assert "How it was chosen" not in render({"task": "classify"})


def test_three_pictures_each_of_what_there_is():
    names = [one.name for one in search_pictures(found())]
    assert names == ["search-tried", "search-best", "search-curves"]
    scored = [row for row in found()["trials"] if row["score"] is not None]
    assert scored[0]["score"] == 0.0, "which is a score like others"
    two = found() | {"trials": scored[:2]}
    assert [one.name for one in search_pictures(two)] == names
    for change, left in (
        (lambda f: f["trials"].clear(), []),
        (lambda f: f["space"].clear(), ["search-best", "search-curves"]),
        (
            lambda f: [row.update(losses=[]) for row in f["trials"]],
            ["search-tried", "search-best"],
        ),
        (
            lambda f: [row.update(score=None) for row in f["trials"]],
            ["search-curves"],
        ),
    ):
        part = copy.deepcopy(found())
        change(part)
        assert [one.name for one in search_pictures(part)] == left


@pytest.mark.parametrize("damaged", [None, [], "no", 3, {"chosen": {"mean": "x"}}])
def test_damaged_results_are_left_out(damaged):
    assert "How it was chosen" not in render({"task": "classify", "search": damaged})

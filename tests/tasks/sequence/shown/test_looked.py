"""What a network looked at, where the answer is planted."""

from __future__ import annotations

import numpy as np

from elman import SequenceClassifier
from elman.report import render
from elman.tasks.sequence.shown._looked import looked_at

SMALL = {"hidden_size": 8, "epochs": 25, "refit": False, "highway": "none"}


def test_the_letter_that_decides_counts_most():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("bdgk"), 5)) for _ in range(80)]
    X = [f"{x[:2]}{'xy'[i % 2]}{x[3:]}" for i, x in enumerate(X)]
    model = SequenceClassifier(**SMALL).fit(X, np.arange(80) % 2)
    assert model.score(X, np.arange(80) % 2) > 0.95
    shown = model.results_["data"]["examples"][0]
    assert shown["events"] == list(X[shown["row"]])
    assert int(np.argmax(shown["weight"])) == 2
    assert max(shown["weight"]) == 1.0
    page = render(model.results_)
    assert "their steps one beside the other" in page


def test_the_row_that_decides_counts_most():
    X = np.random.default_rng(0).random((60, 6, 5))
    X[::2, 4] += 3
    model = SequenceClassifier(image="rows", **SMALL).fit(X, np.arange(60) % 2)
    assert int(np.argmax(looked_at(model, X[0]))) == 4
    assert "row by row from the top" in render(model.results_)

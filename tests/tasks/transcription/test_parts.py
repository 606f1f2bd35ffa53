"""What texts are made of, how many steps are one, and what goes wrong."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.transcription._alphabet import Alphabet
from elman.tasks.transcription._baselines import WholeRows
from elman.tasks.transcription._evaluated import label_errors, values_of
from elman.tasks.transcription._recipe import label_rows


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["314", "15"] * 5, "characters"),
        (["one two", "two one one"] * 5, "words"),
        (["a", "b", "a b c"] * 5, "characters"),
        ([f"the {i} cat {i + 1} sat" for i in range(300)], "characters"),
        (["", " "] * 5 + ["x y"] * 10, "words"),
    ],
)
def test_what_texts_are_made_of(texts, form):
    alphabet, rows = Alphabet.of(texts, "auto", len(texts))
    assert alphabet.form == form
    for text, row in zip(texts, rows, strict=True):
        assert alphabet.row(alphabet.numbers(row)) == row
        assert alphabet.given(row) == text.strip()


def test_what_is_asked_for_is_taken():
    texts = ["one two", "two one one"] * 5
    alphabet, _ = Alphabet.of(texts, "characters", 10)
    assert alphabet.labels == (" ", "e", "n", "o", "t", "w")
    assert alphabet.spaced
    values = values_of([list("one two")], [list("one too")], alphabet)
    assert values == {
        "character error rate": pytest.approx(1 / 7),
        "word error rate": pytest.approx(1 / 2),
        "exact matches": 0,
    }


@pytest.mark.parametrize(
    ("steps", "labels", "frames"),
    [
        ([400, 300], [[1, 2, 3], [2, 1]], 8),  # never more
        ([48, 50], [[1, 2, 3], [2, 1, 3]], 2),  # 8 to a label in the middle
        ([20, 20], [[1, 2, 3], [2, 1]], 1),
        ([400, 400, 9], [[1, 2], [2, 1], [1, 1]], 1),  # twice what the last one needs
        ([400], [[]], 8),
    ],
)
def test_how_many_steps_are_read_as_one(steps, labels, frames):
    sequences = [np.zeros((n, 2)) for n in steps]
    targets, found = label_rows(sequences, labels, "auto")
    assert found == frames
    assert targets.steps.tolist() == [-(-n // frames) for n in steps]


def test_errors_by_label():
    table = label_errors([list("abb"), list("ac"), []], [list("acb"), list("a"), ["c"]])
    rows = {row["label"]: row for row in table}
    assert rows["c"] == {
        "label": "c",
        "said": 2,
        "right": 0,
        "substituted": 1,
        "deleted": 1,
        "inserted": 1,
        "mostly": "b",
    }
    assert table[0]["label"] == "c"
    assert rows["a"]["right"] == rows["a"]["said"] == 2


def test_baselines_say_whole_rows():
    sequences = [np.full((5, 1), v, np.float32) for v in (0, 0, 1, 5)]
    rows = [["a"], ["a"], ["b", "a"], ["c"]]
    found = WholeRows(sequences, rows).predict([np.full((7, 1), 4, np.float32)])
    assert found == {"most frequent": [["a"]], "1-nearest-neighbour": [["c"]]}

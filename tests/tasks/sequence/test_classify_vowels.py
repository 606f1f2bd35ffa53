"""JapaneseVowels, its own split, with default settings: 0.985 or more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elman import SequenceClassifier
from elman.data import read_sequences

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))


@pytest.mark.skipif(
    not (DATA / "JapaneseVowels_TRAIN.ts").exists(),
    reason=f"JapaneseVowels_TRAIN.ts is not in {DATA}; set ELMAN_DATA",
)
def test_japanese_vowels():
    train = read_sequences(DATA / "JapaneseVowels_TRAIN.ts")
    test = read_sequences(DATA / "JapaneseVowels_TEST.ts")
    model = SequenceClassifier().fit(train.X, train.y)
    scores = model.evaluate(test.X, test.y)
    accuracy = {row["model"]: row["values"]["accuracy"] for row in scores["rows"]}
    assert accuracy["Elman"] >= 0.985
    assert accuracy["ridge"] >= 0.97
    assert accuracy["majority class"] < 0.2
    assert model.results_["data"]["lengths"] == [len(s) for s in train.X]

"""Byte pair encoding with merges left out by chance."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from elman.tasks.tokens._kinds import vocabulary_of
from elman.tasks.tokens._merges import Merges

TEXT = "the thin thing there, then — thé 日本 the\tthis  these\n"


def test_without_dropout_words_are_split_as_the_library_does():
    pytest.importorskip("tokenizers")
    vocabulary = vocabulary_of("subwords", TEXT * 3, 290)
    merges = vocabulary.merges()
    for text in (TEXT, "another thing, thus\n\n  é 😀\n"):
        ids = [
            number
            for word in vocabulary.words(text)
            for number in merges.split(word, 0.0, lambda: 0.0)
        ]
        assert ids == vocabulary.encode(text).tolist()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        # One merge makes room for the next one.
        ([("a", "b"), ("ab", "c")], {"abc": 0.49, "ab c": 0.21, "a b c": 0.3}),
        # Two are in each other's way: the later one has its turn if the first is out.
        ([("a", "b"), ("b", "c")], {"ab c": 0.7, "a bc": 0.21, "a b c": 0.09}),
    ],
)
def test_each_merge_is_left_out_with_the_probability_asked_for(made, expected):
    names = ["a", "b", "c", *("".join(pair) for pair in made)]
    merges = Merges({"vocab": {n: i for i, n in enumerate(names)}, "merges": made})
    uniform, draws = np.random.default_rng(0).random, 4000
    found = Counter(
        " ".join(names[i] for i in merges.split("abc", 0.3, uniform))
        for _ in range(draws)
    )
    assert found.keys() == expected.keys()
    for split, probability in expected.items():
        spread = (probability * (1 - probability) / draws) ** 0.5
        assert found[split] / draws == pytest.approx(probability, abs=4 * spread)

"""Error rates beside those of jiwer 4.0.0, and edits that lead from truth to found."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks._edits import distance, edits, error_rate

WORDS = ["one", "two", "three", "four"]

# jiwer.wer and jiwer.cer of the eight draws below.
JIWER = [
    (0.769230769231, 0.650793650794),
    (1.5, 1.709677419355),
    (0.733333333333, 0.63768115942),
    (1.25, 1.313725490196),
    (1.0, 0.977272727273),
    (0.666666666667, 0.614457831325),
    (0.705882352941, 0.582278481013),
    (0.833333333333, 0.82),
]


def draws():
    draw = np.random.default_rng(0)
    for _ in JIWER:
        texts = [
            [" ".join(draw.choice(WORDS, draw.integers(least, 8))) for _ in range(3)]
            for least in (1, 0)
        ]
        yield texts[1], texts[0]


def test_error_rates_are_those_of_jiwer():
    for (words, letters), (found, truth) in zip(JIWER, draws(), strict=True):
        assert error_rate(found, truth) == pytest.approx(letters, abs=1e-11)
        split = ([text.split() for text in side] for side in (found, truth))
        assert error_rate(*split) == pytest.approx(words, abs=1e-11)


def test_edits_are_a_shortest_way():
    for found, truth in draws():
        for one, other in zip(found, truth, strict=True):
            way = edits(one, other)
            assert [x for x, _ in way if x is not None] == list(other)
            assert [y for _, y in way if y is not None] == list(one)
            assert sum(x != y for x, y in way) == distance(one, other)


def test_edits_name_what_went_wrong():
    assert edits("abxd", "abcd") == [("a", "a"), ("b", "b"), ("c", "x"), ("d", "d")]
    assert edits([1, 3], [1, 2, 3]) == [(1, 1), (2, None), (3, 3)]
    assert edits([1, 2], [1]) == [(1, 1), (None, 2)]
    assert edits("", "") == []

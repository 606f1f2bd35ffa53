"""Counts of short runs of values, beside a count by hand."""

from __future__ import annotations

import numpy as np

from elman.tasks.sequence.linear._blocks import block_from_tensors
from elman.tasks.sequence.linear._counts import LONGEST, CountBlock


def coded(texts):
    return [np.array([[ord(c) - 95.0] for c in text], np.float32) for text in texts]


def by_hand(text):
    edged = f"|{text}|"
    return [
        edged[i : i + n]
        for n in range(1, LONGEST + 1)
        for i in range(len(edged) - n + 1)
        if edged[i : i + n] != "|"
    ]


def test_runs_are_counted_with_the_edges():
    texts = ["abab", "ab", "ba", "abc", "ca"]
    each = [by_hand(text) for text in texts]
    often = {run: sum(run in runs for runs in each) for runs in each for run in runs}
    known = [run for run, n in often.items() if n >= 2]
    block = CountBlock.drawn(coded(texts), [1], 100)
    assert len(block.keys) == len(known)
    rows = []
    for runs in each:
        weighed = [
            np.log1p(runs.count(run)) * (1 + np.log(6 / (1 + often[run])))
            for run in known
        ]
        rows.append(np.sort(weighed / np.linalg.norm(weighed)))
    np.testing.assert_allclose(np.sort(block(coded(texts)), 1), rows, atol=1e-6)
    again = block_from_tensors("counts", block.tensors())
    np.testing.assert_array_equal(again(coded(["zzz"])), np.zeros((1, len(known))))


def test_words_of_a_text_have_no_order():
    first = np.array([[2, 3, 0], [4, 0, 0]], np.float32)
    second = np.array([[4, 3, 2]], np.float32)
    block = CountBlock.drawn([first, second, second], [3], 10)
    np.testing.assert_allclose(*block([first, second]), atol=1e-6)

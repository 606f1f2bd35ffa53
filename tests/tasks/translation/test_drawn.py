"""Subwords that are drawn anew each time a pair is learned from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import InputError, Translator
from elman.data import Pairs
from elman.models.translation import END, PAD, START
from elman.tasks.tokens._kinds import vocabulary_of
from elman.tasks.translation._drawn import DrawnRows
from elman.tasks.translation._examples import PairExamples, drawn_rows
from elman.tasks.translation._recipe import recipe_of
from elman.tasks.translation._side import Side

TEXTS = ["the thin thing .", "a thé", "there then these"] * 3
ROWS = torch.arange(len(TEXTS))


def drawn(dropout, texts=TEXTS):
    pytest.importorskip("tokenizers")
    side = Side(vocabulary_of("subwords", "\n".join(f" {text}" for text in TEXTS), 300))
    both = drawn_rows((side, side), (texts, texts), dropout, seed=1)
    ids = side.encode_all(texts)
    return side, PairExamples(ids, ids), PairExamples(ids, ids, both)


def test_texts_stay_what_they_are():
    side, _, examples = drawn(0.5)
    (source, lengths, given), following = examples.take(ROWS)
    for row, text in enumerate(TEXTS):
        read, written = source[row, : lengths[row]], following[row]
        written = written[written != PAD]
        assert read[-1] == written[-1] == END
        assert side.text(side.pieces(read[:-1].tolist())) == text
        assert side.text(side.pieces(written[:-1].tolist())) == text
        assert given[row, 0] == START
        assert given[row, 1 : len(written)].equal(written[:-1])
        assert not given[row, len(written) :].any()
        assert not source[row, lengths[row] :].any()


def test_without_dropout_they_are_the_usual_ones():
    _, usual, examples = drawn(0.0)
    for one, other in zip(usual.take(ROWS)[0], examples.take(ROWS)[0], strict=True):
        assert one.equal(other)
    assert usual.lengths.equal(examples.lengths)
    assert len(examples.take(ROWS[:0])[1]) == 0


def test_they_are_drawn_anew_by_torchs_generator():
    _, _, examples = drawn(0.5)
    _, _, again = drawn(0.5)
    assert examples.digest() == again.digest() != drawn(0.4)[2].digest()
    torch.manual_seed(0)
    first, second = examples.take(ROWS)[1], examples.take(ROWS)[1]
    torch.manual_seed(0)
    assert again.take(ROWS)[1].equal(first)
    assert not torch.equal(first, second)


def test_a_length_is_the_mean_of_those_drawn():
    draws = iter([1, 2, 4, 4] * 8)
    rows = DrawnRows([["a"], ["a", "a"]], lambda word: [5] * next(draws), end=[END])
    assert rows.lengths.tolist() == [4, 6]  # 2.75 + 1, 2 · 2.75 + 1, rounded


def test_only_what_is_trained_on_is_drawn(pairs):
    pytest.importorskip("tokenizers")
    translator = Translator("subwords", vocabulary_size=280, subword_dropout=0.4)
    recipe = recipe_of(translator, Pairs(*pairs), None)
    plain = recipe.examples()
    assert recipe.trained_on().lengths.sum() > 1.1 * plain.lengths.sum()
    ids = np.concatenate(recipe.source.encode_all(recipe.validation.source))
    held_out = recipe.held_out()
    (source, _, _), _ = held_out.take(torch.arange(len(held_out)))
    assert int((source > END).sum()) == len(ids)


def test_it_asks_for_subwords(pairs):
    with pytest.raises(InputError, match=r"subword_dropout=0\.1 needs tokens of sub"):
        Translator("words", subword_dropout=0.1).fit(*pairs)

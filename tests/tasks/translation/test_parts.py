"""The parts of a translator: sides, examples, rules, scores, baselines."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch

from elman import InputError
from elman.data import Pairs
from elman.models.translation import END, PAD, START, UNKNOWN
from elman.tasks._edits import distance, error_rate
from elman.tasks.tokens._kinds import vocabulary_of
from elman.tasks.translation._baselines import by_table, nearest
from elman.tasks.translation._evaluated import _verdict
from elman.tasks.translation._examples import PairExamples, padded
from elman.tasks.translation._scores import Judge, tokenization_of
from elman.tasks.translation._side import Side
from elman.tasks.translation._sizes import kinds_for, longest_for

TEXTS = ["it 's two  dogs , isn't it ?", "„Größe“ 日本 – x_y <unk> ."]


@pytest.mark.parametrize("kind", ["characters", "words", "subwords"])
def test_a_text_comes_back_and_no_token_is_taken_for_another(kind):
    if kind == "subwords":
        pytest.importorskip("tokenizers")
    side = Side(vocabulary_of(kind, "\n".join(f" {text}" for text in TEXTS)))
    for text in TEXTS:
        ids = side.encode(text)
        assert ids.min() > UNKNOWN
        assert ids.max() < side.size
        assert side.text(side.pieces(ids)) == text
        assert "".join(side.split(text)).strip() == text


def test_a_word_has_one_number_wherever_it_stands():
    side = Side(vocabulary_of("words", " the dog the"))
    assert len(set(side.encode("the dog the").tolist())) == 2
    assert side.encode("cat").tolist() == [UNKNOWN]
    assert side.shown([" the", ",", " "]) == ["the", "·,", "· "]


def test_what_a_network_is_given():
    rows = [np.array([7, 8]), np.array([9])], [np.array([5]), np.array([6, 7, 8])]
    (source, lengths, given), following = PairExamples(*rows).take(torch.tensor([0, 1]))
    assert source.tolist() == [[7, 8, END], [9, END, PAD]]
    assert lengths.tolist() == [3, 2]
    assert given.tolist() == [[START, 5, PAD, PAD], [START, 6, 7, 8]]
    assert following.tolist() == [[5, END, PAD, PAD], [6, 7, 8, END]]
    assert PairExamples(*rows).lengths.tolist() == [3, 4]
    assert padded(rows[0])[0].tolist() == source.tolist()


def test_what_texts_are_made_of_follows_them():
    text = [f"a sentence of several words , number {i}" for i in range(300)]
    words = [f"word{i}" for i in range(300)]
    sounds = ["K AE T", "D AO G"] * 150
    assert kinds_for(text, text[::-1]) == ("subwords", "subwords")
    assert kinds_for(words, sounds) == ("characters", "words")
    assert kinds_for(text, words) == ("characters", "characters")
    unspaced = ["两只狗在雪地里玩耍。", "他们很高兴地跑来跑去。"] * 150
    assert kinds_for(text, unspaced) == ("subwords", "subwords")
    assert kinds_for(["二零零一"] * 9, ["2001"] * 9) == ("characters", "characters")


def test_what_is_made_of_words_has_met_them_all():
    """Names, and years, are few in a small set and many more in the next one."""
    names = [f"first{letter} last{letter}" for letter in "abcdefghij"]
    short = [name[-1] for name in names]
    assert kinds_for(names, short)[0] == "characters"
    assert kinds_for(names * 2, short * 2)[0] == "words"
    dates = [f"{d} May {y}" for d in range(1, 10) for y in range(2000, 2010)]
    assert kinds_for(dates, ["2000-05-01"] * 90)[0] == "characters"


def test_texts_out_of_all_proportion_are_long():
    assert longest_for([10, 12, 14, 9000]) == 140
    assert longest_for([3, 3, 5000]) == 100


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["it 's a dog , a big one .", "no ?"], "none"),
        (["It's a dog, a big one.", "No?"], "13a"),
        (["no sign at all"], "13a"),
        (["两只狗在雪地里玩耍。", "他们很高兴。"], "char"),
    ],
)
def test_how_bleu_parts_words_follows_the_texts(texts, expected):
    assert tokenization_of(texts) == expected


def test_errors_are_counted_as_by_hand():
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == 3
    assert error_rate(["ab", "abc"], ["ab", "abd"]) == pytest.approx(1 / 5)


def test_bleu_is_that_of_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    training = Pairs(["a b ."], ["c d ."])
    judge = Judge.of("auto", training, ("words", "words"))
    found, truth = ["the cat sat here .", "no dogs"], ["the cat sat there .", "no dogs"]
    expected = sacrebleu.corpus_bleu(found, [truth], tokenize="none").score
    assert judge.values(found, truth)["BLEU"] == pytest.approx(expected)
    assert "tok:none" in judge.signatures()["BLEU"]


def test_bleu_without_its_package_is_one_line_before_training(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'elman\[text\]'"):
        Judge.of("auto", Pairs(["a"], ["b"]), ("words", "words"))
    assert Judge.of("exact", Pairs(["a"], ["b"]), ("words", "words"))


def test_baselines_know_what_they_were_given():
    training = Pairs(
        ["a dog runs", "a cat runs", "a dog sleeps", "the cat"],
        ["ein hund rennt", "eine katze rennt", "ein hund schläft", "die katze"],
    )
    assert nearest(training, ["dog sleeps"], "words") == ["ein hund schläft"]
    assert by_table(training, ["the dog runs now"], "words", "words") == [
        "die hund rennt now"
    ]
    letters = Pairs(["ab", "ba", "aab"], ["xy", "yx", "xxy"])
    assert by_table(letters, ["bab"], "characters", "characters") == ["yxy"]
    spoken = Pairs(["ab", "ba", "aab"], ["AH B", "B AH", "AH AH B"])
    assert by_table(spoken, ["bab"], "characters", "words") == ["B AH B"]


def test_where_no_text_is_met_the_errors_decide():
    judge = Judge("exact matches", unit="characters")
    found = {"network": ["xxxx", "y"], "baseline": ["abd", "z"]}

    def rows(truth):
        return [
            {"model": kind, "kind": kind, "values": judge.values(texts, truth)}
            for kind, texts in found.items()
        ]

    winner, sentence = _verdict(rows(["abc", "q"]), judge)
    assert winner == "baseline"
    assert sentence.startswith("No text is met exactly. A baseline wins")
    winner, sentence = _verdict(rows(["abc", "y"]), judge)
    assert winner == "network"
    assert "exact matches" in sentence

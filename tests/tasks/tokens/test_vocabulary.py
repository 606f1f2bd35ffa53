"""Text to numbers and back; what is not in a vocabulary."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from elman import InputError
from elman.tasks.tokens._kinds import KINDS, from_bytes, to_bytes, vocabulary_of
from elman.tasks.tokens._vocabulary import UNKNOWN

TEXT = 'Once — upon a time, it\'s said:\n\n  "naïve"\tcafé 日本 😀 <unk>.\n'


def available(kind):
    if kind == "subwords":
        pytest.importorskip("tokenizers")
    return kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_comes_back_as_it_was(kind):
    vocabulary = vocabulary_of(available(kind), TEXT * 3)
    ids = vocabulary.encode(TEXT)
    assert ids.dtype == np.int64
    assert ids.min() >= 0
    assert ids.max() < vocabulary.size
    assert "".join(vocabulary.pieces(ids)) == TEXT


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_vocabulary_is_the_same(kind):
    vocabulary = vocabulary_of(available(kind), TEXT)
    again = from_bytes(kind, to_bytes(vocabulary))
    assert type(again) is type(vocabulary)
    assert again.size == vocabulary.size
    other = TEXT[::-1]
    np.testing.assert_array_equal(again.encode(other), vocabulary.encode(other))


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_what_was_not_seen_is_unknown(kind):
    vocabulary = vocabulary_of(kind, "a b a b\n")
    assert vocabulary.encode("a b\n").min() > 0
    assert (vocabulary.encode("z") == vocabulary.unknown).all()
    assert vocabulary.pieces([vocabulary.unknown]) == [UNKNOWN]


@pytest.mark.parametrize("kind", ["bytes", "subwords"])
def test_of_bytes_nothing_is_unknown(kind):
    vocabulary = vocabulary_of(available(kind), "plain words\n" * 20)
    assert vocabulary.unknown is None
    assert "".join(vocabulary.pieces(vocabulary.encode("ß☃"))) == "ß☃"


def test_the_rare_is_left_out():
    assert vocabulary_of("characters", "aaabbc", None, 2).strangers("abc") == ["c"]
    words = vocabulary_of("words", "to be or not to be", None, 2)
    assert words.words == [UNKNOWN, "\n", " be"]


def test_a_vocabulary_may_be_bounded():
    assert vocabulary_of("characters", "aaabbc", 3).characters == "\nab"
    assert vocabulary_of("words", "to be or not to be", 3).words[2:] == [" be"]


def test_fewer_subwords_than_bytes_are_refused():
    assert vocabulary_of("subwords", "to be", 256).size == 256
    with pytest.raises(InputError, match=r"at least 256 .*, got 255"):
        vocabulary_of("subwords", "to be", 255)


def test_every_text_begins_a_line():
    for kind in ("characters", "words"):
        vocabulary = vocabulary_of(kind, "no end of a line")
        assert vocabulary.pieces([vocabulary.start]) == ["\n"]


def test_half_a_letter_waits_for_the_rest():
    vocabulary = vocabulary_of("bytes", "")
    assert vocabulary.pieces(vocabulary.encode("é!")) == ["", "é", "!"]


def test_subwords_without_their_library_are_one_line(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name == "tokenizers":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r"pip install 'elman\[text\]'"):
        vocabulary_of("subwords", "text")

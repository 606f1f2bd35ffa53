"""Categories, texts and times as numbers, by what the training part held."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from elman import InputError
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence.columns._given import check_columns, read_given, read_known
from elman.tasks.sequence.columns._unknown import unknown_values

A = pl.DataFrame({"e": ["on", "off", None], "v": [1.0, 2.0, 3.0], "dt": [None, 2.0, 4]})
B = pl.DataFrame({"e": ["on", "rare"], "v": [4.0, None], "dt": [None, 2.0]})
C = pl.DataFrame({"e": ["off"], "v": [0.0], "dt": [None]}, A.schema)


def prepared(frames, told):
    sequences, columns = read_given(frames, told)
    return sequences, columns, Preparation.fit(sequences, layout=columns.layout)


def test_values_of_two_sequences_have_an_embedding_of_their_own():
    sequences, columns, preparation = prepared([A, B, C], {"dt": "elapsed"})
    assert columns.kinds == ["category", "number", "elapsed"]
    assert columns.values[0] == ["off", "on"]
    np.testing.assert_array_equal(sequences[1], [[4, np.nan, 1], [np.nan, 2, 2]])
    first, second, _ = preparation.apply(sequences)
    # Number, its flag, the gap's logarithm; the embedding; the gap over its median.
    assert first.shape == (3, 5)
    assert first[:, 3].tolist() == [3, 2, 0]
    assert second[:, 3].tolist() == [3, 1]
    assert first[:, 4].tolist() == [1, 1, 2]
    assert first[0, 2] == first[1, 2]
    assert preparation.inputs["fields"] == [[1, 4, 3]]


def test_the_training_part_alone_says_what_is_known():
    sequences, columns = read_given([A, B, C], None)
    whole = Preparation.fit(sequences, layout=columns.layout)
    part = Preparation.fit(sequences[:2], layout=columns.layout)
    assert whole.rows[0].tolist() == [2, 3, 1]
    assert part.rows[0].tolist() == [1, 2, 1]
    new = read_known([A.with_columns(e=pl.lit("unheard of"))], columns, None)
    assert whole.apply(new)[0][:, -1].tolist() == [1, 1, 1]


def test_values_that_were_not_learned_from_are_counted():
    _, columns = read_given([A, B, C], {"dt": "elapsed"})
    assert unknown_values(columns, [A.with_columns(e=pl.lit("on"))]) == []
    new = A.with_columns(e=pl.Series(["on", "unheard of", None][: len(A)]))
    (note,) = unknown_values(columns, [new, A.with_columns(e=pl.lit("on"))])
    assert note.startswith("'e': 1 of 5 values have no embedding")


def test_one_form_for_all_frames_and_arrays():
    frames = [A, B, C]
    tables = [frame.to_pandas() for frame in frames]
    tables = [t.assign(e=t["e"].astype("category")) for t in tables]
    objects = [np.array(frame.rows(), dtype=object) for frame in frames]
    lists = [frame.rows() for frame in frames]
    wanted, columns = read_given(frames, {2: "elapsed"})
    for given in (tables, objects, lists):
        found, others = read_given(given, {2: "elapsed"})
        assert others.kinds == columns.kinds
        for ours, theirs in zip(wanted, found, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert isinstance(tables[0], pd.DataFrame)
    turned = [frame.select("dt", "v", "e") for frame in frames]
    again = read_known(turned, columns, ["e", "v", "dt"])
    np.testing.assert_array_equal(again[0], wanted[0])


def test_texts_are_read_by_characters_or_words():
    found, columns = read_given(np.array(["ab", "ba", "c"]), None)
    assert columns.kinds == ["characters"]
    assert found[2].tolist() == [[2]]
    words, columns = read_given(pd.Series(["A cat!", "a dog!"]), {0: "words"})
    assert columns.values == [["!", "a"]]
    assert words[0].tolist() == [[1], [2], [0]]
    with pytest.raises(InputError, match=r"X\[1\] is a text without characters"):
        read_given(["a", ""], None)
    with pytest.raises(InputError, match="X holds tables, and the network was fitted"):
        read_known([np.ones((2, 1))], columns, None)


def test_words_of_a_text_are_a_bag():
    notes = ["disk one is full", "user one came", "a disk failed"]
    frames = [pl.DataFrame({"note": [note], "v": [1.0]}) for note in [*notes, None]]
    sequences, columns, preparation = prepared(frames, {"note": "text"})
    assert columns.values[0] == ["disk", "one"]
    (count,) = (field.count for field in columns.layout.fields)
    assert count == 4
    rows = [s[0, 1:].tolist() for s in preparation.apply(sequences)]
    assert rows == [[2, 3, 1, 1], [1, 3, 1, 0], [1, 2, 1, 0], [0, 0, 0, 0]]


def test_times_become_gaps():
    moments = [dt.datetime(2024, 1, 1, 0, 0, s) for s in (0, 5, 20)]
    frame = pl.DataFrame({"v": [1.0, 2.0, 3.0], "t": moments})
    sequences, columns = read_given([frame, frame[:2]], {"t": "time"})
    assert columns.layout.elapsed == 1
    assert sequences[0][1:, 1].tolist() == [5, 15]
    with pytest.raises(InputError, match=r"X\[1\], 't', step 1: the time is before"):
        read_given([frame, frame[::-1]], {"t": "time"})
    with pytest.raises(InputError, match=r"step 1: the time since .* is negative"):
        read_given([np.array([[1.0, 2], [1, -2]])] * 2, {1: "elapsed"})


def test_plain_numbers_are_read_as_ever():
    X = np.arange(12.0).reshape(2, 3, 2)
    assert read_given(X, None)[1] is None
    assert read_given([["1", "2"], ["3"]], None)[1] is None
    assert read_given(X.astype(object), None)[1] is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"x": "category"}, "columns names 'x', and X has the channels 'e', 'v', 'dt'"),
        ({5: "category"}, "columns names channel 5, and X has 3 channels"),
        ({"dt": "elapsed", "v": "time"}, "columns names 2 channels as times"),
        ({"e": "number"}, r"X\[0\], 'e', step 0: 'on' is not a number"),
        ({"e": "words"}, "is for cases that are one text"),
    ],
)
def test_what_cannot_be_is_one_line(told, words):
    with pytest.raises(InputError, match=words):
        read_given([A, B], told)


def test_columns_is_a_mapping_of_known_kinds():
    assert check_columns([["e", "text"]]) == {"e": "text"}
    with pytest.raises(InputError, match="got 'categroy'; did you mean 'category'"):
        check_columns({"e": "categroy"})
    with pytest.raises(InputError, match="columns must be None or a mapping"):
        check_columns("e")

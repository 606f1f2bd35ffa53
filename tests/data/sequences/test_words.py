"""Tables of sequences that hold words, and times between rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import kind_of_words, read_sequences, sequences_from_frame

LOG = """user,at,action,note,amount,label
1,2024-01-01 10:00:00,view,page 7 not found,1.5,a
1,2024-01-01 10:00:30,buy,,2,a
2,2024-01-01 09:10:00,view,user 3 logged in,,b
2,2024-01-01 09:00:00,view,disk 1 is full,4,b
2,2024-01-01 09:10:00,,user 5 logged in,5,b
"""


def put(folder, text, name="log.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_log_of_events(tmp_path):
    found = read_sequences(put(tmp_path, LOG), "label", "user", "at")
    gap = "seconds since the step before (at)"
    assert found.channels == ["action", "note", "amount", gap]
    assert found.kinds == {"action": "category", "note": "text", gap: "elapsed"}
    assert found.columns == {0: "category", 1: "text", 3: "elapsed"}
    first, second = found.X
    assert first["action"].to_list() == ["view", "buy"]
    assert np.isnan(first[gap][0])
    assert first[gap][1] == 30
    assert second["note"].to_list()[0] == "disk 1 is full"
    assert second[gap].to_list()[1:] == [600, 0]
    assert second["amount"].to_list()[0] == 4
    assert np.isnan(second["amount"][1])
    assert any("put in order of time" in note for note in found.notes)
    assert any("stay in the order of the file: 1" in note for note in found.notes)


def test_what_is_said_goes_before_what_is_guessed(tmp_path):
    told = {"note": "category", "amount": "category"}
    found = read_sequences(
        put(tmp_path, LOG), "label", "user", "at", kinds=told, gaps="off"
    )
    assert found.kinds == {
        "action": "category",
        "note": "category",
        "amount": "category",
    }
    assert found.X[0]["amount"].to_list() == ["1.5", "2"]
    for wrong, words in (
        ({"action": "number"}, "'action' holds words .'buy', 'view'., not numbers"),
        ({"acton": "text"}, "no column 'acton'; did you mean 'action'"),
        ({"action": "categorie"}, "got 'categorie'; did you mean 'category'"),
    ):
        with pytest.raises(InputError, match=words):
            read_sequences(put(tmp_path, LOG), "label", "user", kinds=wrong)


def test_gaps_of_numbers_are_a_channel_where_they_vary():
    frame = pl.DataFrame(
        {
            "id": [1, 1, 1, 2, 2],
            "t": [0.0, 0.5, 2.25, 1.0, 0.25],
            "v": [1.0, 2, 3, 4, 5],
            "label": [0, 0, 0, 1, 1],
        }
    )
    found = sequences_from_frame(frame, "label", "id", "t")
    assert found.columns == {1: "elapsed"}
    np.testing.assert_array_equal(found.X[0], [[1, np.nan], [2, 0.5], [3, 1.75]])
    np.testing.assert_array_equal(found.X[1], [[5, np.nan], [4, 0.75]])
    even = frame.with_columns(t=pl.Series([1, 2, 3, 4, 5]))
    assert sequences_from_frame(even, "label", "id", "t").channels == ["v"]
    kept = sequences_from_frame(even, "label", "id", "t", gaps="on")
    assert kept.X[0].shape == (3, 2)
    assert sequences_from_frame(frame, "label", "id", "t", gaps="off").kinds == {}


def test_a_case_of_one_text(tmp_path):
    path = put(tmp_path, "name,label\nAnna,f\nÖrn,m\n")
    found = read_sequences(path, "label")
    assert found.X == ["Anna", "Örn"]
    assert found.columns == {0: "characters"}
    words = read_sequences(path, "label", kinds={"name": "text"})
    assert words.columns == {0: "words"}
    other = put(tmp_path, "city,name,label\nRom,Anna,f\nBonn,Örn,m\n")
    with pytest.raises(InputError, match=r"'city' holds words, and others do not"):
        read_sequences(other, "label")
    chosen = read_sequences(other, "label", kinds={"name": "category"})
    assert chosen.X == ["Anna", "Örn"]
    assert "left out: 'city'" in chosen.notes[0]
    empty = put(tmp_path, "name,label\nAnna,f\n,m\n")
    with pytest.raises(InputError, match=r"'name', row 3: the text is missing"):
        read_sequences(empty, "label")


def test_a_row_of_symbols(tmp_path):
    text = "p1,p2,p3,label\na,c,g,1\nc,c,,2\ng,a,t,1\n"
    found = read_sequences(put(tmp_path, text), "label")
    assert [x[:, 0].tolist() for x in found.X] == [
        ["a", "c", "g"],
        ["c", "c"],
        ["g", "a", "t"],
    ]
    assert found.kinds == {"value": "category"}
    with pytest.raises(InputError, match="row 3: the sequence has no value"):
        read_sequences(put(tmp_path, text.replace("c,c,,2", ",,,2")), "label")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", None], "category"),
        (["1", "2", "x"], "number"),
        (["new york", "los angeles"] * 8, "category"),
        (["the cat sat", "a dog ran", "it rains"], "text"),
        ([None, None], "number"),
    ],
)
def test_what_a_column_of_words_is(values, kind):
    assert kind_of_words(pl.Series("c", values, dtype=pl.String)) == kind


def test_labels_that_vary_within_some_sequences_are_said(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,x,y\na,1,0\na,2,0\nb,3,1\nb,4,0\n")
    found = read_sequences(path, id="id", label="y")
    assert found.per_step
    said = "'y' varies within 1 of 2 sequences, first in 'b'"
    assert any(said in note for note in found.notes)

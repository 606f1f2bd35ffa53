"""Ids and labels are the texts that stand in the file."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import as_numbers, like, read_sequences


@pytest.fixture
def read(tmp_path):
    def get(pairs, **how):
        path = tmp_path / "t.csv"
        rows = "".join(f"{i},{k},{label}\n" for i, label in pairs for k in range(4))
        path.write_text("id,x,label\n" + rows)
        return read_sequences(path, label="label", id="id", **how)

    return get


@pytest.mark.parametrize(
    "ids",
    [
        ("007", "7", "0007"),
        ("1E5", "100000", "10E4"),
        ("1.0", "1", "1.00"),
        ("True", "true", "TRUE"),
        ("NA", "none", "-"),
        ("1.506", "1506", "1,506"),
    ],
)
def test_other_texts_are_other_sequences(read, ids):
    found = read([(f'"{i}"', "ab"[k % 2]) for k, i in enumerate(ids)])
    assert found.ids == list(ids)
    assert found.lengths.tolist() == [4, 4, 4]
    assert found.y.tolist() == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("1", "2"), [1, 2]),
        (("-1", "0"), [-1, 0]),
        (("007", "7"), ["007", "7"]),
        (("1E5", "100000"), ["1E5", "100000"]),
        (("1.0", "2.0"), [1.0, 2.0]),
        (("1.00", "2.0"), ["1.00", "2.0"]),
        (("0.50", "2"), [0.5, 2.0]),
        (("True", "False"), ["True", "False"]),
        (("None", "fall"), ["None", "fall"]),
        (("NA", "-"), ["NA", "-"]),
        (("5 €", "10 €"), ["5 €", "10 €"]),
        (("1.506", "0,5"), ["1.506", "0,5"]),
        (("12345678901234567890", "1"), ["12345678901234567890", "1"]),
    ],
)
def test_labels_are_numbers_where_nothing_is_lost(read, labels, expected):
    found = read([(f"s{k}", f'"{label}"') for k, label in enumerate(labels)])
    assert found.y.tolist() == expected


def test_words_for_missing_are_names_and_a_note_says_so(read):
    found = read([("NA", "none"), ("DE", "fall")])
    assert found.ids == ["NA", "DE"]
    assert found.y.tolist() == ["none", "fall"]
    assert [note.split(": ", 1)[1][:40] for note in found.notes] == [
        "column 'id': 'NA' (4 times) was read as ",
        "column 'label': 'none' (4 times) was rea",
    ]
    with pytest.raises(InputError, match=r"'label', row 2: the label is missing"):
        read([("a", "none"), ("b", "fall")], missing="none")
    with pytest.raises(InputError, match=r"'label', row 6: the label is missing"):
        read([("a", "1"), ("b", "NA"), ("c", "2")])
    with pytest.raises(InputError, match=r"'id', row 6: the id is missing"):
        read([("a", "1"), ("", "1"), ("c", "2")])


def test_ids_of_wide_tables_are_texts_too(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Case_ID,label,t1,t2\n007,01,1,2\n7,1,3,4\n")
    found = read_sequences(path, label="label")
    assert found.ids == ["007", "7"]
    assert found.y.tolist() == ["01", "1"]


def test_parquet_keeps_its_own_types(tmp_path):
    path = tmp_path / "t.parquet"
    frame = {"id": [7, 7, 8, 8], "x": [1.0, 2, 3, 4], "label": ["07", "07", "7", "7"]}
    pl.DataFrame(frame).write_parquet(path)
    found = read_sequences(path, label="label", id="id")
    assert (found.ids, found.y.tolist()) == (["7", "8"], ["07", "7"])


def test_a_column_that_numbers_the_rows_is_no_channel(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",id,x\n0,a,5\n1,a,6\n2,b,7\n")
    found = read_sequences(path, id="id")
    assert found.channels == ["x"]
    assert "column 'column_1' only numbers the rows" in found.notes[0]


def test_a_channel_of_words_is_a_category_unless_it_has_to_be_numbers(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,event,label\na,up,1\na,down,1\nb,up,2\n")
    columns = {"label": "label", "id": "id"}
    assert read_sequences(path, **columns).kinds == {"event": "category"}
    with pytest.raises(InputError, match=r"'event' holds words \('down', 'up'\)"):
        read_sequences(path, **columns, kinds={"event": "number"})


def test_labels_are_compared_in_the_form_of_the_classes():
    texts, numbers = np.array(["02", "1"]), np.array([1, 2])
    assert like(texts, np.array([1, 2])).tolist() == ["1", "2"]
    assert like(numbers, np.array(["2", "1"])).tolist() == [2, 1]
    assert like(numbers, np.array(["02", "1"])).tolist() == ["02", "1"]
    assert like(np.array(["false", "true"]), np.array(["True"])).tolist() == ["true"]
    assert like(np.array(["no", "yes"]), np.array(["Yes"])).tolist() == ["Yes"]
    assert like(np.array([0.5, 1.0]), np.array(["1.0"])).tolist() == [1.0]
    assert as_numbers(np.array(["007", "1E2"])).tolist() == [7.0, 100.0]
    assert as_numbers(np.array(["a", "1"])).tolist() == ["a", "1"]

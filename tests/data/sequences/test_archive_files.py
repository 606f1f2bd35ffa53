"""The archive's other files: tables without a header, and .arff."""

from __future__ import annotations

import numpy as np
import pytest

from elman import InputError
from elman.data import holds_sequences, read_sequences

TSV = "1\t0.5\t1.5\t-2e-1\n-1\t1.0\tNaN\t3.0\n1\t7\tNaN\tNaN\n"
TXT = "  1.0000000e+00  5.0e-01  1.5\n  2.0000000e+00  1.0  2.0\n"
ARFF = """% a comment
@relation Walks
@attribute att0 numeric
@attribute 'att 1' numeric
@attribute att2 REAL
@attribute target {up,down}

@data
0.5,1.5,-0.2,up
1.0,?,3.0,'down'
7,?,?,up
"""
TARGETS = ARFF.replace("{up,down}", "numeric").replace("up", "1.5").replace("down", "2")
MULTI = r"""@relation Moves
@attribute moves relational
  @attribute t0 numeric
  @attribute t1 numeric
  @attribute t2 numeric
@end moves
@attribute class {run,walk}
@data
'1,2,3\n4,5,6',run
"7,8,?\n9,10,?",walk
"""


def read(tmp_path, name, text, **how):
    file = tmp_path / name
    file.write_text(text)
    return read_sequences(file, **how)


@pytest.mark.parametrize(
    ("name", "text", "classes"),
    [
        ("W_TRAIN.tsv", TSV, ["1", "-1", "1"]),
        ("W_TRAIN.arff", ARFF, ["up", "down", "up"]),
    ],
)
def test_one_channel(tmp_path, name, text, classes):
    found = read(tmp_path, name, text)
    assert found.y.tolist() == classes
    np.testing.assert_array_equal(found.X[0], [[0.5], [1.5], [-0.2]])
    np.testing.assert_array_equal(found.X[1], [[1.0], [np.nan], [3.0]])
    np.testing.assert_array_equal(found.X[2], [[7.0]])
    assert holds_sequences(tmp_path / name)


def test_spaces_and_classes_with_decimals(tmp_path):
    found = read(tmp_path, "W_TRAIN.txt", TXT)
    assert found.y.tolist() == ["1", "2"]
    assert found.X[1].tolist() == [[1.0], [2.0]]
    assert any("no header: the first column is the class" in n for n in found.notes)


def test_several_channels(tmp_path):
    found = read(tmp_path, "M.arff", MULTI)
    assert found.channels == ["channel 1", "channel 2"]
    assert found.X[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert found.X[1].tolist() == [[7, 9], [8, 10]]
    assert found.y.tolist() == ["run", "walk"]


def test_numbers_as_targets(tmp_path):
    found = read(tmp_path, "W.arff", TARGETS)
    assert found.y.dtype == np.float64
    assert found.y.tolist() == [1.5, 2.0, 1.5]


def test_a_table_with_a_header_is_a_table(tmp_path):
    found = read(tmp_path, "t.tsv", "y\ta\tb\nu\t1\t2\nv\t3\t4\n", label="y")
    assert found.y.tolist() == ["u", "v"]
    assert not holds_sequences(tmp_path / "t.tsv")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.tsv", TSV + "1\tx\t2\n", r"t\.tsv, row 4, column 2: 'x' is not a number"),
        ("t.tsv", TSV + "NaN\t1\t2\n", "row 4: the class is missing"),
        ("t.tsv", TSV + "1\tNaN\t\n", "row 4: the sequence has no value"),
        ("t.arff", ARFF + "1,2,up\n", "row 12: 3 values where the header names 4"),
        ("t.arff", ARFF + "1,2,x,up\n", "row 12, channel 1: 'x' is not a number"),
        ("t.arff", ARFF + "?,nan,x,up\n", "row 12, channel 1: 'x' is not a number"),
        ("t.arff", TARGETS + "1,2,3,?\n", r"case 4: the target '\?' is not a finite"),
        ("t.arff", TARGETS + "1,2,3,x\n", "case 4: the target 'x' is not a finite"),
        ("t.arff", ARFF + "?,?,?,up\n", "row 12: the sequence has no value"),
        ("t.arff", ARFF.partition("@data")[0], "there is no line '@data'"),
        ("t.arff", ARFF.partition("0.5")[0], "there is no sequence below @data"),
        ("t.arff", "@relation x\nhm\n", "row 2: expected '@attribute name type'"),
        (
            "t.arff",
            "@attribute a numeric\n@data\n1\n",
            "row 2: the header names 1 attr",
        ),
        ("t.arff", MULTI + "'1,2',run\n", "1 channels where the first sequence has 2"),
        ("t.arff", MULTI + r"'1,2\n3',run", "the channels of one case have"),
    ],
)
def test_what_cannot_be_read(tmp_path, name, text, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, name, text)

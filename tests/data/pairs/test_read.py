"""Pairs of texts from files, whole and damaged."""

from __future__ import annotations

import pytest

from elman import InputError
from elman.data import read_pairs


@pytest.fixture
def write(tmp_path):
    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_a_row_is_a_pair(write):
    path = write("a.tsv", "a cat .\teine katze .\r\n\r\n two  dogs \tzwei hunde\n")
    pairs = read_pairs(path)
    assert pairs.source == ["a cat .", "two  dogs"]
    assert pairs.target == ["eine katze .", "zwei hunde"]
    assert pairs.notes == []


def test_two_files_are_read_line_by_line(write):
    pairs = read_pairs(write("a.en", "one\ntwo"), write("a.de", "eins\nzwei\n\n\n"))
    assert (pairs.source, pairs.target) == (["one", "two"], ["eins", "zwei"])


def test_an_empty_side_is_left_out_and_counted(write):
    left, right = write("a.en", "one\n\nthree\n"), write("a.de", "eins\nzwei\n \n")
    pairs = read_pairs(left, right)
    assert pairs.source == ["one"]
    assert pairs.notes == ["a.en, a.de: 2 pairs have an empty side and are left out"]
    pairs = read_pairs(write("b.tsv", "one\teins\n\tzwei\n"))
    assert len(pairs) == 1
    assert pairs.notes[0].endswith("1 pair has an empty side and is left out")


def test_further_fields_are_not_read(write):
    pairs = read_pairs(write("a.tsv", "go\tva\tCC-BY\nrun\tcours\tCC-BY\n"))
    assert pairs.target == ["va", "cours"]
    assert "2 rows have more than two fields" in pairs.notes[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"go\tva\nrun cours\n", r"row 2: there is no tab .*'run cours'"),
        (b"go,va\nrun,cours\n", "no row has a tab .*two files"),
        (b"go\tva\nrun\tc\xc3\xa9\xff\n", "row 2: .*0xff"),
        (b"go\tva\x00\n", "binary"),
    ],
)
def test_what_is_no_table_of_pairs_is_one_line(write, content, said):
    with pytest.raises(InputError, match=said) as raised:
        read_pairs(write("a.tsv", content))
    assert "\n" not in str(raised.value)


def test_files_that_differ_in_length_are_told_with_both_counts(write):
    left, right = write("a.en", "one\ntwo\nthree\n"), write("a.de", "eins\n")
    with pytest.raises(InputError, match=r"a\.en has 3 lines and .*a\.de 1 line:"):
        read_pairs(left, right)

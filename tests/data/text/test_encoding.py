"""Bytes as the letters that were written, or an error that says what to name."""

from __future__ import annotations

import pytest

from elman import InputError
from elman.data import open_table, read_sequences, read_table

CYRILLIC, WESTERN = ("шаг", "бег"), ("5 €", "Größe – groß")
TEXT = "id,x,label\n" + "".join(f"{{{k % 2}}},{k},{{{k % 2}}}\n" for k in range(6))


@pytest.fixture
def write(tmp_path):
    def put(words, encoding):
        path = tmp_path / "t.csv"
        path.write_bytes(TEXT.format(*words).encode(encoding))
        return path

    return put


@pytest.mark.parametrize("words", [CYRILLIC, WESTERN, ("走", "跑")])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_what_is_certain_is_read_without_a_note(write, words, encoding):
    found = read_sequences(write(words, encoding), label="label", id="id")
    assert found.ids == list(words)
    assert sorted(found.y) == sorted(words)
    assert found.notes == []


@pytest.mark.parametrize(
    ("words", "encoding"), [(CYRILLIC, "cp1251"), (WESTERN, "cp1252")]
)
def test_windows_letters_are_read_with_a_note(write, words, encoding):
    found = read_sequences(write(words, encoding), label="label", id="id")
    assert sorted(found.y) == sorted(words)
    (note,) = found.notes
    assert f"t.csv: the file is not UTF-8 and was read as {encoding}" in note
    assert "--encoding" in note


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (CYRILLIC, "koi8-r"),
        (CYRILLIC, "cp866"),
        (("καλημέρα", "κόσμε"), "cp1253"),
        (("テスト", "日本"), "shift_jis"),
        (("测试", "中国"), "gb18030"),
        (("시험", "걷기"), "euc-kr"),
    ],
)
def test_what_cannot_be_told_is_read_once_it_is_named(write, words, encoding):
    path = write(words, encoding)
    with pytest.raises(InputError, match=r"t\.csv, row .: .*cannot be told; name it"):
        read_sequences(path, label="label", id="id")
    found = read_sequences(path, label="label", id="id", encoding=encoding)
    assert found.ids == list(words)
    assert sorted(found.y) == sorted(words)
    assert found.notes == []


def test_a_named_encoding_is_taken_at_its_word(write):
    path = write(WESTERN, "cp1252")
    with pytest.raises(InputError, match="row 2: the byte 0x80 is not in the encoding"):
        read_table(path, encoding="utf-8")
    with pytest.raises(InputError, match="no encoding 'cp125'; did you mean"):
        read_table(path, encoding="cp125")
    with pytest.raises(InputError, match="no encoding 'base64'"):
        read_table(path, encoding="base64")


def test_utf8_with_a_damaged_row_is_no_other_encoding(tmp_path):
    path = tmp_path / "t.csv"
    good = "a,b\n" + "é,1\n" * 20
    path.write_bytes(good.encode() + b"\xe9,2\n")
    with pytest.raises(InputError, match="row 22: the byte 0xe9 is not UTF-8, and the"):
        read_table(path)


def test_zeros_in_text_are_named_with_their_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n3,\x004\n5,6\n7,88\n")
    with pytest.raises(InputError, match=r"binary data, .*row 3 holds the byte 0x00"):
        read_table(path)


def test_a_mark_of_dos_at_the_end_is_no_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n\x1a")
    assert open_table(path).frame.rows() == [(1, 2)]


def test_ts_files_take_an_encoding_too(tmp_path):
    path = tmp_path / "t.ts"
    text = "@univariate true\n@classLabel true шаг бег\n@data\n1,2:шаг\n2,1:бег\n"
    path.write_bytes(text.encode("koi8-r"))
    assert read_sequences(path, encoding="koi8-r").y.tolist() == list(CYRILLIC)

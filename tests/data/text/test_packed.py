"""Tables and sequences packed with gzip."""

from __future__ import annotations

import gzip

import pytest

from elman import InputError
from elman.data import read_sequences, read_table

TABLE = b"a;b\n1,5;x\n2,5;y\n"


def write(tmp_path, name, data):
    file = tmp_path / name
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("name", ["t.csv.gz", "t.gz", "t.csv"])
@pytest.mark.parametrize("pieces", [1, 2])
def test_a_packed_table_is_that_table(tmp_path, name, pieces):
    plain = write(tmp_path, "plain.csv", TABLE)
    parts = (TABLE, b"") if pieces == 1 else (TABLE[:7], TABLE[7:])
    packed = write(tmp_path, name, b"".join(map(gzip.compress, parts)))
    assert read_table(packed).equals(read_table(plain))


def test_packed_sequences(tmp_path):
    text = b"@classLabel true a b\n@data\n1,2,3:a\n4,5,6:b\n"
    found = read_sequences(write(tmp_path, "x_TRAIN.ts.gz", gzip.compress(text)))
    assert [x[:, 0].tolist() for x in found.X] == [[1, 2, 3], [4, 5, 6]]
    assert found.y.tolist() == ["a", "b"]


def test_damage_is_said_in_one_line(tmp_path):
    packed = gzip.compress(TABLE * 50)
    with pytest.raises(InputError, match=r"t\.csv\.gz: the gzip data end early"):
        read_table(write(tmp_path, "t.csv.gz", packed[:-12]))
    broken = packed[:20] + bytes(10) + packed[30:]
    with pytest.raises(InputError, match="the gzip data are damaged"):
        read_table(write(tmp_path, "t.csv.gz", broken))
    with pytest.raises(InputError, match="a zip archive or an Excel workbook"):
        read_table(write(tmp_path, "t.csv.gz", gzip.compress(b"PK\x03\x04more")))


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    import elman.data.text._gzip as module

    monkeypatch.setattr(module, "_MOST", 1000)
    bomb = gzip.compress(b"a\n" + b"1\n" * 10_000)
    with pytest.raises(InputError, match="are packed in it; unpack"):
        read_table(write(tmp_path, "t.csv.gz", bomb))

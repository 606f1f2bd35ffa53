"""Values that mean missing: those that are named, and those that only look so."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from elman import InputError
from elman.data import column_notes, open_table, read_sequences, to_table
from elman.data.values._sentinels import suspects

RNG = np.random.default_rng(0)
TEMPERATURES = RNG.normal(15, 8, 500).round(1)


def with_some(values, value, count=25):
    mixed = values.astype(float).copy()
    mixed[RNG.choice(len(mixed), count, replace=False)] = value
    return mixed


@pytest.mark.parametrize(
    "value", [-9999, -999, -99.9, 9999, 99999, 1e20, -1e30, 9.96921e36, 32767, 500]
)
@pytest.mark.parametrize("count", [2, 25, 125])
def test_a_value_that_is_repeated_alone_and_far_outside(value, count):
    assert suspects(with_some(TEMPERATURES, value, count)) == [(value, count)]


@pytest.mark.parametrize("pair", [(-9999, 9999), (-999, -9999), (-9999, 99999)])
def test_two_of_them(pair):
    values = with_some(TEMPERATURES, pair[0])
    values[:7] = pair[1]
    assert {value for value, _ in suspects(values)} == set(pair)


SOUND = {
    "plain": TEMPERATURES,
    "counts with many zeros": RNG.poisson(0.3, 500),
    "a switch": RNG.random(500) < 0.01,
    "a rare count": np.where(RNG.random(500) < 0.05, 12, RNG.integers(0, 5, 500)),
    "heavy tails": RNG.lognormal(0, 1.5, 500),
    "one spike": np.r_[TEMPERATURES, 400.0],
    "constant": np.full(500, 3.0),
    "three values": np.tile([1.0, 2.0, 400.0], 100),
    "rain": np.where(RNG.random(500) < 0.7, 0, RNG.gamma(1, 5, 500)),
    "nothing": np.array([]),
    "missing": np.full(9, np.nan),
    "years": np.arange(1500, 2000),
}


@pytest.mark.parametrize("name", SOUND)
def test_nothing_stands_out_of_sound_values(name):
    assert suspects(np.asarray(SOUND[name], dtype=float)) == []


def test_once_is_enough_for_what_programs_write():
    assert suspects(np.r_[TEMPERATURES, -9999.0]) == [(-9999.0, 1)]


def test_notes_name_file_column_value_and_option():
    frame = pl.DataFrame({"t": with_some(TEMPERATURES, -9999), "u": TEMPERATURES})
    (note,) = column_notes(frame, ["t", "u"], "s.csv")
    assert note.startswith("s.csv, column 't': -9999 stands there 25 times")
    assert "--missing -9999" in note


def test_whole_numbers_that_a_float_cannot_hold_are_named():
    frame = pl.DataFrame({"n": [2**53 + 1, 5], "m": [2**53, 5]})
    (note,) = column_notes(frame, ["n", "m"], "")
    assert "column 'n': whole numbers beyond 2^53 were rounded" in note


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["12 kg", "13 kg"], "such as '12 kg' were read as words"),
        (["0x1F", "0x2A"], "such as '0x1F' were read as words"),
        (["1", "2", "..", "..", ".."], "2 of 5 values are numbers, others text such"),
        (["sun", "rain"], None),
        (["2024-01-01", "2024-01-02"], None),
    ],
)
def test_texts_that_look_like_numbers_are_named(values, words):
    notes = column_notes(pl.DataFrame({"x": values}), ["x"], "s.csv")
    assert (words in notes[0]) if words else not notes


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "day,a,b,kind\n2024-01-01,-9999,1.5,M\n2024-01-02,3,-9999.0,x\n"
        "2024-01-03,-9999.00,M,y\n2024-01-04,4,2.5,-9999\n"
    )
    return path


@pytest.mark.parametrize("given", [[-9999, "M"], ["-9999", "M"], ("M", -9999.0)])
def test_what_is_named_is_missing_in_every_column(table, given):
    frame = open_table(table, missing=given).frame
    assert frame["a"].to_list() == [None, 3, None, 4]
    assert frame["b"].to_list() == [1.5, None, None, 2.5]
    assert frame["kind"].to_list() == [None, "x", "y", None]


def test_frames_and_parquet_files_too(tmp_path):
    frame = pl.DataFrame(
        {
            "f": pl.Series([1e20, 2, -999.9], dtype=pl.Float32),
            "i": pl.Series([-128, 2, 3], dtype=pl.Int8),
            "w": ["M", "x", None],
            "b": [True, False, None],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    given = [1e20, -999.9, -128, 1, "M"]
    for data in (frame, tmp_path / "t.parquet", frame.to_dict(as_series=False)):
        found = to_table(data, missing=given).frame
        assert found["i"].to_list() == [None, 2, 3]
        assert found["w"].to_list() == [None, "x", None]
        assert found["b"].to_list() == [True, False, None]
    found = to_table(frame, missing=given).frame
    assert found["f"].to_list() == [None, 2, None]
    assert frame["f"][0] is not None


@pytest.mark.parametrize("bad", [True, [None], [[1]], object(), {"a": 1}, b"x"])
def test_what_is_neither_number_nor_word_is_refused(table, bad):
    with pytest.raises(InputError, match=r"missing (holds|is)"):
        open_table(table, missing=bad)


def test_sequences_of_every_kind_of_file(tmp_path):
    X = np.array([[1.0, -999, 3], [4, 5, -999]])
    np.savez(tmp_path / "a.npz", X=X.astype(np.float32), y=[1, 2])
    ts = "@univariate true\n@classLabel true a b\n@data\n1,-999,3:a\n4,5,-999.0:b\n"
    (tmp_path / "a.ts").write_text(ts)
    rows = "".join(f"{i},{v}\n" for i, row in enumerate(X.tolist()) for v in row)
    (tmp_path / "a.csv").write_text("id,x\n" + rows)
    for name, columns in (("a.npz", {}), ("a.ts", {}), ("a.csv", {"id": "id"})):
        found = read_sequences(tmp_path / name, **columns, missing=-999)
        np.testing.assert_array_equal(found.X[0][:, 0], [1, np.nan, 3])
        np.testing.assert_array_equal(found.X[1][:, 0], [4, 5, np.nan])


def test_sequences_say_what_stands_out(tmp_path):
    values = with_some(TEMPERATURES, -9999).reshape(50, 10)
    np.savez(tmp_path / "a.npz", X=values)
    rows = "".join(f"{i},{v}\n" for i, row in enumerate(values.tolist()) for v in row)
    (tmp_path / "a.csv").write_text("id,x\n" + rows)
    (note,) = read_sequences(tmp_path / "a.npz").notes
    assert "a.npz: channel 1: -9999 stands there 25 times" in note
    (note,) = read_sequences(tmp_path / "a.csv", id="id").notes
    assert "a.csv: column 'x': -9999 stands there 25 times" in note


def test_words_that_mean_missing_among_numbers_only(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,w\n1,none\n-,-\nnone,snow\nNA,NA\n")
    table = open_table(path)
    assert table.frame["n"].to_list() == [1, None, None, None]
    assert table.frame["w"].to_list() == ["none", "-", "snow", None]
    assert "column 'w': 'NA' was read as missing (1 of 4 values)" in table.notes[0]

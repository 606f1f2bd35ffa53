"""Sequences from .ts, .npz and tables, good and bad."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import read_sequences, sequences_from_frame

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))
FUZZ = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

TS = """#made up
@problemName Toy
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true a b
@data
1,2,3:4,?,6:a
7,8:9,10:b
"""


def attempt(call, *arguments):
    """Return the result and no refusal, or nothing and what was said."""
    try:
        return call(*arguments), ""
    except InputError as error:
        return None, str(error)


def put(tmp_path, text, name="s.ts"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_ts(tmp_path):
    found = read_sequences(put(tmp_path, TS))
    np.testing.assert_array_equal(found.X[0], [[1, 4], [2, np.nan], [3, 6]])
    np.testing.assert_array_equal(found.X[1], [[7, 9], [8, 10]])
    assert found.X[0].dtype == np.float64
    assert found.y.tolist() == ["a", "b"]
    assert found.lengths.tolist() == [3, 2]
    assert len(found.channels) == 2


def test_ts_with_targets(tmp_path):
    text = "@univariate true\n@targetlabel true\n@data\n1,2:0.5\n3,4:-1e2\n"
    assert read_sequences(put(tmp_path, text)).y.tolist() == [0.5, -100.0]
    for bad in ["?", "inf", "high"]:
        with pytest.raises(
            InputError, match=rf"case 3: the target '{re.escape(bad)}' is not a"
        ):
            read_sequences(put(tmp_path, f"{text}5,6:{bad}\n"))
    unlabelled = "@univariate true\n@classLabel false\n@data\n1,2\n3,4\n"
    assert read_sequences(put(tmp_path, unlabelled)).y is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@data", "#", "row 10: expected a header line"),
        (TS[TS.index("@data") :], "", "no line '@data'"),
        (TS[TS.index("1,2,3") :], "", "no sequence below @data"),
        ("@dimensions 2", "@dimensions 3", "row 10: 2 channels where .* 3"),
        ("@dimensions 2", "@dimensions two", "row 6: .*whole number from 1"),
        ("@dimensions 2", "@dimensoins 2", "unknown header line .*mean 'dimensions'"),
        ("@equalLength false", "@equalLength true", "row 11: 2 steps where"),
        ("@equalLength false", "@equalLength no", "row 7: .*needs true or false"),
        (
            "@timeStamps false",
            "@timeStamps true",
            "row 10, channel 1: expected .time,v",
        ),
        ("@univariate false", "@univariate true", "but '@univariate true'"),
        ("8:9,10:b", "8:9,10:", "row 11: '' is none of the classes"),
        ("8:9,10:b", "8:9", "row 11: '9' is none of the classes"),
        ("8:9,10:b", "8", "row 11: a case needs values and a label"),
        ("9,10:b", "9:b", "row 11: the channels of one case differ in length"),
        ("7,8", "7,x8", "row 11, channel 1: 'x8' is not a number"),
        ("7,8", "7,", "row 11, channel 1: '' is not a number"),
        ("7,8", "7,inf", "row 11: a value is infinite"),
    ],
)
def test_unusable_ts(tmp_path, old, new, message):
    assert old in TS
    path = put(tmp_path, TS.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_sequences(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "count", "channels", "shortest", "longest", "classes"),
    [
        ("JapaneseVowels_TRAIN", 270, 12, 7, 26, 9),
        ("JapaneseVowels_TEST", 370, 12, 7, 29, 9),
        ("BasicMotions_TRAIN", 40, 6, 100, 100, 4),
        ("ItalyPowerDemand_TEST", 1029, 1, 24, 24, 2),
    ],
)
def test_the_archives_own_files(name, count, channels, shortest, longest, classes):
    path = DATA / f"{name}.ts"
    if not path.exists():
        pytest.skip(f"{path} is not here (set ELMAN_DATA)")
    found = read_sequences(path)
    assert len(found) == count
    assert {x.shape[1] for x in found.X} == {channels}
    assert (found.lengths.min(), found.lengths.max()) == (shortest, longest)
    assert len(set(found.y)) == classes


def npz(tmp_path, **arrays):
    path = tmp_path / "s.npz"
    np.savez(path, **arrays)
    return path


def test_npz(tmp_path):
    X = np.arange(24.0).reshape(2, 4, 3)
    X[1, 2:] = np.nan
    found = read_sequences(npz(tmp_path, X=X, y=[3, 5], lengths=[4, 2]))
    np.testing.assert_array_equal(found.X[0], X[0])
    np.testing.assert_array_equal(found.X[1], X[1, :2])
    assert found.y.tolist() == [3, 5]
    flat = read_sequences(npz(tmp_path, x=X[:, :, 0], Y=np.array(["a", "b"])))
    assert flat.X[0].shape == (4, 1)
    assert flat.y.tolist() == ["a", "b"]
    steps = read_sequences(npz(tmp_path, X=X, y=np.eye(4)[:2], lengths=[4, 2]))
    assert steps.per_step
    assert [y.tolist() for y in steps.y] == [[1, 0, 0, 0], [0, 1]]
    assert read_sequences(npz(tmp_path, X=X)).y is None


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Z": np.ones(3)}, "no array 'X' .found: 'z'"),
        ({"X": np.ones(3)}, r"X has the shape \(3,\)"),
        ({"X": np.ones((0, 3))}, r"X has the shape \(0, 3\)"),
        ({"X": np.array([["a", "b"]])}, "X holds <U1, not numbers"),
        ({"X": np.array([[1], [2, 3]], dtype=object)}, "holds Python objects"),
        ({"X": np.ones((2, 3)), "y": np.ones(3)}, r"y has the shape \(3,\)"),
        ({"X": np.ones((2, 3)), "lengths": [3, 4]}, r"lengths\[1\] is 4"),
        ({"X": np.ones((2, 3)), "lengths": [3]}, r"expected \(2,\)"),
        ({"X": np.array([[1, np.inf]])}, r"X\[0, 1, 0\] is infinite"),
        ({"X": np.ones((2, 3)), "y": [1.0, np.nan]}, r"y\[1\] is nan"),
    ],
)
def test_unusable_npz(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message):
        read_sequences(npz(tmp_path, **arrays))


def test_nothing_is_run_from_a_file(tmp_path):
    class Boom:
        def __reduce__(self):
            return os.system, ("exit 1",)

    with pytest.raises(InputError, match="holds Python objects"):
        read_sequences(npz(tmp_path, X=np.array([Boom()], dtype=object)))


LONG = pl.DataFrame(
    {
        "id": ["b", "b", "a", "a", "b"],
        "t": [1, 3, 2, 1, 2],
        "u": [1.0, 3.0, 5.0, 4.0, None],
        "v": [1, 1, 0, 0, 1],
        "label": ["x", "x", "y", "y", "x"],
    }
)


def test_long_tables(tmp_path):
    path = tmp_path / "long.csv"
    LONG.write_csv(path)
    found = read_sequences(path, label="label", id="id", time="t")
    np.testing.assert_array_equal(found.X[0], [[1, 1], [np.nan, 1], [3, 1]])
    np.testing.assert_array_equal(found.X[1], [[4, 0], [5, 0]])
    assert found.y.tolist() == ["x", "y"]
    assert (found.ids, found.channels) == (["b", "a"], ["u", "v"])
    assert "order of time" in found.notes[0]
    unordered = sequences_from_frame(LONG.drop("t"), "label", "id")
    np.testing.assert_array_equal(unordered.X[1][:, 0], [5, 4])


def test_a_label_that_varies_belongs_to_the_steps():
    frame = LONG.with_columns(label=pl.Series([0.1, 0.3, 0.5, 0.4, 0.2]))
    found = sequences_from_frame(frame, "label", "id", "t")
    assert found.per_step
    assert [y.tolist() for y in found.y] == [[0.1, 0.2, 0.3], [0.4, 0.5]]


def test_wide_tables(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("y,t1,t2,t3\na,1,2,3\nb,4,,\nc,5,,6\n")
    found = read_sequences(path, label="y")
    assert [x[:, 0].tolist()[0] for x in found.X] == [1, 4, 5]
    assert found.lengths.tolist() == [3, 1, 3]
    assert np.isnan(found.X[2][1, 0])
    assert found.y.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, ("lable", "id"), "no column 'lable'; did you mean 'label'"),
        ({}, ("label", "ID"), "no column 'ID'; did you mean 'id'"),
        ({}, ("label", None), "'id' looks like the id of a sequence"),
        ({}, ("label", None, "t"), "a time column needs an id column"),
        ({"t": [1, 1, 2, 1, 2]}, ("label", "id", "t"), "row 3: the time 1 repeats"),
        ({"u": list("1x234")}, ("label", "id", "t"), "'u', row 3: 'x' is not a num"),
        ({"label": ["x", None] + ["y"] * 3}, ("label", "id"), "the label is missing"),
        ({"id": ["x", None] + ["y"] * 3}, ("label", "id"), "the id is missing"),
        ({"u": [1e151] * 5}, ("label", "id", "t"), "too large"),
        ({"u": [float("inf")] * 5}, ("label", "id", "t"), "infinite"),
    ],
)
def test_unusable_tables(tmp_path, change, arguments, message):
    path = tmp_path / "long.csv"
    columns = [pl.Series(name, values) for name, values in change.items()]
    LONG.with_columns(columns).write_csv(path)
    with pytest.raises(InputError, match=message):
        read_sequences(path, *arguments)


@FUZZ
@given(st.one_of(st.binary(max_size=150), st.integers(0, len(TS))), st.data())
def test_any_bytes_are_sequences_or_an_input_error(tmp_path, content, data):
    if isinstance(content, int):
        damage = data.draw(st.binary(max_size=4))
        content = TS.encode()[:content] + damage + TS.encode()[content + 2 :]
    for name in ("f.ts", "f.npz", "f.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        found, refusal = attempt(read_sequences, path)
        assert refusal or len(found) > 0
        assert len(refusal.splitlines()) <= 1


@FUZZ
@given(st.integers(0, 500), st.integers(0, 255))
def test_damaged_archives_are_input_errors(tmp_path, at, byte):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, X=np.ones((2, 3, 2)), y=np.array([0, 1]))
    damaged = bytearray(buffer.getvalue())
    damaged[at % len(damaged)] = byte
    path = tmp_path / "f.npz"
    for content in (bytes(damaged), bytes(damaged[:at])):
        path.write_bytes(content)
        found, refusal = attempt(read_sequences, path)
        assert refusal or len(found) > 0
        assert len(refusal.splitlines()) <= 1


STAMPED = """@timeStamps true
@univariate false
@dimensions 2
@targetlabel true
@data
(2016-01-11 17:00:00,1.5),(2016-01-11 17:10:00,?):\
(2016-01-11 17:00:00,3),(2016-01-11 17:10:00,4):19.9
(2016-02-11 17:00:00,5), (2016-02-11 17:10:00,6):\
(2016-02-11 17:00:00,7),(2016-02-11 17:10:00,8):20
"""


def test_ts_with_evenly_spaced_stamps(tmp_path):
    found = read_sequences(put(tmp_path, STAMPED))
    np.testing.assert_array_equal(found.X[0], [[1.5, 3], [np.nan, 4]])
    np.testing.assert_array_equal(found.X[1], [[5, 7], [6, 8]])
    assert found.y.tolist() == [19.9, 20]
    assert "evenly spaced (600 seconds) and were left out" in found.notes[0]
    counted = "@timeStamps true\n@classLabel true a b\n@data\n(0,1),(2,3),(4,5):a\n"
    found = read_sequences(put(tmp_path, counted + "(0,1),(3,3):b\n"))
    assert found.X[0][:, 0].tolist() == [1, 3, 5]
    assert "is 2 in some sequences or channels and 3 in others" in found.notes[0]


def test_channels_of_lower_rates_hold_their_values(tmp_path):
    head = "@equalLength {}\n@targetLabel true\n@data\n"
    cases = "1,2,3,4:5,6:7.5\n1,2,3,4,5,6:7,8,9:8.5\n"
    found = read_sequences(put(tmp_path, head.format("false") + cases))
    assert found.X[0].tolist() == [[1, 5], [2, 5], [3, 6], [4, 6]]
    assert found.X[1][:, 1].tolist() == [7, 7, 8, 8, 9, 9]
    assert "channel 2 has one value for 2 of the longest channel's" in found.notes[0]
    for wrong, words in (
        ("1,2,3,4:5:7\n", "row 6: the channels of one case differ"),
        ("1,2,3:5,6:7\n", "row 6: the channels of one case differ"),
        ("1,2:3,4:7\n", "row 6: all channels have 2 values"),
    ):
        with pytest.raises(InputError, match=words):
            read_sequences(put(tmp_path, head.format("false") + cases + wrong))
    with pytest.raises(InputError, match=r"row 4: .* the line may be cut short"):
        read_sequences(put(tmp_path, head.format("true") + cases))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("17:10:00,4)", "17:20:01,4),(2016-01-11 17:30:00,9)", "row 6, channel 2: the"),
        ("(2016-01-11 17:00:00,1.5)", "1.5", "row 6, channel 1: expected .time,value"),
        ("2016-01-11 17:00:00,3", "noon,3", "row 6, channel 2: 'noon' is not a time"),
        ("17:10:00,8)", "17:10:00,x)", "row 7, channel 2: 'x' is not a number"),
        (
            ",(2016-02-11 17:10:00,8)",
            "",
            "row 7: the channels of one case differ .*aver",
        ),
    ],
)
def test_unusable_stamps(tmp_path, old, new, message):
    assert old in STAMPED
    with pytest.raises(InputError, match=message):
        read_sequences(put(tmp_path, STAMPED.replace(old, new, 1)))


def test_channels_of_other_lengths_are_no_fault_of_the_file(tmp_path):
    head = "@univariate false\n@targetlabel true\n@equalLength false\n@data\n"
    with pytest.raises(
        InputError, match=r"channel 1 has 4 values, channel 2 3"
    ) as said:
        read_sequences(put(tmp_path, head + "1,2,3,4:1,2,3:50.5\n"))
    assert "cut short" not in str(said.value)
    with pytest.raises(InputError, match="may be cut short, or bring them"):
        read_sequences(
            put(
                tmp_path,
                head.replace("false\n@data", "true\n@data") + "1,2,3,4:1,2:50.5\n",
            )
        )


def test_no_file_is_rounded_to_single_precision(tmp_path):
    values = 1_700_000_000 + np.arange(12.0).reshape(2, 6) / 8
    np.savez(tmp_path / "a.npz", X=values)
    whole = (values * 8).astype(np.int64)
    np.savez(tmp_path / "i.npz", X=whole)
    lines = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    put(tmp_path, "@univariate true\n@classLabel false\n@data\n" + lines, "a.ts")
    rows = [(i, v) for i, row in enumerate(values.tolist()) for v in row]
    frame = pl.DataFrame(rows, ["id", "x"], orient="row")
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    wide = pl.DataFrame(values, [f"t{k}" for k in range(6)])
    wide.write_csv(tmp_path / "w.csv")
    for name in ("a.npz", "a.ts", "a.csv", "a.parquet", "w.csv"):
        how = {"id": "id"} if name in ("a.csv", "a.parquet") else {}
        found = read_sequences(tmp_path / name, **how)
        np.testing.assert_array_equal(np.stack(found.X)[:, :, 0], values)
    found = read_sequences(tmp_path / "i.npz")
    np.testing.assert_array_equal(np.stack(found.X)[:, :, 0], whole)
    np.savez(tmp_path / "s.npz", X=values.astype(np.float32))
    assert read_sequences(tmp_path / "s.npz").X[0].dtype == np.float32

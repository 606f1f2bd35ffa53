"""Tables on disk as arrays on disk: same numbers, bounded memory, sound or refused."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import _mapped as mapped
from elman.data import open_memmap, to_memmap

FUZZ = settings(
    max_examples=int(os.environ.get("ELMAN_TORTURE", 1)) * 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def table():
    draw = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "a": draw.normal(size=1000),
            "b": draw.integers(0, 9, 1000),
            "c": pl.Series([None if i % 7 == 0 else i / 3 for i in range(1000)]),
            "on": draw.random(1000) < 0.5,
            "text": ["x"] * 1000,
        }
    )


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_numbers_are_those_of_the_table(tmp_path, monkeypatch, table, kind, dtype):
    monkeypatch.setattr(mapped, "_PART_BYTES", 8 * 4 * 37)  # parts of 37 rows
    source = tmp_path / f"t.{kind}"
    if kind == "parquet":
        table.write_parquet(source, row_group_size=100)
    else:
        table.write_ipc(source)
    names = ["c", "a", "on", "b"]
    found = to_memmap(source, tmp_path / "t.npy", names, dtype)
    expected = table.select(names).cast(pl.Float64).to_numpy().astype(dtype)
    np.testing.assert_array_equal(found, expected)
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["t.npy", "t.npy.json", source.name]
    )


def test_it_is_written_again_only_where_something_has_changed(tmp_path, table):
    source, target = tmp_path / "t.parquet", tmp_path / "t.npy"
    table.write_parquet(source)
    to_memmap(source, target, ["a", "b"])
    first = target.stat().st_ino
    to_memmap(source, target, ["a", "b"])
    assert target.stat().st_ino == first
    to_memmap(source, target, ["b", "a"])
    assert target.stat().st_ino != first
    table.head(10).write_parquet(source)
    assert to_memmap(source, target, ["b", "a"]).shape == (10, 2)
    whole = to_memmap(source, target, ["b"], "int64")
    assert whole[:, 0].tolist() == table["b"].head(10).to_list()


def test_what_does_not_fit_says_so(tmp_path, table):
    source, target = tmp_path / "t.parquet", tmp_path / "t.npy"
    table.write_parquet(source)
    for arguments, words in [
        ((source, target), "column 'text' holds String"),
        ((source, target, ["A"]), "mean 'a'"),
        ((source, target, ["a"], "float16"), "dtype must be one of float32"),
        ((source, target, ["c"], "int64"), "no whole numbers; set dtype='float32'"),
        ((source, tmp_path / "t.bin", ["a"]), "ends in .npy"),
        ((source, tmp_path / "no" / "t.npy", ["a"]), "cannot be written"),
        ((tmp_path / "u.parquet", target), "did you mean"),
    ]:
        with pytest.raises(InputError, match=words) as caught:
            to_memmap(*arguments)
        assert "\n" not in str(caught.value)
        assert not target.exists()
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(InputError, match="not a readable Parquet file"):
        to_memmap(source, target, ["a"])
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, table):
    source, target = tmp_path / "t.parquet", tmp_path / "t.npy"
    table.write_parquet(source)

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space left on device"):
        to_memmap(source, target, ["a"])
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


@FUZZ
@given(st.integers(0, 300), st.binary(min_size=1, max_size=4))
def test_a_damaged_array_is_refused_or_the_same_size(tmp_path, at, damage):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(40.0).reshape(8, 5))
    content = bytearray(path.read_bytes())
    content[at : at + len(damage)] = damage
    for some in (bytes(content), bytes(content[:at])):
        path.write_bytes(some)
        found, refusal = attempt(path)
        assert len(refusal.splitlines()) <= 1
        assert refusal or found.nbytes <= len(some)


def attempt(path):
    try:
        return open_memmap(path), ""
    except InputError as error:
        return None, str(error)


def test_an_array_of_objects_or_of_text_is_refused(tmp_path):
    for array in (np.array([{}], dtype=object), np.array(["text"])):
        np.save(tmp_path / "a.npy", array, allow_pickle=True)
        with pytest.raises(InputError, match="numbers"):
            open_memmap(tmp_path / "a.npy")


PROGRAM = """
import sys
from elman.data import to_memmap

def kilobytes(name):
    with open("/proc/self/status") as file:
        return next(int(l.split()[1]) for l in file if l.startswith(name + ":"))

to_memmap(sys.argv[1], sys.argv[2] + ".small.npy", ["a"])
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
start = kilobytes("VmRSS")
to_memmap(sys.argv[1], sys.argv[2])
print(kilobytes("VmHWM") - start)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_does_not_grow_with_the_table(tmp_path):
    source, rows = tmp_path / "t.parquet", 5_000_000
    numbers = np.arange(rows, dtype=np.float64)
    names = "abcdefgh"
    frame = pl.DataFrame(dict.fromkeys(names, numbers))
    frame.write_parquet(source, row_group_size=100_000)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, source, tmp_path / "t.npy"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) * 1000 < rows * len(names) * 8 / 2


def test_single_precision_that_would_flatten_a_column_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    seconds = 1_700_000_000 + np.arange(1000)
    frame = pl.DataFrame({"x": np.linspace(0, 1, 1000), "t": seconds, "c": 0.1})
    frame.write_parquet(path)
    with pytest.raises(
        InputError, match=r"column 't' lies between 1700000000 and 170"
    ) as e:
        to_memmap(path, tmp_path / "t.npy")
    assert "set dtype='float64'" in str(e.value)
    assert not (tmp_path / "t.npy").exists()
    kept = to_memmap(path, tmp_path / "t.npy", ["x", "t"], dtype="float64")
    np.testing.assert_array_equal(kept[:, 1], seconds)
    assert to_memmap(path, tmp_path / "x.npy", ["x", "c"]).dtype == np.float32

"""Files made to harm: nothing is allocated or run on the word of a header."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import _room as room
from elman.data import read_sequences, read_table

TORTURE = int(os.environ.get("ELMAN_TORTURE", 1))
FUZZ = settings(
    max_examples=TORTURE * 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def npy(header: str, content: bytes, length: int | None = None) -> bytes:
    """An array's bytes under any header, true or not."""
    text = header.encode("latin1") + b"\n"
    said = len(text) if length is None else length
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", said % 65536) + text + content


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def header(shape, descr="<f8", fortran=False):
    return f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


HOSTILE = {
    "more than there is": (npy(header((10**13,)), b"\0" * 80), "it is damaged"),
    "product overflows": (npy(header((2**62, 8)), b"\0" * 80), "it is damaged"),
    "less than there is": (npy(header((2, 3)), b"\0" * 800), "it is damaged"),
    "below zero": (npy(header((-2, -3)), b"\0" * 48), "it is damaged"),
    "objects": (npy(header((1,), "|O"), b"cos\nsystem\n(S'ls'\ntR."), "Python objects"),
    "structure": (npy(header((2, 1), [("a", "<f4"), ("b", "<f4")]), b"\0" * 16), "X"),
    "an expression": (npy("__import__('os').abort()", b""), "not a readable"),
    "deep nest": (npy("(" * 9000 + ")" * 9000, b""), "not a readable"),
    "header too long": (npy(header((2, 3)), b"", 65535), "not a readable"),
    "no array": (b"PK", "not a readable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_arrays_made_to_mislead(tmp_path, name):
    content, words = HOSTILE[name]
    path = archive(tmp_path / "f.npz", {"X.npy": content})
    with pytest.raises(InputError, match=words) as caught:
        read_sequences(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_bomb_is_refused_before_it_unfolds(tmp_path, monkeypatch):
    zeros = npy(header((1000, 1000, 4)), bytes(32_000_000))
    path = archive(tmp_path / "f.npz", {"X.npy": zeros})
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(room, "available_bytes", lambda: 50_000_000)
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(InputError, match=r"says 64 MB of content, and 50 MB of memory"):
        read_sequences(path)


def test_what_nobody_asks_for_is_not_unpacked(tmp_path, monkeypatch):
    whole = io.BytesIO()
    np.save(whole, np.ones((2, 3)))
    members = {"X.npy": whole.getvalue(), "junk.npy": bytes(10_000_000)}
    path = archive(tmp_path / "f.npz", {**members, "../../out.npy": b"?"})
    monkeypatch.setattr(room, "available_bytes", lambda: 1_000_000)
    assert len(read_sequences(path)) == 2


def test_a_table_of_one_value_a_thousand_million_times(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": pl.repeat(1.0, 3_000_000, eager=True)}).write_parquet(path)
    monkeypatch.setattr(room, "available_bytes", lambda: 20_000_000)
    with pytest.raises(InputError, match=r"says 24 MB .*to_memmap"):
        read_table(path)


def test_a_place_that_tells_nothing_refuses_nothing(tmp_path, monkeypatch):
    zeros = npy(header((10, 100, 8)), bytes(64_000))
    path = archive(tmp_path / "f.npz", {"X.npy": zeros})
    monkeypatch.setattr(room, "available_bytes", lambda: 10_000)
    with pytest.raises(InputError, match="and 10 kB of memory are free"):
        read_sequences(path)
    monkeypatch.setattr(room, "available_bytes", lambda: None)
    assert len(read_sequences(path)) == 10


@FUZZ
@given(
    st.lists(st.integers(-2, 2**40), max_size=4),
    st.sampled_from(["<f8", "<f4", "|b1", "<U4", "|S3", "<M8[s]", "|V9", "|O", "<c8"]),
    st.booleans(),
    st.binary(max_size=64),
    st.sampled_from(["X.npy", "y.npy", "lengths.npy", "x", "X.npy/../X.npy"]),
)
def test_any_header_is_an_array_or_an_input_error(
    tmp_path, shape, descr, fortran, content, name
):
    good = io.BytesIO()
    np.save(good, np.ones((2, 3)))
    members = {"X.npy": good.getvalue()}
    members[name] = npy(header(tuple(shape), descr, fortran), content)
    path = archive(tmp_path / "f.npz", members, zipfile.ZIP_STORED)
    try:
        found = read_sequences(path)
    except InputError as error:
        refusal = str(error)
        found = []
    else:
        refusal = ""
    assert len(refusal.splitlines()) == (0 if len(found) else 1)


PROGRAM = """
import io, random, resource, sys
import numpy as np, polars as pl
from elman import InputError
from elman.data import read_sequences, to_memmap, open_memmap

folder, rounds = sys.argv[1], int(sys.argv[2])
draw = random.Random(int(sys.argv[3]))
made = io.BytesIO()
np.savez_compressed(made, X=np.ones((4, 5, 2)), y=np.arange(4), lengths=[5, 5, 2, 1])
table = io.BytesIO()
frame = pl.DataFrame({"a": [1.0, 2.0] * 50, "label": [0, 1] * 50})
frame.write_parquet(table)
plain = io.BytesIO()
np.save(plain, np.ones((4, 5)))
ts = b"@univariate true\\n@classLabel true a b\\n@data\\n1,2,3:a\\n4,5,6:b\\n"
whole = {"f.npz": made, "f.parquet": table, "f.npy": plain, "f.ts": io.BytesIO(ts)}

def read(path):
    if path.endswith(".npy"):
        open_memmap(path)
    elif path.endswith(".parquet"):
        to_memmap(path, folder + "/out.npy", ["a"])
    read_sequences(path, "label" if path.endswith(".parquet") else None)

for name, content in whole.items():  # what is loaded late is loaded now
    with open(folder + "/" + name, "wb") as file:
        file.write(content.getvalue())
    try:
        read(folder + "/" + name)
    except InputError:
        pass
with open("/proc/self/statm") as text:
    used = int(text.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
refused = 0
for turn in range(rounds):
    name = draw.choice(list(whole))
    content = bytearray(whole[name].getvalue())
    for _ in range(draw.choice((1, 1, 2, 8))):
        at = draw.randrange(len(content))
        kind = draw.randrange(4)
        if kind == 0:
            content[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            content[at : at + 8] = draw.randbytes(8)
        elif kind == 2:
            content[at : at + 4] = b"\\xff" * 4
        else:
            del content[at : at + draw.randrange(1, 40)]
        content = content or bytearray(b"?")
    with open(folder + "/" + name, "wb") as file:
        file.write(content)
    try:
        read(folder + "/" + name)
    except InputError as error:
        assert len(str(error).splitlines()) == 1, str(error)
        refused += 1
print(refused)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory by setrlimit")
@pytest.mark.parametrize("seed", range(min(TORTURE, 40)))
def test_damage_of_any_kind_within_little_memory(tmp_path, seed):
    """Bit flips, wrong lengths, cuts and huge numbers, with 256 MB to spare.

    Polars' panics leave a little memory behind: every process has so many.
    """
    rounds = 150
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path, str(rounds), str(seed)],
        capture_output=True,
        text=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > rounds / 3

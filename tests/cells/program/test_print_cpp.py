"""What a build compiles: every shipped cell's pieces as C++, from Python alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from elman.cells import cell, names
from elman.cells.program._print_at_once import at_once
from elman.cells.program._print_cpp import digest, printed
from elman.cells.program._print_piece import number

TOOL = Path(__file__).parents[3] / "tools" / "print_cells.py"
BLOCKED = (
    "import sys, runpy; sys.modules['numpy'] = sys.modules['torch'] = None; "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def test_a_build_needs_neither_numpy_nor_torch(tmp_path):
    command = [sys.executable, "-c", BLOCKED, str(TOOL), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = {path.stem for path in tmp_path.glob("*.h")}
    assert found >= {*names(), "printed", "lstm_dropout", "lstm_zoneout"}
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert _hash(cell("lstm").lowered()) in (tmp_path / "lstm.h").read_text()
    # The pieces of other numbers of heads are the same: printed once.
    heads = (tmp_path / "slstm_dropout.h").read_text()
    for count in (1, 2, 4, 8):
        assert _hash(cell("slstm", heads=count).lowered(dropout=True)) in heads


def _hash(lowered) -> str:
    return f"0x{digest(lowered.program):016x}ull"


@pytest.mark.parametrize("name", names())
def test_a_print_does_what_the_tape_does(name):
    """As many loads, stores and operations, each name made before it is read."""
    program = cell(name).lowered().program
    text = printed([program], name)
    pieces = [*program.forward_pieces, *program.backward_pieces]
    # What sets row scalars is interpreted, once a row. A step back is printed once more
    # with what surrounds it where no unit needs another.
    alone = bool(at_once(program))
    assert text.count("nullptr") - text.count(": nullptr") == sum(
        piece.of_rows for piece in pieces
    ) + (not alone)
    pieces = [piece for piece in pieces if not piece.of_rows]
    pieces += program.backward_pieces if alone else ()
    assert alone == ("struct AtOnce" in text)
    assert alone or name not in ("indrnn", "mingru")
    structs = text.split("struct ")[1:]
    assert len(structs) == len(pieces)
    for piece, struct in zip(pieces, structs, strict=True):
        lines = [line.strip() for line in struct.splitlines()]
        made = [line for line in lines if line.startswith("const V v")]
        stored = [line for line in lines if ".store(" in line]
        ops = [i.op for i in piece.instructions]
        stores = ops.count("STORE") + ops.count("SUM")
        assert len(made) == len(ops) - stores
        left_out = stores - len(stored)
        assert 0 <= left_out <= program.states
        known = set()
        for line in lines:
            parts = line.partition(" = ")
            right = parts[2] if line.startswith("const V v") else line
            if line.startswith("const V v") or ".store(" in line:
                assert set(re.findall(r"\bv\d+\b", right)) <= known
            if line.startswith("const V v"):
                known.add(parts[0].split()[-1])


def test_the_digest_is_fnv():
    """The reference values of the algorithm, over an empty and a given list."""

    class Given:
        def __init__(self, integers):
            self.integers = integers

        def encode(self):
            return self.integers, []

    assert digest(Given([])) == 0xCBF29CE484222325
    # FNV-1a of the eight bytes "foobar\0\0".
    value = int.from_bytes(b"foobar\0\0", "little")
    found = 0x85944171F73967E8  # of "foobar", from the authors' test vectors
    for _ in range(2):
        found = found * 0x100000001B3 % 2**64
    assert digest(Given([value])) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "T(1)"), (-2.0, "T(-2)"), (0.0, "T(0)"), (-0.0, "T(-0.0)")],
)
def test_constants_keep_every_bit(value, text):
    assert number(value) == text
    assert number(0.1) == "T(0x1.999999999999ap-4)"

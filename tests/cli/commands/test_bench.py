"""``elman bench``: its tables, its file, and what can be wrong with its arguments."""

from __future__ import annotations

import json
import re
import sys

import pytest

import elman.bench as b
from elman.bench import Row


@pytest.fixture
def measured(monkeypatch):
    """Let every case take a time that is a function of the case: no measuring."""
    seen = []

    def measure(case, rounds, peers):
        seen.append((case, rounds))
        ours = 1e-3 * case.sizes.hidden
        return Row(case, {"elman": ours, "torch": 2 * ours}, peak=1e12)

    monkeypatch.setattr(b, "measure", measure)
    facts = b.machine() | {"peak_gflops": {"float32": 1000.0, "float64": 500.0}}
    monkeypatch.setattr(b, "machine", lambda: facts)
    monkeypatch.setattr(
        b,
        "find_peers",
        lambda names, threads: ({}, dict.fromkeys(names, "not installed")),
    )
    return seen


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


def test_a_table_without_a_terminal(elman, measured):
    answer = elman("bench", "--cell", "lstm", "--only", "grid")
    assert answer.status == 0
    assert answer.err == ""
    assert "jax             left out: not installed" in lines(answer.out)
    assert "Training step, float32" in lines(answer.out)
    table = [line.split() for line in lines(answer.out) if line.startswith("LSTM 64")]
    # 6 · 100·64 · 4·256 · 384 operations in 256 ms: 59 GFLOP/s, of 1000 6 %
    expected = "LSTM 64 × 100, 128 → 256 256.00 ms 512.00 ms 2.00 59 6%"
    assert table == [expected.split()]
    assert "LSTM  2.00 × torch" in lines(answer.out)
    assert "better" not in answer.out
    assert {case.cell for case, _ in measured} == {"LSTM"}
    assert {rounds for _, rounds in measured} == {5}


@pytest.mark.parametrize("width", [24, 40, 60, 100])
def test_a_terminal_of_any_width(elman, measured, monkeypatch, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    answer = elman("bench", "--only", "grid,streaming")
    assert answer.status == 0
    answer.out = re.sub("\x1b\\[[0-9;]*m", "", answer.out)
    assert [line for line in lines(answer.out) if len(line) > width] == []
    assert "2.00" in answer.out
    assert ("GFLOP/s" in answer.out.split("Geometric")[0].split("float32\n")[-1]) == (
        width >= 100
    )


def test_full_has_every_group(elman, measured):
    answer = elman("bench", "--full", "--rounds", "3")
    assert answer.status == 0
    assert {case.group for case, _ in measured} == set(b.GROUPS)
    assert {rounds for _, rounds in measured} == {3}
    assert "25.6 MB" not in answer.out
    assert all(title in answer.out for title in b.GROUPS.values())


def test_the_file(elman, measured, tmp_path):
    answer = elman("bench", "--cell", "rnn,gru", "--only", "thin", "--json", "b.json")
    assert answer.status == 0
    assert answer.out.endswith("wrote b.json\n")
    found = json.loads((tmp_path / "b.json").read_text())
    assert [r["cell"] for r in found["rows"]] == ["RNN", "GRU"]
    assert found["rows"][0]["ratios"] == {"torch": 2.0}
    assert found["absent"] == {"jax": "not installed", "keras": "not installed"}


def test_every_cell_at_one_size(elman, measured):
    answer = elman("bench", "--only", "cells", "--size", "2x3x4x5")
    assert answer.status == 0
    assert {case.cell for case, _ in measured} == set(b.EQUATIONS)
    assert "Geometric means of the training steps' ratios of every cell" in answer.out
    assert "JANET 2 × 3, 4 → 5" in answer.out


def test_losing_rows_are_named(elman, measured, monkeypatch):
    monkeypatch.setattr(
        b, "measure", lambda case, *_: Row(case, {"elman": 2.0, "torch": 1.0})
    )
    answer = elman("bench", "--only", "loop", "--cell", "gru")
    tail = lines(answer.out)[-1]
    assert tail == "GRU 32 × 100, 64 → 128 (loop)  0.50 × torch"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cell", "lstn"], "--cell: unknown 'lstn'; allowed are rnn, gru, lstm, "),
        (["--only", "girds"], "--only: unknown 'girds'; allowed are grid, thin,"),
        (["--peer", "tensorflow"], "--peer: unknown 'tensorflow'; allowed are jax,"),
        (["--rounds", "0"], "--rounds must be at least 1, got 0"),
        (["--threads", "0"], "--threads must be at least 1, got 0"),
        (["--threads", "99999"], "--threads: got 99999, this machine has"),
        (["--cell", "gru", "--only", "projection"], "nothing to measure: a projection"),
        (["--size", "32x100x64"], "--size: got '32x100x64'; write rows, steps,"),
        (["--size", "2x0x3x4"], "--size: got '2x0x3x4'; write rows, steps,"),
        (["--json", "no/such/b.json"], "--json: there is no directory no/such"),
        (["--json", "."], "--json: . is a directory"),
    ],
)
def test_mistakes_end_in_one_line_before_anything_is_measured(
    elman, measured, words, said
):
    answer = elman("bench", *words)
    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert said in answer.err
    assert len(lines(answer.err)) == 1
    assert measured == []


def test_interrupted(elman, measured, monkeypatch):
    count = iter(range(9))

    def measure(case, *_):
        if next(count) == 2:
            raise KeyboardInterrupt
        return Row(case, {"elman": 1.0, "torch": 2.0})

    monkeypatch.setattr(b, "measure", measure)
    answer = elman("bench", "--only", "grid", "--cell", "rnn", "--json", "b.json")
    assert answer.status == 130
    assert answer.err == (
        "elman: interrupted after 2 of 4 rows; b.json is not written\n"
    )
    assert "RNN 32 × 100, 64 → 128" in answer.out

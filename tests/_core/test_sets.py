"""Which instruction set runs: the best there is, or the one asked for."""

import os
import subprocess
import sys

import pytest

from native_core import SETS, native

ISA = "from elman._core._native import isa; print(isa())"
CALL = "import torch, elman; elman.GRU(2, 3)(torch.zeros(1, 1, 2))"


def run(wish, code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"ELMAN_ISA": wish},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_scalar_is_always_there_and_the_best_is_first():
    assert SETS[-1] == "scalar"
    if not os.environ.get("ELMAN_ISA"):
        assert native.isa() == SETS[0]


@pytest.mark.parametrize("isa", SETS)
def test_the_one_asked_for_runs(isa):
    assert run(isa, ISA).stdout.strip() == isa


def test_an_unknown_one_is_an_error():
    done = run("sse9", CALL)
    assert done.returncode != 0
    assert "InputError: unknown instruction set 'sse9'" in done.stderr
    with pytest.raises(ValueError, match="unknown instruction set 'sse9'"):
        native.force_isa("sse9")

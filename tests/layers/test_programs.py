"""Public programs, changed in their import line alone: the same losses throughout."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

PROGRAMS = Path(__file__).parents[2] / "benchmarks" / "programs"
WORDS = "a red dog and the small cat see one bird over two hills"
# Rounding differs by 1e-16 a sum; a hundred steps of training multiply it, and the
# programs' own table allows as much.
ALLOWED = 1e-6


@pytest.fixture(scope="module")
def swap():
    spec = importlib.util.spec_from_file_location("swap", PROGRAMS / "swap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines(count):
    draw = torch.Generator().manual_seed(0)
    for _ in range(count):
        n = int(torch.randint(3, 9, (), generator=draw))
        chosen = torch.randint(13, (n,), generator=draw)
        yield " ".join(WORDS.split()[k] for k in chosen)


SMALL = {"width": 12, "rows": 4, "steps": 7, "epochs": 2, "rate": 2.0}
SMALL["dtype"] = torch.float64
CASES = [
    *(
        (
            "language_model",
            {"lines": list(lines(400)), "kind": kind, "rate": 2.0} | SMALL,
        )
        for kind in ("LSTM", "GRU", "RNN_TANH")
    ),
    (
        "time_sequence",
        {"series": 70, "steps": 40, "epochs": 2, "iterations": 4, "future": 10},
    ),
    (
        "actor_critic",
        {"updates": 6, "rows": 3, "steps": 9, "width": 96} | {"dtype": torch.float64},
    ),
]


@pytest.mark.parametrize(("program", "options"), CASES, ids=lambda v: str(v)[:14])
def test_the_same_losses(swap, program, options):
    theirs, ours = (swap.load(program, p).run(**options) for p in ("torch.nn", "elman"))
    scale = max(map(abs, theirs))
    assert len(theirs) == len(ours) > 8
    assert len({round(v, 6) for v in theirs}) > 5  # it learns, or at least moves
    for a, b in zip(ours, theirs, strict=True):
        assert abs(a - b) <= ALLOWED * scale


def test_the_import_line_is_all_that_differs(swap):
    program = swap.load("time_sequence", "elman")
    assert program.LSTMCell.__module__.startswith("elman")
    assert program.nn is torch.nn
    assert "torch.nn" in sys.modules

"""What the tests of the native core share: the module, its sets, its problems."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
import torch

from cells import CELLS, Problem

native = pytest.importorskip(
    "elman._core._native", reason="the compiled core is not built here"
)
SETS = native.isa_list().split()
SERVED = CELLS

every_cell = pytest.mark.parametrize("cell", SERVED, ids=lambda c: c.id)
every_set = pytest.mark.parametrize("isa", SETS)


@contextlib.contextmanager
def running_on(isa: str | None = None, threads: int = 1) -> Iterator[None]:
    """Force an instruction set, and a number of threads however small the call."""
    native.force_isa(isa)
    native.share_above(0, 0)
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(1)
        native.share_above(40000, 150000)
        native.force_isa(None)


def lengths_for(T: int, B: int) -> list[int]:
    """Return lengths in no order, a zero and a full one among them."""
    return [(7 * i + 3) % (T + 1) if i % 4 else (0, T)[i // 4 % 2] for i in range(B)]


def same_bits(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    """Assert that two solutions are equal in every bit."""
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def rows(problem: Problem, pick: list[int]) -> Problem:
    """Return the problem of some of its rows."""
    from dataclasses import replace

    def part(values: dict) -> dict:
        out = {}
        for name, v in values.items():
            if name in ("x", "y"):
                v = v[:, pick]
            elif name in ("h_0", "c_0", "h_n", "c_n"):
                v = v[pick]
            out[name] = v
        return out

    lengths = None if problem.lengths is None else [problem.lengths[i] for i in pick]
    return replace(
        problem,
        given=part(problem.given),
        cotangents=part(problem.cotangents),
        lengths=lengths,
    )

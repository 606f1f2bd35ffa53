"""Cells given as equations over few rows and steps, whose weights are not packed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.cells import cell, initial, names
from elman.ops import _composite
from elman.ops._call import Call, Noise
from elman.ops.native import _program
from native_core import SETS, native, running_on

SIZES = ((1, 1), (2, 3), (8, 1), (1, 7))
"""Steps and rows, no more than eight together."""


def call_of(name, steps, rows, hidden, dtype, noise=None):
    torch.manual_seed(0)
    found = cell(name, **({"heads": 2} if name == "slstm" else {}))
    start = initial(found, 5, hidden, np.random.default_rng(0).random)
    parameters = {k: torch.tensor(v, dtype=dtype) for k, v in start.items()}
    x = torch.randn(steps, rows, 5, dtype=dtype)
    state = tuple(
        0.3 + 0.3 * torch.rand(rows, hidden, dtype=dtype) for _ in found.states
    )
    return Call(name, "", x, state, parameters, equations=found, noise=noise)


def flat(result):
    return [result.y, *result.state]


@pytest.mark.parametrize(("steps", "rows"), SIZES, ids=str)
@pytest.mark.parametrize("name", names())
def test_the_composite_paths_numbers(name, steps, rows):
    call = call_of(name, steps, rows, 34, torch.float64)
    for actual, expected in zip(
        flat(_program.run(call)), flat(_composite.run(call)), strict=True
    ):
        torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", names())
def test_the_same_bits_in_steps_on_threads_and_sets(name, dtype):
    call = call_of(name, 4, 2, 34, dtype)
    found = []
    for isa in SETS:
        for threads in (1, 3):
            with running_on(isa=isa, threads=threads):
                found.append((isa, flat(_program.run(call))))
                state, ys = call.state, []
                for t in range(4):
                    one = _program.run(call._replace(x=call.x[t : t + 1], state=state))
                    state = one.state
                    ys.append(one.y)
                found.append((isa, [torch.cat(ys), *state]))
    for isa, values in found:
        first = next(
            v for other, v in found if (other == "scalar") == (isa == "scalar")
        )
        assert all(map(torch.equal, values, first))


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_masks_of_numbers_and_of_bytes(name):
    shape = 2, 3, 34
    stays = tuple(torch.rand(shape) < 0.5 for _ in cell(name).states)
    keeps = tuple(
        (torch.rand(shape[1:]) < 0.5) * 2.0 for _ in cell(name).traced.dropped
    )
    noise = Noise(keeps, stays)
    call = call_of(name, 2, 3, 34, torch.float64, noise)
    for actual, expected in zip(
        flat(_program.run(call)), flat(_composite.run(call)), strict=True
    ):
        torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


def test_a_longer_sequence_differs_by_rounding_alone():
    call = call_of("lstm", 9, 1, 34, torch.float64)
    long = _program.run(call).y
    short = _program.run(call._replace(x=call.x[:8])).y
    torch.testing.assert_close(short, long[:8], rtol=1e-12, atol=1e-13)
    assert native is not None

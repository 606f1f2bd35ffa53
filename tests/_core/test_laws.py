"""What holds bit for bit, since every sum is made in one fixed order."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cells import CELLS, by_operator, draw
from elman.ops import record_step_gradients
from native_core import SETS, every_cell, lengths_for, rows, running_on, same_bits

FUSED = [s for s in SETS if s != "scalar"]
PER_ROW = ("y", "h_n", "c_n", "dx", "dh_0", "dc_0")
both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def solve(problem, dtype, **how):
    with running_on(**how):
        return by_operator(problem, "native", dtype)


@both_dtypes
@pytest.mark.parametrize("B", [1, 3, 40])
@every_cell
def test_any_number_of_threads(cell, B, dtype):
    T = 12
    for lengths in (None, lengths_for(T, B)):
        problem = draw(cell, T, B, 5, 70, lengths=lengths, dtype=dtype)
        alone = solve(problem, dtype, threads=1)
        for threads in (2, 3, 4):
            same_bits(alone, solve(problem, dtype, threads=threads))


@both_dtypes
@every_cell
def test_a_row_in_any_batch(cell, dtype):
    problem = draw(cell, 6, 9, 5, 21, lengths=lengths_for(6, 9), dtype=dtype)
    whole = solve(problem, dtype)
    for pick in ([4], [8, 1], [3, 2, 6, 0, 5, 7, 1]):
        part = solve(rows(problem, pick), dtype, threads=2)
        for name in PER_ROW:
            if name in whole:
                axis = 1 if whole[name].dim() == 3 else 0
                expected = whole[name].index_select(axis, torch.tensor(pick))
                assert torch.equal(part[name], expected), name


@pytest.mark.parametrize("threads", [1, 2])
def test_a_row_of_a_wide_layer(threads):
    """Many rows of a wide layer exceed the second cache; a single one does not."""
    cell = next(c for c in CELLS if c.id == "lstm-plain")
    problem = draw(cell, 6, 24, 900, 330)
    whole = solve(problem, torch.float64, threads=threads)
    alone = solve(rows(problem, [17]), torch.float64)
    for name in PER_ROW:
        axis = 1 if whole[name].dim() == 3 else 0
        assert torch.equal(alone[name], whole[name].narrow(axis, 17, 1)), name


@both_dtypes
@every_cell
def test_any_padding_of_any_content(cell, dtype):
    problem = draw(cell, 5, 4, 3, 9, lengths=[5, 2, 0, 3], dtype=dtype)
    longer = draw(cell, 8, 4, 3, 9, lengths=[5, 2, 0, 3], dtype=dtype)
    x = np.full_like(longer.given["x"], np.nan)
    dy = np.full_like(longer.cotangents["y"], 0.0)
    for row, n in enumerate(problem.lengths):
        x[:n, row] = problem.given["x"][:n, row]
        dy[:n, row] = problem.cotangents["y"][:n, row]
    longer = replace(
        problem,
        given={**problem.given, "x": x},
        cotangents={**problem.cotangents, "y": dy},
    )
    short, long = solve(problem, dtype), solve(longer, dtype, threads=2)
    for name in short:
        value = long[name]
        if name in ("y", "dx"):
            assert not value[5:].any()
            value = value[:5]
        assert torch.equal(value, short[name]), name


@both_dtypes
@every_cell
def test_sets_with_fused_multiply_add_agree(cell, dtype):
    if len(FUSED) < 2:
        pytest.skip(f"nothing to compare: of the fused sets, {FUSED} run here")
    problem = draw(cell, 7, 5, 6, 37, lengths=lengths_for(7, 5), dtype=dtype)
    first, *others = [solve(problem, dtype, isa=isa) for isa in FUSED]
    for other in others:
        same_bits(first, other)


def norms(problem, dtype, **how):
    with running_on(**how), record_step_gradients() as record:
        by_operator(problem, "native", dtype)
    return record[0].norms


@both_dtypes
@pytest.mark.parametrize("B", [1, 5])
@every_cell
def test_norms_on_any_number_of_threads_and_any_fused_set(cell, B, dtype):
    problem = draw(cell, 4, B, 3, 301, dtype=dtype)
    for sets in (FUSED, ["scalar"]):
        alone = norms(problem, dtype, isa=sets[0]) if sets else None
        assert alone is None or alone.all()
        for isa in sets:
            for threads in (1, 2, 4):
                found = norms(problem, dtype, isa=isa, threads=threads)
                assert torch.equal(found, alone)


@both_dtypes
@every_cell
def test_chunked_equals_whole(cell, dtype):
    problem = draw(cell, 9, 3, 4, 18, dtype=dtype)
    whole = solve(problem, dtype)
    x, y = problem.given["x"], problem.cotangents["y"]
    pieces = []
    carried = {s: problem.given[s] for s in cell.states}
    for part in (slice(0, 4), slice(4, 5), slice(5, 9)):
        piece = replace(
            problem,
            given={**problem.given, **carried, "x": x[part]},
            cotangents={**problem.cotangents, "y": y[part]},
        )
        pieces.append(solve(piece, dtype))
        last = ("h_n", "c_n")
        carried = {
            s: pieces[-1][n].detach().double().numpy()
            for s, n in zip(cell.states, last, strict=False)
        }
    assert torch.equal(torch.cat([p["y"] for p in pieces]), whole["y"])
    assert torch.equal(pieces[-1]["h_n"], whole["h_n"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
@every_cell
def test_what_is_not_finite_passes_as_the_equations_have_it(cell, value):
    problem = draw(cell, 4, 3, 3, 20)
    problem.given["x"][1, 1, 2] = value
    for isa in SETS:
        actual = solve(problem, torch.float64, isa=isa)
        expected = by_operator(problem, "composite")
        # What is NaN there is NaN here, and other rows know nothing of it.
        for name in ("y", "h_n"):
            assert torch.equal(actual[name].isnan(), expected[name].isnan()), name
        assert actual["y"][:, [0, 2]].isfinite().all()


def test_a_long_sequence_and_a_tiny_gradient():
    """Ten thousand steps, over which a gradient falls below the smallest number."""
    cell = next(c for c in CELLS if c.id == "rnn-tanh")
    problem = draw(cell, 10_000, 1, 2, 8, dtype=torch.float32)
    problem.cotangents["y"][:] = 0  # only the last state is asked for
    solution = solve(problem, torch.float32)
    assert solution["y"].isfinite().all()
    assert solution["dw_hh"].isfinite().all()
    assert not solution["dh_0"].any()  # below the smallest number: zero, no NaN

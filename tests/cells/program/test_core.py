"""The core runs every cell's program: states, traces and all gradients.

In float64 beside the slow executor, in float32 beside autograd in float64, ragged and
in reverse beside each row alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cell_problems import (
    CELLS,
    NOISE,
    Outcome,
    Problem,
    assert_same,
    by_autograd,
    by_program,
    draw,
    gathered,
    given_of,
    options_of,
)
from elman import InputError
from elman.cells import cell, names
from elman.cells.program._execute import Gradients, Ran
from elman.cells.program._print_cpp import digest
from elman.cells.program._program import Program
from native_core import native
from random_cells import noise_of, random_cell


def graph_of(program: Program):
    return native.Graph(*program.encode())


def _close(actual, expected):
    tolerance = 1e-10 if actual.dtype == torch.float64 else 1e-4
    return torch.allclose(
        actual, expected, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def by_core(
    problem: Problem,
    lowered,
    dtype=torch.float64,
    lengths=None,
    reverse=False,
    threads=1,
) -> Outcome:
    """Run a program on the core, on memory full of NaN."""
    program = lowered.program
    graph = graph_of(program)
    given = given_of(problem, lowered)

    def tensor(array):
        return torch.tensor(np.ascontiguousarray(array), dtype=dtype)

    def empty(*shape):
        return torch.full(shape, torch.nan, dtype=dtype)

    T, B, I = given.x.shape
    H = given.start[0].shape[1]
    x, weights = tensor(given.x), [tensor(w) for w in given.weights]
    bias, units = tensor(given.bias), [tensor(u) for u in given.units]
    masks, first = [tensor(m) for m in given.masks], [tensor(s) for s in given.start]
    rows_of = None if lengths is None else torch.tensor(lengths)
    y, last = empty(T, B, H), [empty(B, H) for _ in first]
    saved, rows = empty(T, B, program.saved, H), empty(T, B, program.rows)
    tracks = [None, *(empty(T, B, H) for _ in first[1:])]
    way = {"lengths": rows_of, "reverse": reverse, "threads": threads}
    kept = {"saved": saved, "tracks": tracks, "rows": rows}
    graph.forward(
        x, weights, bias, units, masks, first, y, last, save=True, **kept, **way
    )
    quiet_y, quiet = (
        torch.full_like(y, torch.nan),
        [torch.full_like(s, 2) for s in last],
    )
    graph.forward(x, weights, bias, units, masks, first, quiet_y, quiet, **way)
    # Few rows and steps read their weights where they lie, in another order.
    few = lengths is None and T * B <= 8
    same = _close if few else torch.equal
    assert same(quiet_y, y), "inference gives other bits"
    assert all(map(same, quiet, last))

    dx = empty(T, B, I)
    dweights = [torch.full_like(w, torch.nan) for w in weights]
    dbias, dunits = torch.full_like(bias, torch.nan), [empty(H) for _ in units]
    dfirst, norms = [empty(B, H) for _ in first], empty(T, B)
    graph.backward(
        *(x, weights, units, masks, first, y, saved, tracks, rows),
        **way,
        dy=tensor(problem.dy),
        dlast=[tensor(d) for d in problem.dlast],
        **{"dx": dx, "dweights": dweights, "dbias": dbias, "dunits": dunits},
        **{"dfirst": dfirst, "norms": norms},
    )
    assert torch.isfinite(norms).all()

    def array(value):
        return value.double().numpy()

    ran = Ran([array(y), *map(array, tracks[1:])], array(saved), array(rows))
    back = Gradients(
        array(dx),
        [array(d) for d in dweights],
        array(dbias),
        [array(d) for d in dunits],
        [array(d) for d in dfirst],
    )
    found = gathered(problem, lowered, ran, back)
    found.last = [array(s) for s in last]
    return found


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("found", CELLS)
def test_the_core_runs_the_program(found, kind):
    problem = draw(found, T=5, B=4, I=3, H=18)
    lowered = found.lowered(**options_of(found, kind))
    actual = by_core(problem, lowered)
    assert_same(actual, by_program(problem, lowered), problem)
    for track, last in zip(actual.tracks, actual.last, strict=True):
        np.testing.assert_array_equal(track[-1], last)


@pytest.mark.parametrize("found", CELLS)
def test_the_core_in_float32(found):
    problem = draw(found, T=6, B=3, I=5, H=24)
    rounded = replace(
        problem,
        x=_single(problem.x),
        start=[_single(s) for s in problem.start],
        parameters={k: _single(v) for k, v in problem.parameters.items()},
        dy=_single(problem.dy),
        dlast=[_single(d) for d in problem.dlast],
    )
    lowered = found.lowered()
    actual = by_core(rounded, lowered, torch.float32)
    assert_same(actual, by_autograd(rounded, lowered), problem, dtype=np.float32)


@pytest.mark.parametrize("seed", range(100, 130))
def test_the_core_runs_random_cells(seed):
    found = random_cell(seed)
    sizes = {"B": (1, 2, 5, 9)[seed // 4 % 4], "H": (4, 6, 18, 34)[seed % 4]}
    problem = draw(found, T=3, seed=seed, **sizes)
    lowered = found.lowered(**noise_of(found, seed))
    actual = by_core(problem, lowered, threads=1 + seed % 2)
    assert_same(actual, by_program(problem, lowered), problem)


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32).astype(np.float64)


LENGTHS = [4, 0, 1, 5, 3]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("found", CELLS)
def test_every_row_is_as_if_alone(found, reverse):
    problem = draw(found, T=5, B=5, I=3, H=6)
    lowered = found.lowered(zoneout=(None,) * len(found.states))
    whole = by_core(problem, lowered, lengths=LENGTHS, reverse=reverse, threads=2)
    total: dict[str, np.ndarray] = {}
    masks = problem.masks(lowered)
    for row, length in enumerate(LENGTHS):
        own = slice(row, row + 1)
        steps = slice(0, length) if not reverse else slice(length - 1, None, -1)
        steps = slice(0, 0) if length == 0 else steps
        alone = Alone(
            found,
            problem.x[steps, own],
            [s[own] for s in problem.start],
            problem.parameters,
            problem.dy[steps, own],
            [d[own] for d in problem.dlast],
            problem.seed,
        )
        alone.given = {k: m[steps, own] for k, m in masks.items()}
        expected = by_program(alone, lowered)
        for k, track in enumerate(whole.tracks[:1]):
            rest = track[length:, row]
            np.testing.assert_array_equal(rest, np.zeros_like(rest))
            np.testing.assert_allclose(track[steps, row], expected.tracks[k][:, 0])
        for name, gradient in expected.gradients.items():
            if name in ("x", *(f"start{k}" for k in range(len(found.states)))):
                axis = 1 if name == "x" else 0
                mine = np.take(whole.gradients[name], row, axis)
                if name == "x":
                    np.testing.assert_array_equal(mine[length:], 0.0)
                    mine = mine[steps]
                other = np.take(gradient, 0, axis)
                np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)
            else:
                total[name] = total.get(name, 0.0) + gradient
    for name, gradient in total.items():
        np.testing.assert_allclose(
            whole.gradients[name], gradient, rtol=1e-9, atol=1e-11, err_msg=name
        )


class Alone(Problem):
    """A row by itself, with its share of the masks."""

    given: dict[str, np.ndarray]

    def masks(self, lowered) -> dict[str, np.ndarray]:
        return self.given


@pytest.mark.parametrize("name", names())
def test_both_sides_call_a_program_the_same(name):
    program = cell(name).lowered().program
    assert graph_of(program).hash == digest(program)


def test_the_core_refuses_what_is_damaged():
    integers, floats = cell("lstm").lowered().program.encode()
    for k in range(len(integers)):
        with pytest.raises(ValueError, match=r"\S"):
            native.Graph(integers[:k], floats)
    for k in range(0, len(integers), 3):
        worse = list(integers)
        worse[k] = -7
        if worse[k] != integers[k] and k not in _unread(integers):
            with pytest.raises(ValueError, match=r"\S"):
                native.Graph(worse, floats)


def _unread(integers: list[int]) -> set[int]:
    """Return the places of operands that an instruction does not take."""
    decoded = Program.decode(integers, cell("lstm").lowered().program.encode()[1])
    end, found = len(integers), set()
    for piece in reversed([*decoded.forward_pieces, *decoded.backward_pieces]):
        for i in reversed(piece.instructions):
            end -= 5
            read = {"LOAD": 2, "STORE": 2, "CONST": 1, "WIDTH": 0}.get(i.op)
            count = len(i.reads) if read is None else read
            found |= set(range(end + 2 + count, end + 5))
        end -= 2
        if piece is decoded.backward_pieces[0]:
            end -= 1
    return found


def test_backward_of_a_program_for_inference_is_refused():
    found = cell("gru")
    problem = draw(found)
    lowered = found.lowered(gradients=False)
    with pytest.raises((ValueError, InputError)):
        by_core(problem, lowered)

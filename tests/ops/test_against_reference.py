"""Every cell on every path against the reference: outputs, states, all gradients."""

import pytest
import torch

from cells import CELLS, by_operator, by_reference, draw
from elman import ops
from tolerance import assert_close

SIZES = [(6, 4, 3, 5), (1, 1, 1, 1), (9, 2, 17, 7), (3, 5, 4, 1)]  # T, B, I, H
LENGTHS = {4: [6, 0, 3, 1], 1: [1], 2: [5, 9], 5: [3, 2, 0, 0, 1]}


def paths(cell, lengths):
    request = ops.Request(cell.cell, cell.variant, ragged=lengths is not None)
    serving = []
    for path in ops.PREFERENCE:
        try:
            serving.append(ops.choose_path(request, path))
        except ValueError:
            continue
    return serving


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "bare"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("ragged", [False, True], ids=["full", "ragged"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_agrees_with_the_reference(cell, dtype, ragged, reverse, bias):
    for T, B, I, H in SIZES:
        lengths = LENGTHS[B] if ragged else None
        problem = draw(
            cell, T, B, I, H, lengths=lengths, reverse=reverse, bias=bias, dtype=dtype
        )
        expected = by_reference(problem)
        for path in paths(cell, lengths):
            actual = by_operator(problem, path, dtype)
            assert actual.keys() == expected.keys()
            for name, value in actual.items():
                assert_close(
                    value,
                    expected[name],
                    summands=problem.summands,
                    steps=T,
                    dtype=dtype,
                    what=f"{path} {name} at {T, B, I, H}",
                )


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
def test_the_trace_holds_what_the_equations_say(cell):
    from elman.reference import gru, lstm

    problem = draw(cell, 5, 3, 2, 4, lengths=[5, 0, 2])
    given = {k: torch.from_numpy(v) for k, v in problem.given.items()}
    names = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
    result = ops.run(
        ops.Call(
            cell.cell,
            cell.variant,
            given["x"],
            tuple(given[s] for s in cell.states),
            ops.Weights(**{k: given.get(k) for k in names}),
            torch.tensor(problem.lengths),
            trace=True,
        )
    )
    expected = {"h": by_reference(problem)["y"]}
    x, p = problem.given["x"].swapaxes(0, 1), problem.given
    if cell.cell == "gru":
        tape = gru.forward(
            x,
            p["h_0"],
            gru.Parameters(p["w_ih"], p["w_hh"], p["b_ih"], p["b_hh"]),
            lengths=problem.lengths,
            reset_after=cell.variant == "reset_after",
        )
        expected |= {k: getattr(tape, k) for k in "rzn"}
    elif cell.cell == "lstm":
        tape = lstm.forward(
            x,
            p["h_0"],
            p["c_0"],
            lstm.Parameters(p["w_ih"], p["w_hh"], p["b_ih"] + p["b_hh"], p.get("w_hr")),
            lengths=problem.lengths,
        )
        expected |= {k: getattr(tape, k) for k in "cifgo"}
    assert result.trace.keys() == expected.keys()
    for name, track in result.trace.items():
        wanted = expected[name]
        if name != "h":
            wanted = (wanted * tape.alive).swapaxes(0, 1)
        assert_close(track, wanted, summands=problem.summands, steps=5, what=name)


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.id)
@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)], ids=str)
def test_no_steps_or_no_rows(cell, shape):
    T, B = shape
    problem = draw(cell, T, B, 2, 3)
    expected = by_reference(problem)
    actual = by_operator(problem)
    for name, value in actual.items():
        assert_close(value, expected[name], summands=2, what=name)
    if T == 0:
        assert torch.equal(actual["h_n"], torch.from_numpy(problem.given["h_0"]))

"""A cell's program computes its equations, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest

from cell_problems import (
    CELLS,
    NOISE,
    assert_same,
    by_autograd,
    by_program,
    draw,
    given_of,
    options_of,
)
from elman.cells import cell, specified
from elman.cells.program._execute import execute
from elman.cells.program._program import Program
from tolerance import assert_close


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("found", CELLS)
def test_a_program_is_its_equations(found, kind):
    problem = draw(found)
    lowered = found.lowered(**options_of(found, kind))
    assert_same(by_program(problem, lowered), by_autograd(problem, lowered), problem)
    if "trace" in NOISE[kind]:
        assert set(lowered.tracks) == set(found.traced.values)


@pytest.mark.parametrize("found", CELLS)
def test_the_graph_is_the_step(found):
    problem = draw(found)
    lowered = found.lowered()
    own = specified(found, problem.x, problem.start, problem.parameters)
    by_graph = by_autograd(problem, lowered)
    for k, name in enumerate(found.states):
        track = np.stack([states[k] for states in own])
        assert_close(
            by_graph.tracks[k], track, summands=problem.summands, steps=4, what=name
        )


@pytest.mark.parametrize("found", CELLS)
def test_a_program_without_gradients_gives_the_same_states(found):
    problem = draw(found)
    whole, part = found.lowered(), found.lowered(gradients=False)
    assert part.program.backward == ()
    assert part.program.saved <= whole.program.saved
    a = execute(whole.program, given_of(problem, whole))
    b = execute(part.program, given_of(problem, part))
    for one, other in zip(a.tracks, b.tracks, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("found", CELLS)
def test_programs_survive_being_stored(found):
    program = found.lowered(trace=True).program
    assert Program.decode(*program.encode()) == program
    assert Program.from_json(program.to_json()) == program
    again = type(found)(**found.chosen()).lowered(trace=True).program
    assert again.digest == program.digest
    assert again.digest != found.lowered(gradients=False).program.digest


def test_programs_are_lean():
    """What a hand would write: these are the sizes of the core's own cells."""
    lstm, gru = cell("lstm").lowered().program, cell("gru").lowered().program
    assert (lstm.slots, lstm.saved, len(lstm.forward_pieces)) == (4, 4, 1)
    assert (gru.slots, gru.saved, len(gru.forward_pieces)) == (4, 4, 1)
    assert cell("rnn").lowered().program.saved == 0
    assert cell("gru_reset_before").lowered().program.saved == 4
    assert lstm.products[0].rows == (0, 1, 2, 3)
    assert [p.first for p in gru.products] == [0, 1]


def test_backward_shares_what_is_common():
    """No more instructions than a careful hand needs; loads and stores included."""

    def instructions(name):
        program = cell(name).lowered().program
        return sum(len(piece.instructions) for piece in program.backward_pieces)

    assert instructions("lstm") <= 28
    assert instructions("gru") <= 21
    assert instructions("rnn") <= 7

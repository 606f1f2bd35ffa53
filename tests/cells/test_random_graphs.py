"""Cells nobody thought of: random equations, lowered and run beside autograd."""

from __future__ import annotations

import numpy as np
import pytest

from cell_problems import Problem, assert_same, by_autograd, by_program, draw
from elman.cells import cell, names, specified
from random_cells import noise_of, random_cell
from tolerance import FINITE_DIFFERENCE_STEP, finite_difference_tolerance

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_program_is_its_equations(seed):
    found = random_cell(seed)
    problem = draw(found, T=3, B=2, H=4, seed=seed)
    lowered = found.lowered(**noise_of(found, seed))
    assert_same(by_program(problem, lowered), by_autograd(problem, lowered), problem)


def loss_of(problem: Problem) -> float:
    tracks = specified(problem.cell, problem.x, problem.start, problem.parameters)
    loss = sum((s[0] * d).sum() for s, d in zip(tracks, problem.dy, strict=True))
    pairs = zip(tracks[-1], problem.dlast, strict=True)
    return float(loss + sum((s * d).sum() for s, d in pairs))


SMOOTH = [name for name in names() if name != "indrnn"]


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_what_differences_say(name):
    """The step itself, a little beside itself: no adjoint, no graph.

    Differences of fourth order at the best step of second order: layer normalisation
    bends more than the tolerance's third derivative of about 1 allows.
    """
    found = cell(name)
    problem = draw(found, T=3, B=2, H=4)
    gradients = by_program(problem, found.lowered()).gradients
    arrays = {"x": problem.x, **problem.parameters}
    arrays |= {f"start{k}": s for k, s in enumerate(problem.start)}
    rng = np.random.default_rng(5)
    for key, array in arrays.items():
        for place in rng.permutation(array.size)[:6]:
            index = np.unravel_index(place, array.shape)
            before, values = array[index], {}
            for k in (-2, -1, 1, 2):
                array[index] = before + k * FINITE_DIFFERENCE_STEP
                values[k] = loss_of(problem)
            array[index] = before
            inner, outer = values[1] - values[-1], values[2] - values[-2]
            slope = (8 * inner - outer) / (12 * FINITE_DIFFERENCE_STEP)
            above = max(map(abs, values.values()))
            limit = finite_difference_tolerance(max(above, abs(slope)))
            assert abs(slope - gradients[key][index]) <= limit, (key, index)

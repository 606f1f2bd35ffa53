"""Cells nobody thought of: random equations, lowered and run beside autograd.

Each draw is a cell of one to three states, one to four gates with products of x, of
states, of intermediate and of new values, per-unit parameters, heads, sums over rows.
"""

from __future__ import annotations

import numpy as np
import pytest

from cell_problems import Problem, assert_same, by_autograd, by_program, draw
from elman.cells import (
    Cell,
    cell,
    maximum,
    minimum,
    names,
    normalise,
    relu,
    row_mean,
    row_sum,
    sigmoid,
    softplus,
    specified,
    tanh,
    where,
)
from tolerance import FINITE_DIFFERENCE_STEP, finite_difference_tolerance


def random_cell(seed: int) -> Cell:
    """Return a cell whose equations are drawn; the same for the same seed."""

    class Random(Cell):
        states = ("h", "c", "d")[: 1 + seed % 3]
        heads = (1, 1, 2)[seed % 3]

        def step(self, x, *states):
            rng = np.random.default_rng(seed)
            values = list(states)
            used = []
            for k in range(int(rng.integers(1, 5))):
                values.append(self.drawn_gate(rng, k, x, values))
                used.append(len(values) - 1)
                values.append(combined(rng, values))
            after = [bounded(values[int(rng.integers(len(values)))]) for _ in states]
            # Everything drawn has a say, or it would be refused.
            rest = sum(values[k] for k in used)
            unit = self.unit("u", 0.5)
            after[0] = tanh(after[0] + 0.3 * rest * sigmoid(unit) + 0.1 * unit)
            return tuple(after)

        def drawn_gate(self, rng, k, x, values):
            some = int(rng.integers(0, min(3, len(values)) + 1))
            picked = rng.permutation(len(values))[:some]
            sources = list({id(values[j]): values[j] for j in picked}.values())
            if k == 0 or not sources or rng.integers(2):
                sources.insert(0, x)
            value = self.linear(f"g{k}", *sources, bias=bool(rng.integers(2)))
            kind = int(rng.integers(6))
            if kind == 4:
                value = value + self.unit(f"p{k}") * values[0]
            if kind == 5:
                value = value - row_mean(value * value)
            return (tanh, sigmoid, softplus, relu, tanh, sigmoid)[kind](value)

    return Random()


def combined(rng, values):
    a, b, c = (values[int(rng.integers(len(values)))] for _ in range(3))
    kind = int(rng.integers(9))
    if kind == 0:
        return a * b + c
    if kind == 1:
        return (1 - sigmoid(a)) * b + sigmoid(a) * c
    if kind == 2:
        return a - b * c
    if kind == 3:
        return maximum(a, 0.7 * b)
    if kind == 4:
        return minimum(a + 0.3, c)
    if kind == 5:
        return a / (1.5 + b * b)
    if kind == 6:
        return where(a > 0.2, b, -c)
    if kind == 7:
        return normalise(a * b + c, eps=0.1)
    return tanh(0.1 * row_sum(a)) * b


def bounded(value):
    return tanh(value)


SEEDS = range(60)
NOISES = ({}, {"dropout": True}, {"zoneout": None}, {"trace": True})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_program_is_its_equations(seed):
    found = random_cell(seed)
    options = dict(NOISES[seed // 3 % 4])
    if "zoneout" in options:
        options["zoneout"] = (None,) * len(found.states)
    if "dropout" in options and not any(
        n.op == "before" and n.data == 0
        for linear in found.traced.linears
        for n in linear.args
    ):
        del options["dropout"]
    problem = draw(found, T=3, B=2, H=4, seed=seed)
    lowered = found.lowered(**options)
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

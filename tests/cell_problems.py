"""A cell on random numbers, by every way there is to compute it.

Not a test module itself: it draws a problem, runs a cell's own `step`, its graph with
torch's autograd, and its program, and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from elman.cells import (
    Cell,
    Composite,
    Lowered,
    cell,
    core_bias,
    core_weights,
    names,
    shapes,
    specified,
    unit_values,
)
from elman.cells.program._execute import (
    Given,
    Gradients,
    Ran,
    execute,
    execute_backward,
)
from tolerance import assert_close

Arrays = dict[str, np.ndarray]

DIVISORS = {("SLSTM", "n")}
"""States that the step divides by: near 0 they would magnify every rounding."""


@dataclass
class Problem:
    """One layer in one direction in float64: what goes in, and cotangents."""

    cell: Cell
    x: np.ndarray  # (T, B, I)
    start: list[np.ndarray]  # (B, H)
    parameters: Arrays
    dy: np.ndarray
    dlast: list[np.ndarray]
    seed: int

    @property
    def summands(self) -> int:
        T, B, I = self.x.shape
        H = self.start[0].shape[1]
        return max(2, I + H * len(self.cell.traced.linears), T * B)

    def masks(self, lowered: Lowered) -> Arrays:
        T, B, _ = self.x.shape
        H = self.start[0].shape[1]
        rng = np.random.default_rng(self.seed + 1)
        found = {}
        for name in lowered.masks:
            steps = 1 if name.startswith("dropout") else T
            mask = rng.integers(0, 2, (steps, B, H)).astype(np.float64)
            scale = 2.0 if steps == 1 else 1.0
            found[name] = np.broadcast_to(scale * mask, (T, B, H))
        return found


def draw(
    cell: Cell, T: int = 4, B: int = 3, I: int = 2, H: int = 6, seed: int = 0
) -> Problem:
    rng = np.random.default_rng(seed)
    states = range(len(cell.states))
    start = [rng.uniform(-0.8, 0.8, (B, H)) for _ in states]
    for k, name in enumerate(cell.states):
        if (type(cell).__name__, name) in DIVISORS:
            start[k] = 0.5 + np.abs(start[k])
    parameters = {
        name: rng.uniform(-0.7, 0.7, shape)
        for name, shape in shapes(cell.traced, I, H).items()
    }
    return Problem(
        cell,
        rng.normal(size=(T, B, I)),
        start,
        parameters,
        rng.normal(size=(T, B, H)),
        [rng.normal(size=(B, H)) for _ in states],
        seed,
    )


@dataclass
class Outcome:
    """States of every step, gates of every step, and gradients by name."""

    tracks: list[np.ndarray]
    gates: Arrays
    gradients: Arrays
    last: list[np.ndarray] | None = None


def by_autograd(problem: Problem, lowered: Lowered) -> Outcome:
    """Run the graph on torch tensors, and back by autograd."""
    given = {k: torch.tensor(v, requires_grad=True) for k, v in _given(problem).items()}
    own = {k: given[k] for k in problem.parameters}
    masks = {k: torch.tensor(m) for k, m in problem.masks(lowered).items()}
    composite = Composite(lowered.step, own)
    inputs = composite.inputs(given["x"])
    state = tuple(given[f"start{k}"] for k in range(len(problem.start)))
    tracks, gates = [], []
    for t in range(len(problem.x)):
        now = {k: m[t] for k, m in masks.items()}
        state, found = composite([i[t] for i in inputs], state, now)
        tracks.append(state)
        gates.append(found)
    loss = sum(
        (s[0] * torch.tensor(d)).sum() for s, d in zip(tracks, problem.dy, strict=True)
    )
    loss = loss + sum(
        (s * torch.tensor(d)).sum() for s, d in zip(state, problem.dlast, strict=True)
    )
    grads = torch.autograd.grad(loss, list(given.values()), allow_unused=True)
    return Outcome(
        [_stacked([s[k] for s in tracks]) for k in range(len(state))],
        {name: _stacked([g[name] for g in gates]) for name in gates[0]},
        {
            name: np.zeros(v.shape) if g is None else g.numpy()
            for (name, v), g in zip(given.items(), grads, strict=True)
        },
    )


def _given(problem: Problem) -> Arrays:
    start = {f"start{k}": s for k, s in enumerate(problem.start)}
    return {"x": problem.x, **start, **problem.parameters}


def _stacked(values: list[Any]) -> np.ndarray:
    return torch.stack(values).detach().numpy()


def given_of(problem: Problem, lowered: Lowered) -> Given:
    """Return what the program is given."""
    H = problem.start[0].shape[1]
    masks = problem.masks(lowered)
    bias = core_bias(lowered, problem.parameters.get("bias"))
    if bias is None:
        bias = np.zeros(lowered.program.slots * H)
    units = [u.detach().numpy() for u in _units(problem, lowered)[1]]
    weights = core_weights(lowered, problem.parameters)
    ordered = [masks[name] for name in lowered.masks]
    return Given(problem.x, weights, bias, units, ordered, problem.start)


def _units(problem: Problem, lowered: Lowered) -> tuple[Any, list[Any]]:
    """Return the parameters as tensors and the program's unit vectors of them."""
    own = {
        k: torch.tensor(v, requires_grad=True) for k, v in problem.parameters.items()
    }
    return own, unit_values(lowered, own)


def by_program(problem: Problem, lowered: Lowered) -> Outcome:
    """Run the program in NumPy, and gather what it says of the layer's parameters."""
    given = given_of(problem, lowered)
    ran = execute(lowered.program, given)
    back = execute_backward(lowered.program, given, ran, problem.dy, problem.dlast)
    return gathered(problem, lowered, ran, back)


def gathered(problem: Problem, lowered: Lowered, ran: Ran, back: Gradients) -> Outcome:
    """Return gradients of the program's arguments as those of the layer's."""
    H = problem.start[0].shape[1]
    found = {"x": back.x, **{f"start{k}": s for k, s in enumerate(back.start)}}
    found |= {k: np.zeros_like(v) for k, v in problem.parameters.items()}
    for weight, dw in zip(lowered.weights, back.weights, strict=True):
        for k, block in enumerate(weight.blocks):
            own = slice(block * H, (block + 1) * H)
            found[weight.parameter][own] += dw[k * H : (k + 1) * H]
    for slot, block in enumerate(lowered.biases):
        if block is not None:
            own = slice(block * H, (block + 1) * H)
            found["bias"][own] += back.bias[slot * H : (slot + 1) * H]
    parameters, units = _units(problem, lowered)
    names = list(problem.cell.traced.units)
    if units:
        grads = torch.autograd.grad(
            units,
            [parameters[name] for name in names],
            [torch.tensor(d) for d in back.units],
            allow_unused=True,
        )
        for name, grad in zip(names, grads, strict=True):
            assert grad is not None, f"{name} reaches no unit vector"
            found[name] = grad.numpy()
    gates = {}
    for name, (where, place) in lowered.tracks.items():
        gates[name] = ran.saved[:, :, place] if where == "saved" else ran.tracks[place]
    return Outcome(ran.tracks, gates, found)


def assert_same(
    actual: Outcome, expected: Outcome, problem: Problem, **how: Any
) -> None:
    """Assert that two ways agree to within rounding."""
    T = len(problem.x)
    how = {"summands": problem.summands, "steps": T, **how}
    names = problem.cell.states
    for name, a, e in zip(names, actual.tracks, expected.tracks, strict=True):
        assert_close(a, e, what=name, **how)
    for name, a in actual.gates.items():
        assert_close(a, expected.gates[name], what=f"gate {name}", **how)
    assert actual.gradients.keys() == expected.gradients.keys()
    for name, a in actual.gradients.items():
        assert_close(a, expected.gradients[name], what=f"d{name}", **how)


def compare(found: Cell, oracle: Callable[..., tuple[Any, ...]]) -> None:
    """Assert that a cell's own step does what NumPy by hand does, row by row."""
    problem = draw(found, T=5, B=3, I=4, H=6)
    H = 6
    w = {k: v for k, v in problem.parameters.items() if "weight" not in k}
    for short in ("ih", "hh"):
        whole = problem.parameters.get(f"weight_{short}", np.zeros((0, 1)))
        w[short] = [whole[k : k + H] for k in range(0, len(whole), H)]
    bias = problem.parameters.get("bias", np.zeros(0))
    b = [bias[k : k + H] for k in range(0, len(bias), H)]
    ours = specified(found, problem.x, problem.start, problem.parameters)
    for row in range(3):
        state = [s[row] for s in problem.start]
        for t in range(5):
            state = oracle(w, b, problem.x[t, row], *state)
            for k, name in enumerate(found.states):
                assert_close(
                    ours[t][k][row],
                    state[k],
                    summands=problem.summands,
                    steps=t + 1,
                    what=f"{name} of row {row}, step {t}",
                )


def variants() -> list[Cell]:
    found = [cell(name) for name in names()]
    found += [cell("rnn", nonlinearity=a) for a in ("relu", "sigmoid", "identity")]
    found += [cell("rnn", nonlinearity="softplus"), cell("indrnn", activation="tanh")]
    found += [cell("slstm", heads=3), cell("lstm", heads=2), cell("janet", beta=0.0)]
    return found


CELLS = [pytest.param(found, id=repr(found)) for found in variants()]
NOISE = {
    "plain": {},
    "trace": {"trace": True},
    "dropout": {"dropout": True},
    "zoneout": {"zoneout": None},
    "prediction": {"zoneout": 0.2},
    "all": {"dropout": True, "zoneout": None, "trace": True},
}


def options_of(found: Cell, kind: str) -> dict:
    options = dict(NOISE[kind])
    if "zoneout" in options:
        options["zoneout"] = (options["zoneout"],) * len(found.states)
    if not found.traced.dropped:
        options.pop("dropout", None)
    return options

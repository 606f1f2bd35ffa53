"""Every cell and variant once: how to draw a problem, and who can solve it.

A problem is one layer in one direction over one batch, with cotangents for the
output and the last states. The reference, the operators and torch's layers all
turn one into the same dictionary of arrays: y, h_n, c_n and, behind a "d", the
gradient of everything that went in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from elman import ops
from elman.reference import gru, lstm, ragged, rnn


@dataclass(frozen=True)
class Cell:
    """One row of the tests' parametrised list."""

    cell: str
    variant: str
    gates: int
    states: tuple[str, ...] = ("h_0",)

    @property
    def id(self) -> str:
        return f"{self.cell}-{self.variant}"


CELLS = (
    Cell("rnn", "tanh", 1),
    Cell("rnn", "relu", 1),
    Cell("rnn", "sigmoid", 1),
    Cell("rnn", "identity", 1),
    Cell("rnn", "softplus", 1),
    Cell("gru", "reset_after", 3),
    Cell("gru", "reset_before", 3),
    Cell("lstm", "plain", 4, ("h_0", "c_0")),
    Cell("lstm", "projected", 4, ("h_0", "c_0")),
)


@dataclass(frozen=True)
class Problem:
    """Arrays in float64, time first: x (T, B, I), states and cotangents (·, B, ·)."""

    cell: Cell
    given: dict[str, np.ndarray]  # x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr
    cotangents: dict[str, np.ndarray]  # of y, h_n, c_n
    lengths: list[int] | None = None
    reverse: bool = False

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """T, B, I, H."""
        hidden = self.given["w_ih"].shape[0] // self.cell.gates
        return *self.given["x"].shape, hidden

    @property
    def summands(self) -> int:
        """Terms in the longest sum of a forward step or a weight's gradient."""
        steps, batch, inputs, hidden = self.sizes
        return max(2, inputs + self.cell.gates * hidden, steps * batch)


def draw(
    cell: Cell,
    T: int,
    B: int,
    I: int,
    H: int,
    *,
    lengths: list[int] | None = None,
    reverse: bool = False,
    bias: bool = True,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
) -> Problem:
    """Draw a problem whose values are exact in ``dtype``."""
    random = np.random.default_rng(seed)
    if cell.variant == "projected":
        H = max(2, H)  # torch wants 0 < P < H
    out = H // 2 if cell.variant == "projected" else H
    bound = 1 / np.sqrt(H)
    given = {
        "x": random.normal(size=(T, B, I)),
        "h_0": random.normal(size=(B, out)),
        "w_ih": random.uniform(-bound, bound, (cell.gates * H, I)),
        "w_hh": random.uniform(-bound, bound, (cell.gates * H, out)),
    }
    if "c_0" in cell.states:
        given["c_0"] = random.normal(size=(B, H))
    if bias:
        given["b_ih"] = random.uniform(-bound, bound, cell.gates * H)
        given["b_hh"] = random.uniform(-bound, bound, cell.gates * H)
    if cell.variant == "projected":
        given["w_hr"] = random.uniform(-bound, bound, (out, H))
    cotangents = {"y": random.normal(size=(T, B, out))}
    cotangents["h_n"] = random.normal(size=(B, out))
    if "c_0" in cell.states:
        cotangents["c_n"] = random.normal(size=(B, H))

    def exact(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {
            k: torch.from_numpy(v).to(dtype).double().numpy() for k, v in values.items()
        }

    return Problem(cell, exact(given), exact(cotangents), lengths, reverse)


def loss(problem: Problem, solution: dict[str, np.ndarray]) -> float:
    """Return the scalar whose gradients a solution holds."""
    return float(sum((v * solution[k]).sum() for k, v in problem.cotangents.items()))


def by_reference(problem: Problem) -> dict[str, np.ndarray]:
    """Solve a problem in NumPy, by the equations."""
    given, lengths = problem.given, problem.lengths
    turn = ragged.reverse if problem.reverse else lambda a, _: a
    x = turn(given["x"].swapaxes(0, 1), lengths)
    dy = turn(problem.cotangents["y"].swapaxes(0, 1), lengths)
    dh_n = problem.cotangents["h_n"]
    zero = np.zeros(given["w_ih"].shape[0])
    b_ih, b_hh = given.get("b_ih", zero), given.get("b_hh", zero)
    W = given["w_ih"], given["w_hh"]
    h_0, variant = given["h_0"], problem.cell.variant

    if problem.cell.cell == "rnn":
        p = rnn.Parameters(*W, b_ih + b_hh)
        tape = rnn.forward(x, h_0, p, lengths=lengths, nonlinearity=variant)
        d = rnn.backward(tape, dy, dh_n)
        out = {"h_n": tape.h_n, "db_ih": d.b_h, "db_hh": d.b_h}
    elif problem.cell.cell == "gru":
        p = gru.Parameters(*W, b_ih, b_hh)
        after = variant == "reset_after"
        tape = gru.forward(x, h_0, p, lengths=lengths, reset_after=after)
        d = gru.backward(tape, dy, dh_n)
        out = {"h_n": tape.h_n, "db_ih": d.b_xh, "db_hh": d.b_hh}
    else:
        p = lstm.Parameters(*W, b_ih + b_hh, given.get("w_hr"))
        tape = lstm.forward(x, h_0, given["c_0"], p, lengths=lengths)
        d = lstm.backward(tape, dy, dh_n, problem.cotangents["c_n"])
        out = {"h_n": tape.h_n, "c_n": tape.c_n, "dc_0": d.c_0, "dw_hr": d.W_hr}
        out |= {"db_ih": d.b_h, "db_hh": d.b_h}

    out["y"] = turn(tape.h, lengths).swapaxes(0, 1)
    out["dx"] = turn(d.x, lengths).swapaxes(0, 1)
    out |= {"dh_0": d.h_0, "dw_ih": d.W_xh, "dw_hh": d.W_hh}
    wanted = {"y", *problem.cotangents, *(f"d{k}" for k in given)}
    return {k: v for k, v in out.items() if k in wanted}


def by_operator(
    problem: Problem, path: str | None = None, dtype: torch.dtype = torch.float64
) -> dict[str, torch.Tensor]:
    """Solve a problem with `elman.ops`, on the path that is chosen or forced."""
    given = {
        k: torch.from_numpy(v).to(dtype).requires_grad_()
        for k, v in problem.given.items()
    }
    names = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
    lengths = None if problem.lengths is None else torch.tensor(problem.lengths)
    call = ops.Call(
        problem.cell.cell,
        problem.cell.variant,
        given["x"],
        tuple(given[s] for s in problem.cell.states),
        ops.Weights(**{k: given.get(k) for k in names}),
        lengths,
        problem.reverse,
    )
    if path is None:
        result = ops.run(call)
    else:
        with ops.force_path(path), ops.record_paths() as ran:
            result = ops.run(call)
        assert ran == [path]
    out = {"y": result.y} | dict(zip(("h_n", "c_n"), result.state, strict=False))
    total = sum(
        (out[k] * torch.from_numpy(v).to(dtype)).sum()
        for k, v in problem.cotangents.items()
    )
    grads = torch.autograd.grad(total, list(given.values()), materialize_grads=True)
    return out | {f"d{k}": g for k, g in zip(given, grads, strict=True)}


def with_values(problem: Problem, name: str, value: np.ndarray) -> Problem:
    """Return the problem with one of its inputs replaced."""
    return replace(problem, given={**problem.given, name: value})

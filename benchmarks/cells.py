"""Cells on the core: their programs interpreted, beside compiled.

    python benchmarks/cells.py
    python benchmarks/cells.py --cell lstm --rounds 50

A forward and a backward of the core alone, with every gradient but that of the first
state, float32, on one thread: medians of turns in one process, in seconds of that
thread. The interpreted program is given as a share of the time of the compiled one, of
RNN, GRU and LSTM at the sizes of ``make bench-core``. `layer` is a training step of
the layer made of the equations, as a share of one of elman.RNN, GRU or LSTM, which run
the same program: it counts what is around the kernels.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import elman
from elman import cells
from elman._core import _native
from elman.bench import SIZES, Sizes, race

Run = Callable[[], object]

STOCK = {"lstm": elman.LSTM, "gru": elman.GRU, "rnn": elman.RNN}
"""The layers of torch's cells, by the names of their equations."""
FEW = (
    Sizes(32, 100, 1, 64),
    Sizes(32, 100, 64, 128),
    Sizes(128, 100, 64, 64),
    Sizes(64, 50, 512, 512),
)


def program(name: str, s: Sizes) -> Run:
    """Return a forward and a backward of a cell's program."""
    lowered = cells.cell(name).lowered()
    own = lowered.program
    graph = _native.Graph(*own.encode())
    random = np.random.default_rng(0).random
    start = cells.initial(cells.cell(name), s.inputs, s.hidden, random)
    parameters = {k: torch.from_numpy(v).float() for k, v in start.items()}
    weights = [w.contiguous() for w in cells.core_weights(lowered, parameters)]
    bias = cells.core_bias(lowered, parameters.get("bias"))
    units = [u.contiguous() for u in cells.unit_values(lowered, parameters)]

    row = s.batch, s.hidden
    x, dy = torch.randn(s.steps, s.batch, s.inputs), torch.randn(s.steps, *row)
    y = torch.zeros(s.steps, *row)
    tracks = [torch.zeros(s.steps, *row) for _ in range(own.states)]
    first, last = ([torch.zeros(row) for _ in range(own.states)] for _ in range(2))
    saved = torch.zeros(s.steps, s.batch, own.saved, s.hidden)
    rows = torch.zeros(s.steps, s.batch, own.rows)
    gradients = {
        "dx": torch.empty_like(x),
        "dweights": [torch.empty_like(w) for w in weights],
        "dbias": None if bias is None else torch.empty_like(bias),
        "dunits": [torch.empty_like(u) for u in units],
    }

    def run() -> None:
        kept = (saved, tracks, rows)
        graph.forward(x, weights, bias, units, [], first, y, last, *kept, save=True)
        graph.backward(x, weights, units, [], first, y, *kept, dy=dy, **gradients)

    return run


def training_step(layer: nn.Module, x: Tensor, dy: Tensor) -> Run:
    """Return a forward and a backward of a layer, through autograd."""

    def run() -> None:
        layer.zero_grad()
        x.grad = None
        layer(x)[0].backward(dy)

    return run


def interpreted(run: Run) -> Run:
    """Return the same with no compiled piece."""

    def slower() -> None:
        _native.use_compiled(False)
        try:
            run()
        finally:
            _native.use_compiled(True)

    return slower


def main() -> None:
    """Print a table of each of torch's cells, and one of the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", choices=cells.names(), action="append")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    chosen = options.cell or cells.names()
    print(f"{_native.isa()}, one thread, float32, {options.rounds} rounds\n")
    for name in (n for n in STOCK if n in chosen):
        _stock(name, options.rounds)
    others = [n for n in chosen if n not in STOCK]
    if others:
        print(f"{'interpreted over compiled':<26}", end="")
        print("".join(f"{s!s:>21}" for s in FEW))
    for name in others:
        print(f"{name:<26}", end="")
        for s in FEW:
            run = program(name, s)
            steps = {"compiled": run, "interpreted": interpreted(run)}
            taken = _race(steps, options.rounds)
            print(f"{taken['interpreted'] / taken['compiled']:>21.2f}", end="")
        print(flush=True)


def _stock(name: str, rounds: int) -> None:
    kind = STOCK[name]
    print(f"{name:<20}{'compiled':>12}{'interpreted':>14}{'layer':>8}")
    shares: list[list[float]] = []
    for s in SIZES:
        run = program(name, s)
        x = torch.randn(s.steps, s.batch, s.inputs, requires_grad=True)
        dy = torch.randn(s.steps, s.batch, s.hidden)
        of_equations: Any = cells.find(name).layer(s.inputs, s.hidden)
        steps = {
            "interpreted": interpreted(run),
            "compiled": run,
            "layer": training_step(kind(s.inputs, s.hidden), x, dy),
            "of equations": training_step(of_equations, x, dy),
        }
        taken = _race(steps, rounds)
        shares.append(
            [
                taken["interpreted"] / taken["compiled"],
                taken["of equations"] / taken["layer"],
            ]
        )
        print(f"{s!s:<20}{1e3 * taken['compiled']:>9.2f} ms" + _columns(shares[-1]))
    means = [statistics.geometric_mean(column) for column in zip(*shares, strict=True)]
    print(f"{'geometric mean':<32}{_columns(means)}\n", flush=True)


def _columns(shares: list[float]) -> str:
    return "".join(f"{v:>{w}.2f}" for v, w in zip(shares, (14, 8), strict=True))


def _race(steps: dict[str, Run], rounds: int) -> dict[str, float]:
    return race(steps, rounds, clock=time.thread_time)


if __name__ == "__main__":
    main()

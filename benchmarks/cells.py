"""Cells on the core: their programs interpreted, beside compiled.

    python benchmarks/cells.py
    python benchmarks/cells.py --cell lstm --rounds 50
    python benchmarks/cells.py --options
    python benchmarks/cells.py --roof

A forward and a backward of the core alone, with every gradient but that of the first
state, float32, on one thread: medians of turns in one process, in seconds of that
thread. The interpreted program is given as a share of the time of the compiled one, of
RNN, GRU and LSTM at the sizes of ``make bench-core``. `layer` is a training step of
the layer made of the equations, as a share of one of elman.RNN, GRU or LSTM, which run
the same program: it counts what is around the kernels.
Of the other cells the interpreted program is given as a share of the compiled one. The
two last: see cell_costs.py.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import cell_costs
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


def passes(name: str, s: Sizes) -> tuple[Run, Run]:
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
        "dx": torch.empty_like(x) if s.inputs > 1 else None,
        "dweights": [torch.empty_like(w) for w in weights],
        "dbias": None if bias is None else torch.empty_like(bias),
        "dunits": [torch.empty_like(u) for u in units],
    }

    kept = (saved, tracks, rows)

    def forward() -> None:
        graph.forward(x, weights, bias, units, [], first, y, last, *kept, save=True)

    def backward() -> None:
        graph.backward(x, weights, units, [], first, y, *kept, dy=dy, **gradients)

    return forward, backward


def program(name: str, s: Sizes) -> Run:
    """Return a forward and a backward of a cell's program, one after the other."""
    forward, backward = passes(name, s)

    def run() -> None:
        forward()
        backward()

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
    parser.add_argument("--threads", type=int, default=2, help="of the two below")
    parser.add_argument(
        "--options", action="store_true", help="dropout, zoneout, norms"
    )
    parser.add_argument("--roof", action="store_true", help="elementwise cells")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.options:
        return cell_costs.options(SIZES, options.threads, options.rounds)
    if options.roof:
        return cell_costs.roof(passes, options.threads, options.rounds)
    torch.set_num_threads(1)
    chosen = options.cell or cells.names()
    print(f"{_native.isa()}, one thread, float32, {options.rounds} rounds\n")
    for name in (n for n in STOCK if n in chosen):
        _stock(name, options.rounds)
    others = [n for n in chosen if n not in STOCK]
    if others:
        print(f"{'interpreted over compiled':<26}", end="")
        print("".join(f"{s!s:>21}" for s in SIZES), f"{'mean':>8}")
    for name in others:
        print(f"{name:<26}", end="")
        slower = []
        for s in SIZES:
            run = program(name, s)
            steps = {"compiled": run, "interpreted": interpreted(run)}
            taken = _race(steps, options.rounds)
            slower.append(taken["interpreted"] / taken["compiled"])
            print(f"{slower[-1]:>21.2f}", end="", flush=True)
        print(f"{statistics.geometric_mean(slower):>9.2f}", flush=True)
    return None


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

"""What a training step of every cell costs, as a share of a GRU's.

    python benchmarks/beside_gru.py

A step is forward and backward of a whole layer, to the input and to every parameter,
float32, on one thread, by the thread's own clock. All cells of a size take turns in one
process; of each round a cell's time is divided by the GRU's of the same round, and the
median over the rounds is kept. The GRU is `elman.GRU`, the others are layers of their
equations. Results go to the file beside this one, from which the pages of the cells are
made.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from torch import nn

import elman
from elman import cells
from elman._core import _native
from elman.bench import Sizes
from elman.layers import layer_of

SIZES = (Sizes(32, 100, 64, 64), Sizes(64, 100, 128, 256), Sizes(1, 200, 64, 128))
ROUNDS, LEAST = 7, 0.02
OUT = Path(__file__).with_suffix(".json")
STOCK = {"gru": elman.GRU, "lstm": elman.LSTM, "rnn": elman.RNN}


def layer(cell: str, s: Sizes) -> nn.Module:
    """Return the layer that one gets by the cell's name."""
    if cell in STOCK:
        return STOCK[cell](s.inputs, s.hidden)
    return layer_of(cells.cell(cell), s.inputs, s.hidden)


class Step:
    """Training steps of one layer."""

    def __init__(self, cell: str, s: Sizes) -> None:
        torch.manual_seed(0)
        self.layer = layer(cell, s)
        self.x = torch.randn(s.steps, s.batch, s.inputs, requires_grad=True)
        self.dy = torch.randn(s.steps, s.batch, s.hidden)
        self()
        started = time.thread_time()
        self()
        self.count = max(1, round(LEAST / max(time.thread_time() - started, 1e-6)))

    def __call__(self) -> None:
        """Make one."""
        self.layer.zero_grad(set_to_none=True)
        self.x.grad = None
        self.layer(self.x)[0].backward(self.dy)

    def seconds(self) -> float:
        """Return the seconds of one, after one that is not counted."""
        self()
        started = time.thread_time()
        for _ in range(self.count):
            self()
        return (time.thread_time() - started) / self.count


def measure(s: Sizes, names: list[str], rounds: int) -> dict[str, dict[str, float]]:
    """Return of every cell its share of the GRU's time, and its milliseconds."""
    steps = {name: Step(name, s) for name in names}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(steps[name].seconds())
    found = {}
    for name, own in taken.items():
        shares = [a / b for a, b in zip(own, taken["gru"], strict=True)]
        found[name] = {
            "share": float(f"{statistics.median(shares):.3g}"),
            "ms": float(f"{1e3 * statistics.median(own):.3g}"),
        }
    return found


def main() -> None:
    """Measure all sizes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cells", help="names, with commas; default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    names = given.cells.split(",") if given.cells else list(cells.names())
    names = ["gru", *(name for name in names if name != "gru")]
    rows = []
    for s in SIZES:
        found = measure(s, names, given.rounds)
        print(s, *(f"{k} {v['share']:.2f}" for k, v in found.items()), flush=True)
        rows.append(f"{json.dumps(str(s))}: {json.dumps(found)}")
    rows.append(f'"machine": {json.dumps([_native.isa(), torch.__version__])}')
    given.out.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

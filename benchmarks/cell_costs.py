"""What a cell costs beyond its products; run by ``python benchmarks/cells.py``.

    python benchmarks/cells.py --options
    python benchmarks/cells.py --roof

`options`: training steps of LSTM, GRU and RNN with recurrent dropout, zoneout and layer
normalisation, as shares of the plain layer's, medians in turns in one process. `roof`:
forward and backward of the core of cells in which no unit needs another, one input
without a gradient. The memory that has to be moved at least (what forward leaves is
written once and read once; the gradient of the output is read once) by the time it
takes, as a share of what the same threads read from memory with torch's sum (writing
past the caches takes as long).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import nn

import elman
from elman import cells
from elman._core import _native
from elman.bench import Sizes, race

Run = Callable[[], object]
Program = Callable[[str, Sizes], Sequence[Run]]

LAYERS = {"lstm": elman.LSTM, "gru": elman.GRU, "rnn": elman.RNN}
NORMED = {"lstm": elman.LayerNormLSTM, "gru": elman.LayerNormGRU}
COLUMNS = ("dropout", "zoneout", "layer norm")

ELEMENTWISE = ("indrnn", "mingru")
"""Cells in which no unit needs another."""


def training_step(layer: nn.Module, s: Sizes) -> Run:
    """Return a forward and a backward of a layer, through autograd."""
    x = torch.randn(s.steps, s.batch, s.inputs, requires_grad=True)
    dy = torch.randn(s.steps, s.batch, s.hidden)

    def run() -> None:
        layer.zero_grad()
        x.grad = None
        layer(x)[0].backward(dy)

    return run


def clock(threads: int) -> Callable[[], float]:
    """Return what times are taken with: of one thread, its own."""
    return time.thread_time if threads == 1 else time.perf_counter


def options(sizes: Sequence[Sizes], threads: int, rounds: int) -> None:
    """Print training steps with options as shares of the plain ones."""
    torch.set_num_threads(threads)
    print(f"{_native.isa()}, {threads} threads, float32, {rounds} rounds\n")
    for name, kind in LAYERS.items():
        print(f"{name:<22}{'plain':>12}", *(f"{c:>12}" for c in COLUMNS), sep="")
        shares: list[list[float]] = []
        for s in sizes:
            shape = s.inputs, s.hidden
            layers: dict[str, nn.Module] = {
                "plain": kind(*shape),
                "dropout": kind(*shape, recurrent_dropout=0.2),
                "zoneout": kind(*shape, zoneout=0.1),
            }
            if name in NORMED:
                layers["layer norm"] = NORMED[name](*shape)
            steps = {k: training_step(layer, s) for k, layer in layers.items()}
            taken = race(steps, rounds, clock=clock(threads))
            shares.append([taken[k] / taken["plain"] for k in list(layers)[1:]])
            own = "".join(f"{v:>12.2f}" for v in shares[-1])
            print(f"{s!s:<22}{1e3 * taken['plain']:>9.2f} ms{own}", flush=True)
        means = map(statistics.geometric_mean, zip(*shares, strict=True))
        print(f"{'geometric mean':<34}", *(f"{v:>12.2f}" for v in means), "\n", sep="")


def roof(program: Program, threads: int, rounds: int, steps: int = 1000) -> None:
    """Print how near elementwise cells come to reading from memory."""
    torch.set_num_threads(threads)
    s = Sizes(64, steps, 1, 512)
    memory = torch.ones(1 << 26)  # zeros would be one page of the system
    runs: dict[str, Run] = {"read": memory.sum}
    for name in ELEMENTWISE:
        runs[f"{name} forward"], runs[f"{name} backward"] = program(name, s)
    taken = race(runs, rounds, clock=clock(threads))
    rate = memory.numel() * memory.element_size() / taken["read"]
    vector = s.batch * s.steps * s.hidden * 4
    print(f"{_native.isa()}, {threads} threads, float32, {s}")
    of = f"of {rate / 1e9:.1f} GB/s"
    print(f"{'':<10}{'forward':>12}{'backward':>12}{'moved':>10}{of:>16}")
    for name in ELEMENTWISE:
        own = cells.cell(name).lowered().program
        moved = vector * (2 * (own.states + own.saved) + 1)
        forward, backward = (taken[f"{name} {w}"] for w in ("forward", "backward"))
        share = moved / (forward + backward) / rate
        print(
            f"{name:<10}{1e3 * forward:>9.1f} ms{1e3 * backward:>9.1f} ms"
            f"{moved / 1e9:>7.2f} GB{share:>16.0%}"
        )

"""Cells of one's own: compiled at first use, beside interpreted.

    python benchmarks/own_cells.py

A training step of a layer, float32, on one thread: medians of turns in one process, in
seconds of that thread. What compiling takes is the compiler's own time.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import torch

import elman
from elman._core import _native
from elman.cells import sigmoid, tanh

SIZES = ((32, 20, 8, 32), (64, 100, 64, 256))  # B, T, I, H
ROUNDS = 25


class Leaky(elman.Cell):
    """The cell of the guide with a rate of its own for every unit."""

    states = ("h",)

    def step(self, x, h):
        rate = sigmoid(self.unit("rate", -2.0))
        return h + rate * (tanh(self.linear("a", x, h)) - h)


class Normed(elman.Cell):
    """Two gates and a layer normalisation."""

    states = ("h",)

    def step(self, x, h):
        f = sigmoid(self.layer_norm(self.linear("f", x, h, bias=False), "norm"))
        return f * h + (1 - f) * tanh(self.linear("g", x, h))


class Elementwise(elman.Cell):
    """Gates of x alone."""

    states = ("h", "c")

    def step(self, x, h, c):
        f, i = sigmoid(self.linear("f", x)), sigmoid(self.linear("i", x))
        c = f * c + i * tanh(self.linear("g", x))
        return sigmoid(self.linear("o", x)) * tanh(c), c


def main() -> None:
    torch.set_num_threads(1)
    os.environ["XDG_CACHE_HOME"] = folder = tempfile.mkdtemp()
    print(f"{_native.isa()}; interpreted over compiled, and the compiled step in ms")
    for kind in (Leaky, Normed, Elementwise):
        elman.compile_cells()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = [ratio(kind, *size) for size in SIZES]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = sum(getattr(after, k) - getattr(before, k) for k in _TIMES)
        [path] = Path(folder, "elman", "cells").glob("*.so")
        words = "   ".join(f"{by:.2f} {ms:7.2f}" for by, ms in row)
        size = path.stat().st_size / 1000
        print(
            f"{kind.__name__:12s} {words}   compiled in {seconds:.2f} s, {size:.0f} kB"
        )
        path.unlink()


_TIMES = ("ru_utime", "ru_stime")


def ratio(
    kind: type[elman.Cell], batch: int, steps: int, inputs: int, hidden: int
) -> tuple[float, float]:
    layer, x = kind.layer(inputs, hidden), torch.randn(steps, batch, inputs)
    times: dict[bool, list[float]] = {True: [], False: []}
    step(layer, x)
    for _ in range(ROUNDS):
        for compiled in times:
            _native.use_compiled(compiled)
            count = max(1, 4_000_000 // (batch * steps * (inputs + hidden) * hidden))
            start = time.thread_time()
            for _ in range(count):
                step(layer, x)
            times[compiled].append((time.thread_time() - start) / count)
    _native.use_compiled(True)
    by = {k: statistics.median(v) for k, v in times.items()}
    return by[False] / by[True], 1000 * by[True]


def step(layer: torch.nn.Module, x: torch.Tensor) -> None:
    layer.zero_grad()
    layer(x)[0].sum().backward()


if __name__ == "__main__":
    main()

"""Compiled layers beside themselves: a training step, eager and under torch.compile.

    python benchmarks/compiled.py

One graph a layer, free in batch and time; medians of 40 steps in turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

import elman

SIZES = ((32, 100), (4, 20), (1, 200))
STEPS = 40


def main() -> None:
    """Print a row for each layer and size."""
    print(f"{'B × T, 64 → 128':<18}{'eager':>10}{'compiled':>10}{'times':>7}")
    for kind in (elman.RNN, elman.GRU, elman.LSTM):
        layer = kind(64, 128)
        compiled = torch.compile(layer, fullgraph=True, dynamic=True)
        for batch, steps in SIZES:
            x = torch.randn(steps, batch, 64, requires_grad=True)
            eager_s, compiled_s = _race(x, layer, compiled)
            size = f"{kind.__name__} {batch} × {steps}"
            print(
                f"{size:<18}{1e3 * eager_s:>7.2f} ms{1e3 * compiled_s:>7.2f} ms"
                f"{eager_s / compiled_s:>7.2f}"
            )


def _race(x: Tensor, *runs: Callable[[Tensor], tuple[Tensor, object]]) -> list[float]:
    """Return the median seconds of each, taken in turns."""
    seconds: list[list[float]] = [[] for _ in runs]
    for turn in range(STEPS + 2):  # the first two compile and warm up
        for run, times in zip(runs, seconds, strict=True):
            began = time.perf_counter()
            run(x)[0].sum().backward()
            if turn >= 2:
                times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in seconds]


if __name__ == "__main__":
    main()

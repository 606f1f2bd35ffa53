"""One thread against all of them in training steps, on free and on busy cores.

Prints, for networks of several sizes, how many times longer a training step takes on
one thread than on all: the best of many turns, which is what free cores give, and the
mean, which is what the machine's other work leaves. With ``--load N`` processes of its
own keep N cores busy meanwhile.

    python benchmarks/thread_choice.py
    python benchmarks/thread_choice.py --load 2
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

import torch

import elman

# Batch, steps, channels, units.
SIZES = [
    (8, 150, 1, 64),
    (16, 50, 4, 64),
    (64, 50, 4, 64),
    (128, 96, 8, 64),
    (64, 50, 8, 128),
    (128, 50, 8, 128),
    (64, 50, 8, 256),
    (128, 50, 8, 256),
    (64, 50, 8, 512),
]
BUSY = "while True: sum(range(1000))"


def step_of(batch: int, steps: int, channels: int, units: int) -> object:
    """Return a function that trains one step of a bidirectional GRU."""
    torch.manual_seed(0)
    layer = elman.GRU(channels, units, batch_first=True, bidirectional=True)
    optimizer = torch.optim.AdamW(layer.parameters())
    x = torch.randn(batch, steps, channels)

    def step() -> None:
        optimizer.zero_grad()
        layer(x)[0].square().mean().backward()
        optimizer.step()

    return step


def main() -> None:
    """Measure in turns and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each size")
    asked = parser.parse_args()
    every = os.cpu_count() or 1
    command = [sys.executable, "-c", BUSY]
    busy = [subprocess.Popen(command) for _ in range(asked.load)]  # noqa: S603
    print(f"{every} cores, load {os.getloadavg()[0]:.1f}, own load {asked.load}")
    print("batch steps channels units  MFLOP a time step   best   mean")
    try:
        for batch, steps, channels, units in SIZES:
            step = step_of(batch, steps, channels, units)
            spent: dict[int, list[float]] = {1: [], every: []}
            began = time.perf_counter()
            while time.perf_counter() - began < asked.seconds:
                for threads in (1, every):
                    torch.set_num_threads(threads)
                    step()
                    for _ in range(3):
                        start = time.perf_counter()
                        step()
                        spent[threads].append(time.perf_counter() - start)
            work = 2 * 3 * batch * units * (units + channels) / 1e6
            best = min(spent[1]) / min(spent[every])
            mean = statistics.mean(spent[1]) / statistics.mean(spent[every])
            print(
                f"{batch:5} {steps:5} {channels:8} {units:5} {work:18.2f}"
                f" {best:6.2f} {mean:6.2f}",
                flush=True,
            )
    finally:
        for process in busy:
            process.kill()


if __name__ == "__main__":
    main()

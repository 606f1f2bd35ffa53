"""Training steps of Elman's layers against torch.nn's, in one process.

Each row is one whole training step: forward, and backward to the input and every
parameter. The two take turns round by round; the number is the median. The share
is of the machine's peak, measured here by multiply-and-add in registers alone.
Run it on a quiet machine:

    python benchmarks/recurrent.py --threads 2 --json recurrent.json
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman._core import _native

# B rows, T steps, F inputs, H hidden units
GRID = [
    (32, 100, 64, 64),
    (32, 100, 64, 128),
    (64, 100, 128, 256),
    (64, 50, 512, 512),
    (128, 100, 64, 64),
    (1, 200, 64, 128),
    (20, 35, 192, 192),
    (20, 35, 640, 640),
]
LONG_THIN = (1, 2000, 64, 64)
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
Step = Callable[[], Any]


@dataclass
class Row:
    """One line of the table."""

    case: str
    cell: str
    sizes: tuple[int, ...]
    elman_ms: float
    torch_ms: float
    gflops: float | None
    share_of_peak: float | None

    @property
    def ratio(self) -> float:
        """How many times torch's time is ours."""
        return self.torch_ms / self.elman_ms


def peak(threads: int, doubles: bool = False) -> float:
    """Return the peak in operations a second: the best of several bursts."""
    best = 0.0
    for _ in range(15):
        start = time.perf_counter()
        operations = _native.burn(doubles, 1_000_000, threads)
        best = max(best, operations / (time.perf_counter() - start))
    return best


def race(ours: Step, theirs: Step, rounds: int, repeats: int = 1) -> tuple[float, ...]:
    """Return both median times in milliseconds, taken in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for k in range(rounds + 1):
        for step, taken in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            for _ in range(repeats):
                step()
            if k:  # the first round warms up
                taken.append((time.perf_counter() - start) / repeats * 1e3)
    return tuple(statistics.median(t) for t in times)


def pair(cell: str, F: int, H: int, **options: Any) -> tuple[nn.Module, nn.Module]:
    """Return Elman's layer and torch's with the same parameters."""
    theirs = getattr(nn, cell)(F, H, **options)
    ours = getattr(elman, cell)(F, H, **options)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def training_step(
    layer: nn.Module, x: torch.Tensor, dy: torch.Tensor, **how: Any
) -> Step:
    x = x.clone().requires_grad_()

    def step() -> None:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        y, _ = layer(x, **how)
        y.backward(dy)

    return step


def dense(cell: str, sizes: tuple[int, ...], rounds: int, **options: Any) -> Row:
    B, T, F, H = sizes
    dtype = options.get("dtype", torch.float32)
    ours, theirs = pair(cell, F, H, **options)
    x = torch.randn(T, B, F, dtype=dtype)
    dy = torch.randn(T, B, options.get("proj_size") or H, dtype=dtype)
    a, b = race(training_step(ours, x, dy), training_step(theirs, x, dy), rounds)
    operations = 6 * T * B * GATES[cell] * H * (F + H)
    rate = operations / a * 1e3
    share = rate / peak(torch.get_num_threads(), dtype == torch.float64)
    known = "proj_size" not in options
    return Row(
        "dense",
        cell,
        sizes,
        a,
        b,
        rate / 1e9 if known else None,
        share if known else None,
    )


def ragged(cell: str, sizes: tuple[int, ...], rounds: int) -> Row:
    B, T, F, H = sizes
    lengths = torch.randint(T // 5, T + 1, (B,))
    ours, theirs = pair(cell, F, H)
    x, dy = torch.randn(T, B, F), torch.randn(T, B, H)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    flat = torch.randn(packed.data.shape[0], H)
    source = x.clone().requires_grad_()

    def step() -> None:
        theirs.zero_grad(set_to_none=True)
        source.grad = None
        y, _ = theirs(pack_padded_sequence(source, lengths, enforce_sorted=False))
        y.data.backward(flat)

    a, b = race(training_step(ours, x, dy, lengths=lengths), step, rounds)
    return Row("ragged against PackedSequence", cell, sizes, a, b, None, None)


def streaming(cell: str, F: int, H: int, rounds: int) -> Row:
    """One step of one row, without gradients: elman's layer against torch's cell."""
    ours, _ = pair(cell, F, H)
    theirs = getattr(nn, f"{cell}Cell")(F, H)
    x, h = torch.randn(1, 1, F), torch.zeros(1, 1, H)
    state = (h, h.clone()) if cell == "LSTM" else h
    flat = tuple(s[0] for s in state) if cell == "LSTM" else h[0]
    row = x[0]
    with torch.inference_mode():
        a, b = race(
            lambda: ours(x, state), lambda: theirs(row, flat), rounds, repeats=200
        )
    return Row("one step against torch's cell", cell, (1, 1, F, H), a, b, None, None)


def run(cells: list[str], rounds: int, only: str) -> list[Row]:
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        rate = (
            f"{row.gflops:6.0f} GF/s {row.share_of_peak:4.0%}"
            if row.gflops
            else " " * 16
        )
        B, T, F, H = row.sizes
        print(
            f"{row.case:30} {row.cell:4} {B:4}x{T:<4} {F:4}->{H:<4}"
            f"{row.elman_ms:9.3f} ms {row.torch_ms:9.3f} ms {row.ratio:6.2f}x {rate}",
            flush=True,
        )

    for cell in cells:
        if only in ("all", "grid"):
            for sizes in GRID:
                add(dense(cell, sizes, rounds))
        if only in ("all", "more"):
            add(dense(cell, LONG_THIN, rounds))
            add(ragged(cell, (32, 100, 64, 128), rounds))
            add(ragged(cell, (64, 100, 128, 256), rounds))
            row = dense(cell, (32, 100, 64, 128), rounds, dtype=torch.float64)
            add(Row("float64", *list(vars(row).values())[1:]))
            for H in (64, 256):
                add(streaming(cell, H, H, rounds))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cells", default="RNN,GRU,LSTM")
    parser.add_argument("--only", choices=("all", "grid", "more"), default="all")
    parser.add_argument("--json", help="where to write the numbers")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    top = peak(arguments.threads)
    print(
        f"{platform.processor() or platform.machine()}, {_native.isa()}, "
        f"{arguments.threads} threads, peak {top / 1e9:.0f} GF/s, "
        f"torch {torch.__version__}"
    )
    rows = run(arguments.cells.split(","), arguments.rounds, arguments.only)
    means = {}
    for cell in arguments.cells.split(","):
        ratios = [r.ratio for r in rows if r.cell == cell and r.case == "dense"]
        if ratios:
            means[cell] = math.exp(statistics.fmean(map(math.log, ratios)))
            print(
                f"{cell}: geometric mean {means[cell]:.2f}x, worst {min(ratios):.2f}x"
            )
    if arguments.json:
        document = {
            "isa": _native.isa(),
            "threads": arguments.threads,
            "peak_gflops": top / 1e9,
            "torch": str(torch.__version__),
            "geometric_mean": means,
            "rows": [vars(r) | {"ratio": r.ratio} for r in rows],
        }
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)


if __name__ == "__main__":
    main()

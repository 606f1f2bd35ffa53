"""Public programs run twice, changed in their import line alone: torch.nn, elman.

    python -m benchmarks.programs --text sentences.txt

Each is a small faithful version of a program that many people know. The two take
turns, round by round, in one process; times are medians. Loss curves are compared at
every point, relative to the largest loss. In float64 they may differ by 1e-6: sums are
rounded in another order, at 1e-16, and training multiplies differences. The curves of
the timed float32 runs are compared as well, and the difference printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from .swap import load

ALLOWED = 1e-6


def furthest(a: list[float], b: list[float]) -> float:
    """Return the largest difference of two curves over the second's largest value."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) / max(map(abs, b))


def timed(program: Any, options: dict[str, Any]) -> tuple[float, list[float]]:
    start = time.perf_counter()
    curve = program.run(**options)
    return time.perf_counter() - start, curve


def compare(name: str, file: str, rounds: int, options: dict[str, Any]) -> str:
    """Return a row of the table."""
    programs = [load(file, "torch.nn"), load(file, "elman")]
    times: tuple[list[float], list[float]] = ([], [])
    curves: list[list[float]] = [[], []]
    for _ in range(rounds):
        for k, program in enumerate(programs):
            seconds, curves[k] = timed(program, options)
            times[k].append(seconds)
    theirs, ours = map(statistics.median, times)
    single = furthest(curves[1], curves[0])
    if file == "time_sequence":  # is in float64 already
        apart, said = single, "–"
    else:
        options = options | {"dtype": torch.float64}
        exact = [timed(program, options)[1] for program in programs]
        apart, said = furthest(exact[1], exact[0]), f"{single:.0e}"
    verdict = "same" if apart <= ALLOWED else "DIFFERENT"
    ends = f"{curves[0][-1]:.4f}, {curves[1][-1]:.4f}"
    return (
        f"| {name} | {verdict} ({apart:.0e}) | {said} | {ends} | "
        f"{theirs:.2f} | {ours:.2f} | {theirs / ours:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", required=True, help="one tokenised sentence a line")
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", help="parts of the names of programs")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    text = Path(arguments.text).read_text(encoding="utf-8").splitlines()
    text = text[: arguments.lines]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        (f"language model, {kind}", "language_model", {"lines": text, "kind": kind})
        for kind in ("LSTM", "GRU", "RNN_TANH")
    ]
    for _, _, options in rows[1:]:
        options["rate"] = 2.0  # 20, the LSTM's, is too much for them
    smaller = {"steps": 200, "epochs": 2, "iterations": 8, "future": 200}
    rows.append(("time sequences, LSTMCell", "time_sequence", smaller))
    rows.append(("actor–critic, LSTMCell", "actor_critic", {}))
    print("| program | float64 curves | float32 | last loss | torch.nn | elman | |")
    print("|---|---|---|---|---|---|---|")
    for name, file, options in rows:
        if arguments.only is None or arguments.only in name:
            print(compare(name, file, arguments.rounds, options), flush=True)


if __name__ == "__main__":
    main()

"""What recording the gradient flow costs a training step.

    python benchmarks/flow_overhead.py [--pairs 150] [--json build/flow.json]

Single steps in one process: a plain one and a followed one take turns, in random order,
so that a machine that slows down slows both. The steps between are only counted, which
takes microseconds: it is timed by itself, on a model that does nothing. A training that
follows one step in n is longer by

    (followed - plain) / (n plain) + counted / plain

where the difference is the median of those of the pairs, with n = 20 as the estimators
and `elman train` have it, and n = 50 as `FlowRecorder` has it by itself. The first rows
are the estimators' own networks at their default sizes, and as small as they get.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import elman
from elman.diagnosis import FlowRecorder
from elman.models import HighwayNetwork, SequenceNetwork
from elman.tasks.fit._flow_record import EVERY
from elman.tasks.forecast.targets._loss import masked_absolute_error

ALONE = FlowRecorder().every


class Last(nn.Module):
    """A recurrent stack and a linear head on its last step."""

    def __init__(self, cell: str, inputs: int, hidden: int, layers: int):
        super().__init__()
        self.rnn = getattr(elman, cell)(inputs, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return one number a row."""
        return self.out(self.rnn(x)[0][:, -1])


def models() -> dict[str, tuple[nn.Module, tuple[Any, ...], Tensor, Any]]:
    """Return what is trained: name to model, inputs, target and loss."""
    mse, entropy = nn.functional.mse_loss, nn.functional.cross_entropy
    ragged = torch.randint(7, 27, (16,))
    found: dict[str, Any] = {
        "forecaster, GRU 64, 168 steps, 128 windows": (
            HighwayNetwork("gru", 9, 8, 1, 64),
            (
                torch.randn(128, 168, 9),
                torch.randn(128, 24, 8),
                torch.randn(128, 24, 1),
            ),
            torch.randn(128, 24, 1),
            masked_absolute_error,
        ),
        "classifier, GRU 64 both ways, 7 to 26 steps, 16 rows": (
            SequenceNetwork("gru", 12, 64, 9),
            (torch.randn(16, 26, 12), ragged),
            torch.randint(0, 9, (16,)),
            entropy,
        ),
        "classifier, RNN 8 both ways, 10 steps, 8 rows": (
            SequenceNetwork("rnn", 2, 8, 2),
            (torch.randn(8, 10, 2), torch.full((8,), 10)),
            torch.randint(0, 2, (8,)),
            entropy,
        ),
    }
    for cell, batch, steps, inputs, hidden, layers in (
        ("LSTM", 32, 200, 16, 128, 2),
        ("GRU", 64, 100, 64, 128, 1),
        ("LSTM", 20, 35, 192, 192, 1),
        ("RNN", 16, 50, 8, 32, 1),
    ):
        name = f"{cell}, B={batch} T={steps} I={inputs} H={hidden}"
        found[name + (f", {layers} layers" if layers > 1 else "")] = (
            Last(cell, inputs, hidden, layers),
            (torch.randn(batch, steps, inputs),),
            torch.randn(batch, 1),
            mse,
        )
    return found


def step_of(
    model: nn.Module, inputs: tuple[Any, ...], target: Tensor, loss: Any
) -> Callable[[], None]:
    """Return one whole training step."""
    optimizer = torch.optim.AdamW(model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        loss(model(*inputs), target).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def pairs(
    model: nn.Module, step: Callable[[], None], count: int
) -> tuple[float, float]:
    """Return the seconds of a plain step, and how many more a followed one takes."""
    recorder = FlowRecorder(model, every=1, warn=False)
    plain, more = [], []
    for turn in range(count + 3):
        took = {}
        for followed in random.sample((False, True), 2):
            if followed:
                recorder.attach()
            begin = time.perf_counter()
            step()
            if followed:
                recorder.step()  # as the training loop's callback does
            took[followed] = time.perf_counter() - begin
            if followed:
                recorder.detach()
        if turn >= 3:
            plain.append(took[False])
            more.append(took[True] - took[False])
    return statistics.median(plain), statistics.median(more)


class Idle(nn.Module):
    """Has a recurrent layer and does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = elman.GRU(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input."""
        return x


def counting(calls: int = 20_000) -> float:
    """Return the seconds it takes to count a step that is not followed."""
    model, x = Idle(), torch.zeros(1)
    recorder = FlowRecorder(model, every=10**9, warn=False)

    def timed(attached: bool) -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            model(x)
            if attached:
                recorder.step()
        return (time.perf_counter() - begin) / calls

    with recorder:
        model(x)  # the first step is followed
    rounds = []
    for _ in range(5):
        without = timed(attached=False)
        with recorder:
            rounds.append(timed(attached=True) - without)
    return statistics.median(rounds)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    counted = counting()
    print(f"{torch.get_num_threads()} threads; counting: {1e6 * counted:.1f} µs a step")
    print(f"{'':54} {'plain':>8} {'followed':>9}  one in {EVERY}  one in {ALONE}")
    rows = []
    for name, (model, inputs, target, loss) in models().items():
        step = step_of(model, inputs, target, loss)
        plain, more = pairs(model, step, given.pairs)
        cost = {n: (more / n + counted) / plain for n in (EVERY, ALONE)}
        print(
            f"{name:54} {1e3 * plain:5.2f} ms {more / plain:+9.1%}"
            f" {cost[EVERY]:+10.2%} {cost[ALONE]:+10.2%}",
            flush=True,
        )
        rows.append({"model": name, "plain": plain, "more": more, "counted": counted})
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()

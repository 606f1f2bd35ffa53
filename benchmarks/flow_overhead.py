"""What recording the gradient flow costs a training step.

    python benchmarks/flow_overhead.py [--pairs 150] [--json build/flow.json]

Single steps in one process: a plain one, a followed one and one that the recorder
only counts take turns, in random order, so that a machine that slows down slows all
three. A training that follows one step in n is longer by

    (followed + (n - 1) counted) / (n plain) - 1

of their medians, with n = 20 as the estimators and `elman train` have it, and n = 50
as `FlowRecorder` has it by itself. The first rows are the estimators' own networks at
their default sizes, and as small as they get; the others are layers as in
`benchmarks/recurrent.py`.
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
from elman.tasks._flow_record import EVERY
from elman.tasks._highway import HighwayNetwork, masked_absolute_error
from elman.tasks._network import SequenceNetwork

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


def medians(model: nn.Module, step: Callable[[], None], pairs: int) -> list[float]:
    """Return the seconds of a plain, a followed and a counted step, medians."""
    always = FlowRecorder(model, every=1, warn=False)
    hardly = FlowRecorder(model, every=10**9, warn=False)
    with hardly:
        step()  # its first step is followed
    kinds: list[FlowRecorder | None] = [None, always, hardly]
    found: list[list[float]] = [[], [], []]
    for turn in range(pairs + 3):
        for kind in random.sample(range(3), 3):
            recorder = kinds[kind]
            if recorder is not None:
                recorder.attach()
            begin = time.perf_counter()
            step()
            if recorder is not None:
                recorder.step()  # as the training loop's callback does
            took = time.perf_counter() - begin
            if recorder is not None:
                recorder.detach()
            if turn >= 3:
                found[kind].append(took)
    return [statistics.median(each) for each in found]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=150)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    head = f"{torch.get_num_threads()} threads"
    print(f"{head:54} plain    followed  one in {EVERY}  one in {ALONE}")
    rows = []
    for name, (model, inputs, target, loss) in models().items():
        plain, followed, counted = medians(
            model, step_of(model, inputs, target, loss), given.pairs
        )
        cost = {
            n: (followed + (n - 1) * counted) / (n * plain) - 1 for n in (EVERY, ALONE)
        }
        print(
            f"{name:54} {1e3 * plain:5.2f} ms {followed / plain - 1:+8.1%}"
            f" {cost[EVERY]:+9.2%} {cost[ALONE]:+10.2%}",
            flush=True,
        )
        rows.append(
            {"model": name, "plain": plain, "followed": followed, "counted": counted}
        )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()

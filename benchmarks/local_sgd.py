"""Local SGD on two processes: what is sent, how long it takes, what is learned.

    torchrun --standalone --nproc-per-node 2 benchmarks/local_sgd.py

Adds two marked numbers of a sequence (the adding problem of Hochreiter and
Schmidhuber 1997, 40 steps) with a GRU of 64 units. The bytes are those that the
loopback interface counts, so nothing else should talk on the machine.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

import elman
from elman.training import Rows, TrainingSettings, joined, train

STEPS, EPOCHS, HIDDEN = 40, 8, 64
PERIODS = (None, 2, 8, 32)
SEEDS = (0, 1, 2)


def adding(count: int, seed: int) -> Rows:
    """Return sequences of numbers and marks; the target is the sum of the marked."""
    draw = torch.Generator().manual_seed(seed)
    numbers = torch.rand(count, STEPS, generator=draw)
    marks = torch.zeros(count, STEPS)
    places = torch.rand(count, STEPS, generator=draw).topk(2, 1).indices
    marks.scatter_(1, places, 1.0)
    target = (numbers * marks).sum(1, keepdim=True)
    return Rows(torch.stack([numbers, marks], -1), target)


class Model(nn.Module):
    """A GRU, and a line on its last output."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = elman.GRU(2, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sums, (B, 1)."""
        return self.out(self.rnn(x)[0][:, -1])


def sent() -> int:
    """Return the bytes that the loopback interface has seen."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == "lo":
            return int(counts.split()[0])
    return 0


def main() -> None:
    """Train with each period and print a row for it."""
    training, validation = adding(2048, 1), adding(512, 2)
    with joined() as team:
        if team is None:
            raise SystemExit("start it with torchrun, see --help in its first lines")
        steps = EPOCHS * len(training) // 64
        if team.leads:
            print(f"{'weights averaged':<20}{'MB sent':>9}{'s':>7}  validation loss")
        for period in PERIODS:
            losses, bytes_, seconds = [], 0, 0.0
            for seed in SEEDS:
                torch.manual_seed(seed)
                model = Model()
                settings = TrainingSettings(
                    epochs=EPOCHS,
                    batch_size=64,
                    learning_rate=1e-2,
                    patience=None,
                    seed=seed,
                    local_steps=period,
                )
                team.total([0.0])
                before, began = sent(), time.perf_counter()
                result = train(
                    model, nn.functional.mse_loss, training, validation, settings
                )
                seconds += time.perf_counter() - began
                bytes_ += sent() - before
                losses.append(min(r["validation_loss"] for r in result.history))
            if team.leads:
                name = "gradients instead" if period is None else f"every {period}"
                worst = f"{min(losses):.4f} to {max(losses):.4f}"
                mean = sum(losses) / len(losses)
                print(
                    f"{name:<20}{bytes_ / len(SEEDS) / 1e6:>9.2f}"
                    f"{seconds / len(SEEDS):>7.2f}  {mean:.4f} ({worst})"
                )
        if team.leads:
            count = sum(p.numel() for p in Model().parameters())
            print(f"{count:,} parameters, {steps} steps, {len(SEEDS)} seeds")


if __name__ == "__main__":
    main()

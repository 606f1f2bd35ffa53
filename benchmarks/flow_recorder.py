"""What recording the gradient flow costs a training step.

Steps with and without take turns, in pairs of random order, so that a machine that
slows down slows both:

    python benchmarks/flow_recorder.py [--rounds 12]

"norms" is one backward pass that hands out every step's norm, against one that does
not; "recorder" a whole training step under FlowRecorder at its default interval, its
recorded step among them, against the plain step.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

import elman
from elman.diagnosis import FlowRecorder
from elman.ops import record_step_gradients

SHAPES = [  # cell, batch, steps, inputs, hidden, layers
    ("LSTM", 32, 200, 16, 128, 2),
    ("GRU", 64, 100, 64, 128, 1),
    ("LSTM", 20, 35, 192, 192, 1),
    ("RNN", 16, 50, 8, 32, 1),
]


class Model(nn.Module):
    """A recurrent stack and a linear head on its last step."""

    def __init__(self, home: object, cell: str, inputs: int, hidden: int, layers: int):
        super().__init__()
        self.rnn = getattr(home, cell)(inputs, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return one number a row."""
        return self.out(self.rnn(x)[0][:, -1])


def seconds(work: Callable[[], None]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ratio(
    one: Callable[[], None], other: Callable[[], None], rounds: int
) -> tuple[float, float, float]:
    """Median of the ratios of paired calls, less 1, and the quartiles of them."""
    one(), other()
    found = []
    for _ in range(rounds):
        if torch.rand(()) < 0.5:
            a, b = seconds(one), seconds(other)
        else:
            b, a = seconds(other), seconds(one)
        found.append(a / b - 1)
    low, middle, high = statistics.quantiles(found, n=4)
    return middle, low, high


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    print(f"{torch.get_num_threads()} threads; overhead: median [quartiles]")
    for home in (elman, torch.nn):
        for cell, batch, steps, inputs, hidden, layers in SHAPES:
            model = Model(home, cell, inputs, hidden, layers)
            x, y = torch.randn(batch, steps, inputs), torch.randn(batch, 1)
            optimizer = torch.optim.Adam(model.parameters())

            def step(model=model, x=x, y=y, optimizer=optimizer) -> None:
                optimizer.zero_grad()
                nn.functional.mse_loss(model(x), y).backward()
                optimizer.step()

            def with_norms(step=step) -> None:
                with record_step_gradients():
                    step()

            flow = FlowRecorder(model)

            def plain(step=step, every=flow.every) -> None:
                for _ in range(every):
                    step()

            def recorded(plain=plain, flow=flow) -> None:
                with flow:
                    plain()

            name = f"{home.__name__}.{cell} B={batch} T={steps} H={hidden} x{layers}"
            line = f"{name:38}"
            if home is elman:
                line += "  norms {:+.1%} [{:+.1%} {:+.1%}]".format(
                    *ratio(with_norms, step, 8 * rounds)
                )
            line += "  recorder {:+.2%} [{:+.2%} {:+.2%}]".format(
                *ratio(recorded, plain, rounds)
            )
            print(line, flush=True)


if __name__ == "__main__":
    main()

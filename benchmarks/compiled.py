"""Compiled layers and models beside themselves: a training step, eager and compiled.

    python benchmarks/compiled.py

One graph a row's model, free in batch and time; medians of 60 steps in turns.
`Linear` says what torch.compile itself costs a call that has nothing to fuse.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import elman

SIZES = ((32, 100), (4, 20), (1, 200))
STEPS = 60
WORDS, INPUT, HIDDEN = 1000, 64, 128


class Tagger(nn.Module):
    """A word's label at every step: embedding, layer, linear, and the loss."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, INPUT)
        self.layer = kind(INPUT, HIDDEN)  # type: ignore[call-arg, arg-type]
        self.head = nn.Linear(HIDDEN, WORDS)

    def forward(self, words: Tensor) -> Tensor:
        """Return the mean loss, the words their own labels."""
        y = self.head(self.layer(self.embedding(words))[0])
        return cross_entropy(y.flatten(0, 1), words.flatten())


def main() -> None:
    """Print a row for each layer or model and size."""
    print(f"{'B × T':<22}{'eager':>11}{'compiled':>11}{'more':>10}{'times':>7}")
    layers = (elman.RNN, elman.GRU, elman.LSTM)
    alone = [nn.Linear(INPUT, HIDDEN), *(kind(INPUT, HIDDEN) for kind in layers)]
    for layer in alone:
        _rows(type(layer).__name__, layer, _sequences)
    for kind in layers:
        _rows(f"{kind.__name__} model", Tagger(kind), _words)


def _rows(name: str, model: nn.Module, draw: Callable[[int, int], Tensor]) -> None:
    compiled = torch.compile(model, fullgraph=True, dynamic=True)
    for batch, steps in SIZES:
        eager_s, compiled_s = _race(model, draw(steps, batch), (model, compiled))
        print(
            f"{f'{name} {batch} × {steps}':<22}{1e3 * eager_s:>8.2f} ms"
            f"{1e3 * compiled_s:>8.2f} ms{1e3 * (compiled_s - eager_s):>+7.2f} ms"
            f"{eager_s / compiled_s:>7.2f}",
            flush=True,
        )


def _sequences(steps: int, batch: int) -> Tensor:
    return torch.randn(steps, batch, INPUT, requires_grad=True)


def _words(steps: int, batch: int) -> Tensor:
    return torch.randint(WORDS, (steps, batch))


def _race(
    model: nn.Module, x: Tensor, runs: Sequence[Callable[[Tensor], Any]]
) -> list[float]:
    """Return the median seconds of each, taken in turns."""
    seconds: list[list[float]] = [[] for _ in runs]
    for turn in range(STEPS + 3):  # the first ones compile and warm up
        for run, times in zip(runs, seconds, strict=True):
            model.zero_grad()
            x.grad = None
            began = time.perf_counter()
            found = run(x)
            y = found[0] if isinstance(found, tuple) else found
            (y if y.dim() == 0 else y.sum()).backward()
            if turn >= 3:
                times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in seconds]


if __name__ == "__main__":
    main()

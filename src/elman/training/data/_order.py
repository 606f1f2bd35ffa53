"""Which examples a step sees: a pure function of seed, epoch and step."""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from torch import Tensor

from elman.training._settings import TrainingSettings

from ._by_length import ByLength, lengths_of
from ._streams import StreamOrder, Streams


class Order(Protocol):
    """The batches of every epoch, addressed by number.

    An order has no memory: the same numbers give the same batch in any process,
    whatever was asked before. That is why a run can go on from any step.
    """

    def steps(self, epoch: int) -> int:
        """Return how many batches the epoch has; epochs count from 1."""
        ...

    def batch(self, epoch: int, step: int) -> Tensor:
        """Return the int64 numbers of a batch's examples; steps count from 0."""
        ...

    def about(self, epoch: int) -> dict[str, Any]:
        """Return what the epoch's row of the history says of its batches."""
        ...


class Shuffled:
    r"""All examples, or some of them, once an epoch in a drawn order.

    Parameters
    ----------
    count : int
        Examples there are.
    batch_size : int
    seed : int
        The order of epoch :math:`e` is drawn from a generator of its own with
        seed :math:`1\,000\,003\,s + e`.
    examples_per_epoch : int or None
        Take this many of the order's first examples. None: all.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        seed: int,
        examples_per_epoch: int | None = None,
    ) -> None:
        self.count = count
        self.batch_size = batch_size
        self.seed = seed
        self.drawn = min(examples_per_epoch or count, count)
        # The order of the latest epoch asked for: a cache, not a memory.
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def steps(self, epoch: int) -> int:
        """Return how many batches the epoch has."""
        return math.ceil(self.drawn / self.batch_size)

    def batch(self, epoch: int, step: int) -> Tensor:
        """Return the numbers of the batch's examples."""
        if epoch != self._epoch:
            draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
            self._order = torch.randperm(self.count, generator=draw)[: self.drawn]
            self._epoch = epoch
        start = step * self.batch_size
        return self._order[start : start + self.batch_size]

    def about(self, epoch: int) -> dict[str, Any]:
        """Return nothing."""
        return {}


def build_order(examples: Any, settings: TrainingSettings) -> Order:
    """Return the order that the settings ask for.

    Parameters
    ----------
    examples : Examples or Streams
    settings : TrainingSettings
    """
    if isinstance(examples, Streams):
        return StreamOrder(examples, settings.seed)
    drawn = settings.examples_per_epoch
    if settings.tokens_per_batch:
        lengths = lengths_of(examples)
        return ByLength(lengths, settings.tokens_per_batch, settings.seed, drawn)
    size = len(examples) if settings.batch_size == "all" else settings.batch_size
    return Shuffled(len(examples), size, settings.seed, drawn)

"""Batches of sequences of like length, within a budget of steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from elman._errors import InputError

# Lengths are blurred by this share before they are sorted, so that a sequence
# meets others in every epoch; the padding it costs is of the same order.
_BLUR = 0.05


class ByLength:
    """Every sequence once an epoch, beside others of about its length.

    A batch takes as many sequences as have ``tokens`` steps together, padding to
    its longest included; a sequence longer than that is a batch of its own. The
    batches come in a drawn order. All of it is a function of seed and epoch.

    Parameters
    ----------
    lengths : Tensor
        int64 (n,).
    tokens : int
        Steps of a batch, at most.
    seed : int
    examples_per_epoch : int or None
        Draw this many sequences each epoch instead of all.
    """

    def __init__(
        self,
        lengths: Tensor,
        tokens: int,
        seed: int,
        examples_per_epoch: int | None = None,
    ) -> None:
        self.lengths = lengths
        self.tokens = tokens
        self.seed = seed
        self.drawn = min(examples_per_epoch or len(lengths), len(lengths))
        # The batches of the latest epoch asked for: a cache, not a memory.
        self._epoch = -1
        self._batches: list[Tensor] = []

    def steps(self, epoch: int) -> int:
        """Return how many batches the epoch has."""
        return len(self._of(epoch))

    def batch(self, epoch: int, step: int) -> Tensor:
        """Return the numbers of the batch's sequences."""
        return self._of(epoch)[step]

    def about(self, epoch: int) -> dict[str, Any]:
        """Return ``padding``, the share of the epoch's steps that are padding."""
        return {"padding": padding_share(self.lengths, self._of(epoch))}

    def _of(self, epoch: int) -> list[Tensor]:
        if epoch != self._epoch:
            self._batches = self._draw(epoch)
            self._epoch = epoch
        return self._batches

    def _draw(self, epoch: int) -> list[Tensor]:
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        chosen = torch.randperm(len(self.lengths), generator=draw)[: self.drawn]
        lengths = self.lengths[chosen].double()
        blurred = lengths * (1 + _BLUR * torch.rand(self.drawn, generator=draw))
        chosen = chosen[torch.argsort(blurred, stable=True)]
        batches, start, longest = [], 0, 0
        for i, length in enumerate(self.lengths[chosen].tolist()):
            longest = max(longest, length)
            if i > start and longest * (i + 1 - start) > self.tokens:
                batches.append(chosen[start:i])
                start, longest = i, length
        batches.append(chosen[start:])
        order = torch.randperm(len(batches), generator=draw).tolist()
        return [batches[i] for i in order]


def lengths_of(examples: object) -> Tensor:
    """Return each example's steps, int64 (n,).

    Raises
    ------
    InputError
        If the examples do not tell.
    """
    lengths = getattr(examples, "lengths", None)
    if not isinstance(lengths, Tensor):
        raise InputError(
            "tokens_per_batch needs examples with lengths, such as RaggedSequences; "
            f"{type(examples).__name__} has none: use batch_size"
        )
    return lengths


def padding_share(lengths: Tensor, batches: list[Tensor]) -> float:
    """Return the share of all steps computed that are padding.

    Parameters
    ----------
    lengths : Tensor
        int64 (n,): steps of each example.
    batches : list of Tensor
        Numbers of the examples in each batch.
    """
    real = sum(int(lengths[batch].sum()) for batch in batches)
    computed = sum(int(lengths[batch].max()) * len(batch) for batch in batches)
    return 1 - real / computed if computed else 0.0

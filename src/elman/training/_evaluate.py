"""Loss and outputs of a module over many examples, without gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ._examples import Examples


def _batches(count: int, size: int) -> Iterator[Tensor]:
    for start in range(0, count, size):
        yield torch.arange(start, min(start + size, count))


@torch.no_grad()
def evaluate(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Examples,
    batch_size: int = 256,
) -> float:
    """Return the mean loss over all examples, in evaluation mode.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(*inputs)``; its training mode is restored.
    loss : callable
        ``loss(output, target)``, the mean over a batch.
    examples : Examples
        At least one.
    batch_size : int
        Examples at a time; no effect on the result but rounding.
    """
    was_training = module.training
    module.eval()
    try:
        total = 0.0
        for index in _batches(len(examples), batch_size):
            inputs, target = examples.take(index)
            total += float(loss(module(*inputs), target)) * len(index)
    finally:
        module.train(was_training)
    return total / len(examples)


@torch.no_grad()
def predict(module: nn.Module, examples: Examples, batch_size: int = 256) -> Tensor:
    """Return the outputs for all examples, concatenated along the batch.

    Parameters
    ----------
    module : nn.Module
        Its output is one tensor with the batch first.
    examples : Examples
        At least one.
    batch_size : int
        Examples at a time.
    """
    was_training = module.training
    module.eval()
    try:
        parts = [
            module(*examples.take(index)[0])
            for index in _batches(len(examples), batch_size)
        ]
    finally:
        module.train(was_training)
    return torch.cat(parts)

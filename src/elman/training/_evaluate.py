"""Loss and outputs of a module over many examples, without gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from elman.training.data._chunks import chunk_ends
from elman.training.data._examples import Examples
from elman.training.data._streams import Streams
from elman.training.step._weight import weight_of
from elman.training.step._window import run_window
from elman.training.together._team import Team


def _batches(count: int, size: int) -> Iterator[Tensor]:
    for start in range(0, count, size):
        yield torch.arange(start, min(start + size, count))


@torch.no_grad()
def evaluate(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Examples | Streams,
    batch_size: int = 256,
    team: Team | None = None,
) -> float:
    """Return the mean loss over all examples, in evaluation mode.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(*inputs)``; its training mode is restored.
    loss : callable
        ``loss(output, target)``, the mean over a batch.
    examples : Examples or Streams
        At least one.
    batch_size : int
        Examples at a time; no effect on the result but rounding.
    team : Team or None
        Processes with the same module, among which to share the batches: each
        returns the very number that one process alone would.
    """
    was_training = module.training
    module.eval()
    first, every = (team.rank, team.size) if team else (0, 1)
    try:
        if isinstance(examples, Streams):
            return _over_streams(module, loss, examples)
        losses, weights = [], []
        for index in itertools.islice(
            _batches(len(examples), batch_size), first, None, every
        ):
            inputs, target = examples.take(index)
            weight = weight_of(loss, target, len(index))
            weights.append(weight)
            found = float(loss(module(*inputs), target))
            losses.append(found * weight if weight else 0.0)
    finally:
        module.train(was_training)
    if team is not None:
        count = -(-len(examples) // batch_size)
        losses = _in_turn(team, losses, count)
        weights = _in_turn(team, weights, count)
    return sum(losses) / max(sum(weights), 1.0)


def _in_turn(team: Team, losses: list[float], count: int) -> list[float]:
    """Return all batches' losses in order; batch i is of member i modulo the size."""
    most = -(-count // team.size)
    columns = team.columns(losses + [0.0] * (most - len(losses)))
    return [loss for row in zip(*columns, strict=True) for loss in row][:count]


def _over_streams(
    module: nn.Module, loss: Callable[[Any, Any], Tensor], streams: Streams
) -> float:
    """Return the mean loss a step, the state carried from chunk to chunk."""
    layout = streams.layout(0, 0)
    state, total, start = None, 0.0, 0
    for stop in chunk_ends(streams.length, streams.steps):
        outputs, states = run_window(module, streams, layout, state, [start, stop])
        total += float(loss(*outputs(start, stop))) * (stop - start)
        state, start = states[stop], stop
    return total / streams.length


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

"""Loss and outputs of a module over many examples, without gradients."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from elman.training.data._chunks import chunk_ends
from elman.training.data._examples import Examples
from elman.training.data._streams import Layout, Streams
from elman.training.step._carried import State
from elman.training.step._objective import Loss, Objective, objective_of
from elman.training.step._window import run_window
from elman.training.together._team import Team


def _batches(count: int, size: int) -> Iterator[Tensor]:
    for start in range(0, count, size):
        yield torch.arange(start, min(start + size, count))


@torch.no_grad()
def evaluate(
    module: nn.Module,
    loss: Loss | Objective,
    examples: Examples | Streams,
    batch_size: int = 256,
    team: Team | None = None,
) -> float:
    """Return the mean loss over all examples, in evaluation mode.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(*inputs)``; its training mode is restored.
    loss : callable or Objective
        ``loss(output, target)``, the mean over a batch.
    examples : Examples or Streams
        At least one.
    batch_size : int
        Examples at a time, fewer where they say so themselves with ``at_once``; no
        effect on the result but rounding.
    team : Team or None
        Processes with the same module, among which to share the batches: each
        returns the very number that one process alone would.
    """
    was_training = module.training
    module.eval()
    first, every = (team.rank, team.size) if team else (0, 1)
    objective = objective_of(loss)
    try:
        if isinstance(examples, Streams):
            return _over_streams(module, objective, examples)
        batch_size = min(batch_size, getattr(examples, "at_once", batch_size))
        losses, weights = [], []
        for index in itertools.islice(
            _batches(len(examples), batch_size), first, None, every
        ):
            inputs, target = examples.take(index)
            mean, over = objective.value(module, inputs, target)
            weight = float(len(index)) if over is None else over
            weights.append(weight)
            losses.append(float(mean) * weight if weight else 0.0)
    finally:
        module.train(was_training)
    if team is not None:
        count = -(-len(examples) // batch_size)
        losses = _in_turn(team, losses, count)
        weights = _in_turn(team, weights, count)
    return sum(losses) / (sum(weights) or 1.0)


def _in_turn(team: Team, losses: list[float], count: int) -> list[float]:
    """Return all batches' losses in order; batch i is of member i modulo the size."""
    most = -(-count // team.size)
    columns = team.columns(losses + [0.0] * (most - len(losses)))
    return [loss for row in zip(*columns, strict=True) for loss in row][:count]


def _over_streams(module: nn.Module, objective: Objective, streams: Streams) -> float:
    """Return the mean loss a step, the state carried from chunk to chunk."""
    layout = streams.layout(0, 0)
    state: State = None
    total = weights = 0.0
    start = 0
    for stop in chunk_ends(streams.length, streams.steps):
        run = _Chunk(module, streams, layout, state, (start, stop))
        inputs, target = streams.window(layout, start, stop)
        mean, over = objective.value(run, inputs, target)
        weight = float(stop - start) if over is None else over
        total += float(mean) * weight if weight else 0.0
        weights += weight
        state, start = run.state, stop
    return total / (weights or 1.0)


class _Chunk:
    """A module that runs over one chunk of streams, and remembers where it ends."""

    def __init__(
        self,
        module: nn.Module,
        streams: Streams,
        layout: Layout,
        state: State,
        ends: tuple[int, int],
    ) -> None:
        self.how = module, streams, layout
        self.state = state
        self.ends = ends

    def __call__(self, *inputs: Any) -> Any:
        outputs, states = run_window(*self.how, self.state, self.ends, inputs)
        self.state = states[self.ends[1]]
        return outputs(*self.ends)


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

"""Training while the learning rate grows: the real steps, on a copy of the module."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from elman._errors import InputError
from elman.training._settings import TrainingSettings
from elman.training.data._order import Order, build_order
from elman.training.keep._random import own_random_states
from elman.training.step._build_step import build_step
from elman.training.step._contract import DivergedError
from elman.training.step._objective import Loss, Objective
from elman.training.step._schedules import Schedule

# The sweep ends when this many losses in a row lie far above the first ones.
_IN_A_ROW = 3
_FIRST = 5


def sweep(
    module: nn.Module,
    loss: Loss | Objective,
    examples: Any,
    settings: TrainingSettings,
    ratio: float,
    steps: int,
) -> list[float]:
    """Return the loss of each batch before its step, one batch more than steps.

    Parameters
    ----------
    module : nn.Module
        Copied, and left alone.
    loss : callable or Objective
    examples : Examples or Streams
    settings : TrainingSettings
        The rate begins at its ``learning_rate``.
    ratio : float
        By which the rate has grown at the last step; 0: there is no rate at all.
    steps : int

    Returns
    -------
    list of float
        Shorter where the loss became far larger than at the start, or not finite.
    """
    own = settings.for_epochs(
        1,
        schedule="constant",
        schedule_options={},
        warm_up=0,
        average=None,
        local_steps=None,
    )
    losses: list[float] = []
    with own_random_states(settings.seed):
        trained = copied(module).train()
        order = build_order(examples, own)
        step = build_step(trained, loss, examples, own, order)
        update = step.update
        update.schedule = Schedule(
            update.optimizer, max(1, steps - 1), 0, lambda progress: ratio**progress
        )
        if not ratio:
            update.schedule.factor = lambda progress: 0.0
            update.schedule.step()
        for epoch, number in _without_end(order):
            if not number:
                step.begin_epoch(epoch)
            try:
                losses.append(step.take(order.batch(epoch, number)).loss)
            except DivergedError:
                break
            if len(losses) > steps or (ratio and _far_above(losses)):
                break
    return losses


def copied(module: nn.Module) -> nn.Module:
    """Return a copy of a module that shares no tensor with it."""
    try:
        return copy.deepcopy(module)
    except Exception as error:  # whatever the module holds besides tensors
        raise InputError(
            f"the {type(module).__name__} cannot be copied, and trying it out would "
            f"change it ({(str(error).splitlines() or ['?'])[0]:.120})"
        ) from error


def check_optimizer_is_not_bound(settings: TrainingSettings) -> None:
    """Raise if the optimiser holds the weights of the module itself."""
    if isinstance(settings.optimizer, torch.optim.Optimizer):
        raise InputError(
            "the optimiser holds the module's own weights, and these must not change; "
            "give its name, its class or a function instead"
        )


def _without_end(order: Order) -> Iterator[tuple[int, int]]:
    epoch = 0
    while True:
        epoch += 1
        for number in range(order.steps(epoch)):
            yield epoch, number


def _far_above(losses: list[float]) -> bool:
    """Return whether the latest losses are out of the reach of any training."""
    if len(losses) < _FIRST + _IN_A_ROW:
        return False
    first = losses[:_FIRST]
    mean = math.fsum(first) / _FIRST
    spread = max(first) - min(first)
    fallen = mean - min(losses)
    return min(losses[-_IN_A_ROW:]) > mean + 4 * max(spread, fallen, abs(mean) / 4)

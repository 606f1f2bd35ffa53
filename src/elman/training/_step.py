"""One step: a batch in, a better module out.

A `Step` owns what changes the weights: the optimiser, the schedule of its rate,
the clipping of gradients. The loop owns epochs, order, validation and history,
and calls `Step.take` once a batch. Another way to train is another step.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ._examples import Examples
from ._order import Order
from ._settings import TrainingSettings


class Part(Protocol):
    """Something with memory, which a checkpoint keeps and a resume restores.

    Its state is made of dicts, lists, tuples, tensors, strings, numbers, booleans
    and None; `pack` in ``_state.py`` names what else is refused.
    """

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take up such a state; the following steps then have the same bits."""
        ...


class DivergedError(Exception):
    """The loss or the gradient is not finite; the weights were not changed.

    Attributes
    ----------
    loss, gradient_norm : float
    """

    def __init__(self, loss: float, gradient_norm: float) -> None:
        super().__init__(f"loss {loss}, gradient norm {gradient_norm}")
        self.loss = loss
        self.gradient_norm = gradient_norm


@dataclass(frozen=True)
class StepResult:
    """What a step reports.

    Attributes
    ----------
    loss : float
        The batch's mean loss, before the update.
    gradient_norm : float
        Euclidean, before clipping.
    learning_rate : float
        The rate this step used.
    weight : float
        How much the loss counts in the epoch's mean: the number of examples.
    """

    loss: float
    gradient_norm: float
    learning_rate: float
    weight: float


class Step:
    """Forward, backward, clip, update.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(*inputs)``; in training mode while a step is taken.
    loss : callable
        ``loss(output, target)``, the mean over a batch.
    examples : Examples
    settings : TrainingSettings
    order : Order
        For the number of steps, which a schedule may need.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        examples: Examples,
        settings: TrainingSettings,
        order: Order,
    ) -> None:
        self.module = module
        self.loss = loss
        self.examples = examples
        self.settings = settings
        self.optimizer = settings.build_optimizer(module)
        epochs = range(1, settings.epochs + 1)
        total = sum(order.steps(epoch) for epoch in epochs)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            (lambda step: 1.0)
            if settings.schedule == "constant"
            else (lambda step: 0.5 * (1 + math.cos(math.pi * step / total))),
        )

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        return {"optimizer": self.optimizer, "schedule": self.schedule}

    def begin_epoch(self, epoch: int) -> None:
        """Run before an epoch's first step; not when one is resumed midway."""

    def take(self, batch: Tensor) -> StepResult:
        """Train on one batch.

        Raises
        ------
        DivergedError
            Before the weights change.
        """
        inputs, target = self.examples.take(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.module(*inputs), target)
        loss.backward()
        # An infinite limit only measures: the norm before clipping.
        norm = nn.utils.clip_grad_norm_(
            self.module.parameters(), self.settings.clip_norm or math.inf
        )
        value, length = loss.item(), norm.item()
        if not (math.isfinite(value) and math.isfinite(length)):
            raise DivergedError(value, length)
        rate = float(self.schedule.get_last_lr()[0])
        self.optimizer.step()
        self.schedule.step()
        return StepResult(value, length, rate, len(batch))

    def judged(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the module holds the weights to be judged.

        Validation, best weights and the end of the run happen inside; an average
        of weights is swapped in here, and out again.
        """
        return contextlib.nullcontext()


def build_step(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Examples,
    settings: TrainingSettings,
    order: Order,
) -> Step:
    """Return the step that the settings ask for."""
    return Step(module, loss, examples, settings, order)

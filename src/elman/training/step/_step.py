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

from elman._errors import InputError
from elman.training._settings import TrainingSettings
from elman.training.data._order import Order

from ._averaging import Average
from ._clipping import Clip
from ._precision import Precision
from ._schedules import build_schedule
from ._weight import weight_of
from ._weight_noise import WeightNoise


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
        examples: Any,
        settings: TrainingSettings,
        order: Order,
    ) -> None:
        self.module = module
        self.loss = loss
        self.examples = examples
        self.settings = settings
        self.optimizer = settings.build_optimizer(module)
        if isinstance(self.optimizer, torch.optim.LBFGS):
            _check_lbfgs(settings)
        self.total = (
            None
            if settings.epochs is None
            else sum(order.steps(e) for e in range(1, settings.epochs + 1))
        )
        self.schedule = build_schedule(
            settings.schedule,
            self.optimizer,
            total=self.total,
            steps_per_epoch=order.steps(1),
            warm_up=settings.warm_up,
            options=settings.schedule_options,
        )
        self.clip = Clip(
            settings.clip_norm, settings.clip_value, settings.clip_percentile
        )
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.precision = Precision(settings.precision, self.parameters[0].device)
        self.noise = (
            WeightNoise(module, settings.weight_noise)
            if settings.weight_noise
            else None
        )
        self.average = (
            Average(
                module,
                settings.average,
                settings.average_decay,
                settings.average_start,
            )
            if settings.average
            else None
        )

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        parts: dict[str, Part] = {
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "clip": self.clip,
            "precision": self.precision,
        }
        if self.average is not None:
            parts["average"] = self.average
        return parts

    def kept(self, part: Part) -> Part:
        """Return what a checkpoint keeps of a part: here, the part."""
        return part

    def meets(self) -> bool:
        """Return whether all members of a team have come here together."""
        return True

    def begin_epoch(self, epoch: int) -> None:
        """Run before an epoch's first step; not when one is resumed midway."""

    def end_epoch(self, epoch: int) -> None:
        """Run after an epoch's last step, before its validation."""
        if self.average is not None:
            self.average.after_epoch(epoch / (self.settings.epochs or math.inf))

    def mean(self, total: float, weight: float) -> float:
        """Return the epoch's mean loss from the sums over its steps."""
        return total / weight

    def judge(self, validation_loss: float) -> None:
        """Take note of an epoch's validation loss, NaN if there is none."""
        self.schedule.end_epoch(validation_loss)

    def take(self, batch: Tensor) -> StepResult:
        """Train on one batch.

        Raises
        ------
        DivergedError
            Before the weights change.
        """
        rate = self.schedule.rate
        loss, norm = self._gradient(batch)
        if isinstance(self.optimizer, torch.optim.LBFGS):
            # It asks again while it searches along a line.
            first: list[float] = [loss]

            def closure() -> float:
                return first.pop() if first else self._gradient(batch)[0]

            self.optimizer.step(closure)  # type: ignore[arg-type]
        else:
            self._update(batch)
        self.schedule.step()
        if self.average is not None:
            self.average.after_step()
        return StepResult(loss, norm, rate, self._weight(batch))

    def data(self, batch: Tensor) -> tuple[Any, Any]:
        """Return inputs and target of a batch, to keep those of a failed step."""
        return self.examples.take(batch)

    def judged(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the module holds the weights to be judged.

        Validation, best weights and the end of the run happen inside; an average
        of weights is swapped in here, and out again.
        """
        if self.average is None:
            return contextlib.nullcontext()
        return self.average.in_place()

    def trained(self) -> dict[str, Tensor]:
        """Return the weights being trained where `judged` put others in their place.

        By the names of the module's state; empty outside of `judged`.
        """
        return {} if self.average is None else self.average.trained()

    def _gradient(self, batch: Tensor) -> tuple[float, float]:
        """Leave the clipped gradient in the parameters; return loss and norm."""
        for parameter in self.parameters:
            parameter.grad = None
        noise = self.noise.during() if self.noise else contextlib.nullcontext()
        with noise:
            loss = self._backward(batch)
        self.precision.unscale(self.optimizer)
        norm = self.clip(self.parameters)
        # A scaled loss overflows now and then; the scaler skips that step.
        overflow = self.precision.scaler.is_enabled() and math.isfinite(loss)
        if not (math.isfinite(loss) and (math.isfinite(norm) or overflow)):
            raise DivergedError(loss, norm)
        return loss, norm

    def _backward(self, batch: Tensor) -> float:
        """Add the gradient of the batch's mean loss, and return that loss."""
        size = -(-len(batch) // self.settings.accumulate)
        if size >= len(batch):
            inputs, target = self.examples.take(batch)
            with self.precision.autocast():
                loss = self.loss(self.module(*inputs), target)
            self.precision.backward(loss)
            return loss.item()
        total = weight = 0.0
        for part in batch.split(size):
            found, count = self._part(self.module, part)
            total += found
            weight += count
        return self._mean(total, weight, 1.0)

    def _part(
        self, module: nn.Module, part: Tensor, *, counts: bool = True
    ) -> tuple[float, float]:
        """Add the gradient of weight × loss of a part; return that, and the weight.

        Parameters
        ----------
        module : nn.Module
            Calls the module that is trained, or is it.
        part : Tensor
            Numbers of examples.
        counts : bool
            Whether the part has a weight at all.
        """
        inputs, target = self.examples.take(part)
        weight = weight_of(self.loss, target, len(part)) if counts else 0.0
        with self.precision.autocast():
            loss = self.loss(module(*inputs), target) * weight
        self.precision.backward(loss)
        return loss.item(), weight

    def _mean(self, total: float, weight: float, copies: float) -> float:
        """Turn Σ w l and its gradient, here divided by ``copies``, into the mean's."""
        weight = max(weight, 1.0)  # no part had a target: loss and gradient are zero
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        torch._foreach_mul_(gradients, copies / weight)
        return total / weight

    def _update(self, batch: Tensor) -> None:
        """Let the optimiser take its step."""
        self.precision.update(self.optimizer)

    def _weight(self, batch: Tensor) -> float:
        """Return how much the batch counts in the epoch's mean loss."""
        return len(batch)


def _check_lbfgs(settings: TrainingSettings) -> None:
    for name, off in (("clip_norm", None), ("clip_value", None), ("weight_noise", 0.0)):
        if getattr(settings, name) not in (off, 0):
            raise InputError(
                "LBFGS learns the curvature from differences of gradients, which "
                f"{name} would spoil; set {name}={off}"
            )

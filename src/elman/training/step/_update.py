"""From a gradient to a step: noise before it, bounds on it, an optimiser, averages."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from elman._errors import InputError
from elman.training._settings import TrainingSettings

from ._averaging import Average
from ._clipping import Clip
from ._contract import DivergedError, Part
from ._gradient import Seen
from ._precision import Precision
from ._schedules import build_schedule
from ._weight_noise import WeightNoise


class Update:
    """What a step does with the gradient.

    Parameters
    ----------
    module : nn.Module
    settings : TrainingSettings
    precision : Precision
    total : int or None
        Steps of the run, where they are known; a schedule may need them.
    steps_per_epoch : int
    """

    def __init__(
        self,
        module: nn.Module,
        settings: TrainingSettings,
        precision: Precision,
        total: int | None,
        steps_per_epoch: int,
    ) -> None:
        self.settings = settings
        self.precision = precision
        self.optimizer = settings.build_optimizer(module)
        self.searches = isinstance(self.optimizer, torch.optim.LBFGS)
        self.fused = any(group.get("fused") for group in self.optimizer.param_groups)
        if self.searches:
            _check_lbfgs(settings)
        self.schedule = build_schedule(
            settings.schedule,
            self.optimizer,
            total=total,
            steps_per_epoch=steps_per_epoch,
            warm_up=settings.warm_up,
            options=settings.schedule_options,
        )
        self.clip = Clip(
            settings.clip_norm, settings.clip_value, settings.clip_percentile
        )
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        noise = settings.weight_noise
        self.noise = WeightNoise(module, noise) if noise else None
        self.average: Average | None = None
        if settings.average:
            decay, start = settings.average_decay, settings.average_start
            self.average = Average(module, settings.average, decay, start)

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

    def bounded(self, add: Callable[[], Seen]) -> tuple[Seen, float]:
        """Leave a clipped gradient in the parameters; return what it is of, and norm.

        Parameters
        ----------
        add : callable
            Adds a gradient to parameters that have none.

        Raises
        ------
        DivergedError
            The loss or the norm is not finite.
        """
        for parameter in self.parameters:
            parameter.grad = None
        if self.noise is None:
            seen = add()
        else:
            with self.noise.during():
                seen = add()
        if self.fused:  # reads a gradient's memory as it lies
            for parameter in self.parameters:
                gradient = parameter.grad
                if gradient is not None and not gradient.is_contiguous():
                    parameter.grad = gradient.contiguous()
        self.precision.unscale(self.optimizer)
        norm = self.clip(self.parameters)
        # A scaled loss overflows now and then; the scaler skips that step.
        overflow = self.precision.scaler.is_enabled() and math.isfinite(seen.loss)
        if not (math.isfinite(seen.loss) and (math.isfinite(norm) or overflow)):
            raise DivergedError(seen.loss, norm)
        return seen, norm

    def apply(self, seen: Seen, again: Callable[[], Seen]) -> None:
        """Let the optimiser take its step.

        Parameters
        ----------
        seen : Seen
            Of the gradient there is.
        again : callable
            Leaves the gradient at other weights.
        """
        if self.searches:  # it asks again while it searches along a line
            first = [seen.loss]

            def closure() -> float:
                return first.pop() if first else again().loss

            self.optimizer.step(closure)  # type: ignore[arg-type]
            return
        if seen.rate == 1.0:
            self.precision.update(self.optimizer)
            return
        groups = self.optimizer.param_groups
        rates = [group["lr"] for group in groups]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate * seen.rate
        self.precision.update(self.optimizer)
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate

    def moved(self) -> None:
        """Run after every step: the schedule and the averages go on."""
        self.schedule.step()
        if self.average is not None:
            self.average.after_step()

    def end_epoch(self, epoch: int) -> None:
        """Run after an epoch's last step, before its validation."""
        if self.average is not None:
            self.average.after_epoch(epoch / (self.settings.epochs or math.inf))

    def judged(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the module holds the weights to be judged."""
        if self.average is None:
            return contextlib.nullcontext()
        return self.average.in_place()

    def trained(self) -> dict[str, Tensor]:
        """Return the weights being trained where `judged` put others in their place."""
        return {} if self.average is None else self.average.trained()


def _check_lbfgs(settings: TrainingSettings) -> None:
    off: dict[str, Any] = {"clip_norm": None, "clip_value": None, "weight_noise": 0.0}
    for name, value in off.items():
        if getattr(settings, name) not in (value, 0):
            raise InputError(
                "LBFGS learns the curvature from differences of gradients, which "
                f"{name} would spoil; set {name}={value}"
            )

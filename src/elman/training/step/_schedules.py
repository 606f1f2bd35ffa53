"""How the learning rate changes over a run: a factor for every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from elman._errors import InputError, did_you_mean

SCHEDULES: dict[str, dict[str, float | None]] = {
    "constant": {},
    "cosine": {"floor": 0.0},
    "linear": {"floor": 0.0},
    "trapezoid": {"fall": 0.3, "floor": 0.0},
    "exponential": {"floor": 0.01},
    "one-cycle": {"start": 0.04, "floor": 4e-6},
    "step": {"every": None, "factor": 0.1},
    "plateau": {"factor": 0.5, "patience": 2, "floor": 0.0},
}
"""Schedules by name, each with its options and their defaults."""

NEED_TOTAL = ("cosine", "linear", "trapezoid", "exponential", "one-cycle", "step")
"""Those that are functions of the share of the run that is over."""

ScheduleChoice = str | Callable[[torch.optim.Optimizer], Any]
Factor = Callable[[float], float]

_ONE_CYCLE_RISE = 0.3


def check_schedule(choice: object, options: Mapping[str, Any]) -> None:
    """Raise unless ``choice`` is a known schedule and takes these options."""
    if callable(choice):
        return
    if not isinstance(choice, str):
        raise InputError(
            "schedule must be a name, or a function that takes the optimiser and "
            f"returns a torch scheduler, got {choice!r}"
        )
    if choice not in SCHEDULES:
        known = torch_schedulers()
        if choice in known:
            return
        hint = did_you_mean(choice, [*SCHEDULES, *known])
        raise InputError(
            f"schedule must be one of {', '.join(SCHEDULES)}, or a name from "
            f"torch.optim.lr_scheduler, got {choice!r}{hint}"
        )
    for name, value in options.items():
        if name not in SCHEDULES[choice]:
            allowed = ", ".join(SCHEDULES[choice]) or "none"
            hint = did_you_mean(name, SCHEDULES[choice])
            raise InputError(
                f"schedule_options: {choice} has no option {name!r}; "
                f"it has {allowed}{hint}"
            )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf:
            raise InputError(
                f"schedule_options: {name} must be a number from 0 up, got {value!r}"
            )


def torch_schedulers() -> dict[str, Any]:
    """Return the schedulers of `torch.optim.lr_scheduler` by their class' name."""
    module = torch.optim.lr_scheduler
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and issubclass(kind, module.LRScheduler)
        and kind is not module.LRScheduler
    }


def warm_up_steps(warm_up: float, total: int) -> int:
    """Return the steps of a warm-up: a share of the run below 1, else a number."""
    return round(warm_up * total) if warm_up < 1 else int(warm_up)


def build_schedule(
    choice: ScheduleChoice,
    optimizer: torch.optim.Optimizer,
    *,
    total: int | None,
    steps_per_epoch: int,
    warm_up: float = 0,
    options: Mapping[str, Any] | None = None,
) -> Schedule | TorchSchedule:
    """Return the schedule of one run.

    Parameters
    ----------
    choice : str or callable
        A name of `SCHEDULES` or `torch.optim.lr_scheduler`, or a function that
        takes the optimiser and returns a torch scheduler.
    optimizer : torch.optim.Optimizer
        Its rates now are the greatest of the run.
    total : int or None
        Steps of the whole run, where they are known.
    steps_per_epoch : int
    warm_up : float
        Steps, or below 1 a share of the run, over which the rate rises from
        nothing.
    options : mapping or None
        Of the schedule.
    """
    given = dict(options or {})
    total = 0 if total is None else total
    check_schedule(choice, {} if choice not in SCHEDULES else given)
    first = warm_up_steps(warm_up, total)
    if not isinstance(choice, str) or choice not in SCHEDULES:
        if first:
            raise InputError(
                "warm_up does not combine with a torch scheduler; set warm_up=0 and "
                "use torch.optim.lr_scheduler.SequentialLR with LinearLR"
            )
        return TorchSchedule(choice, optimizer, given)
    values = {**SCHEDULES[choice], **given}
    if choice == "one-cycle":
        rise = first / total if first else _ONE_CYCLE_RISE
        return Schedule(optimizer, total, 0, _one_cycle(rise, **values))
    if choice == "step":
        every = (values["every"] or math.ceil(total / steps_per_epoch / 3)) or 1
        length = every * steps_per_epoch / max(1, total - first)
        factor = values["factor"]
        return Schedule(
            optimizer, total, first, lambda p: factor ** math.floor(p / length + 1e-9)
        )
    if choice == "trapezoid":
        return Schedule(optimizer, total, first, _trapezoid(**values))
    if choice == "plateau":
        return Plateau(optimizer, total, first, **values)
    return Schedule(optimizer, total, first, _falling(choice, values.get("floor", 1.0)))


def _falling(name: str, floor: float) -> Factor:
    """Return the factor over a run's progress p from 0 to 1."""
    kinds: dict[str, Factor] = {
        "constant": lambda p: 1.0,
        "cosine": lambda p: floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * p)),
        "linear": lambda p: floor + (1 - floor) * (1 - p),
        "exponential": lambda p: floor**p,
    }
    return kinds[name]


def _trapezoid(fall: float, floor: float) -> Factor:
    """Return 1 up to the last share of the run, over which it falls in a line."""

    def factor(p: float) -> float:
        if fall <= 0:
            return 1.0
        return floor + (1 - floor) * min(1.0, (1 - p) / fall)

    return factor


def _one_cycle(rise: float, start: float, floor: float) -> Factor:
    def between(low: float, high: float, p: float) -> float:
        return high + (low - high) * 0.5 * (1 + math.cos(math.pi * p))

    def factor(p: float) -> float:
        if p < rise:
            return between(start, 1.0, p / rise)
        return between(1.0, floor, (p - rise) / (1 - rise))

    return factor


class Schedule:
    """A learning rate that is a function of the step alone, after a warm-up.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Every group keeps its own rate, times the factor.
    total, warm_up : int
        Steps of the run, and those of them over which the rate rises linearly.
    factor : callable
        From the progress of the rest, 0 to 1, to a factor.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        total: int,
        warm_up: int,
        factor: Factor,
    ) -> None:
        self.optimizer = optimizer
        self.total = total
        self.warm_up = warm_up
        self.factor = factor
        self.done = 0
        self.base = [float(group["lr"]) for group in optimizer.param_groups]
        self._apply()

    @property
    def rate(self) -> float:
        """The rate of the step to come, in the first group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(self) -> None:
        """Move on after an optimiser step."""
        self.done += 1
        self._apply()

    def end_epoch(self, validation_loss: float) -> None:
        """Take note of an epoch's validation loss, NaN without one."""

    def state_dict(self) -> dict[str, Any]:
        """Return plain numbers: how far the run is."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.done = int(state["done"])
        self._apply()

    def _now(self) -> float:
        if self.done < self.warm_up:
            return (self.done + 1) / self.warm_up
        rest = max(1, self.total - self.warm_up)
        return self.factor(min(1.0, (self.done - self.warm_up) / rest))

    def _apply(self) -> None:
        now = self._now()
        for group, base in zip(self.optimizer.param_groups, self.base, strict=True):
            group["lr"] = base * now


class Plateau(Schedule):
    """A rate that is lowered each time the validation loss stops falling.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    total, warm_up : int
        As for `Schedule`.
    factor : float
        By which the rate is multiplied.
    patience : float
        Epochs without a lower loss before that.
    floor : float
        The factor never falls below it.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        total: int,
        warm_up: int,
        factor: float,
        patience: float,
        floor: float,
    ) -> None:
        self.down, self.patience, self.floor = factor, patience, floor
        self.height = 1.0
        self.best: float | None = None
        self.waited = 0
        super().__init__(optimizer, total, warm_up, lambda p: self.height)

    def end_epoch(self, validation_loss: float) -> None:
        """Lower the rate if this was one epoch too many without progress."""
        if not math.isfinite(validation_loss):
            return
        if self.best is None or validation_loss < self.best:
            self.best, self.waited = validation_loss, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            self.height = max(self.floor, self.height * self.down)
            self.waited = 0
            self._apply()

    def state_dict(self) -> dict[str, Any]:
        """Return plain numbers: how far the run is, and what it reached."""
        return {
            "done": self.done,
            "height": self.height,
            "best": self.best,
            "waited": self.waited,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.height = float(state["height"])
        self.best = None if state["best"] is None else float(state["best"])
        self.waited = int(state["waited"])
        super().load_state_dict(state)


# Those that torch documents as moved on after every batch.
_EVERY_STEP = ("OneCycleLR", "CyclicLR")


class TorchSchedule:
    """A scheduler of `torch.optim.lr_scheduler` behind the same four methods.

    Parameters
    ----------
    choice : str or callable
        Its class' name, or a function from the optimiser to the scheduler.
    optimizer : torch.optim.Optimizer
    options : mapping
        Its arguments, and ``each``: "step" or "epoch", when it moves on. Without
        it, an epoch, but a step for those that torch documents so.
    """

    def __init__(
        self,
        choice: ScheduleChoice,
        optimizer: torch.optim.Optimizer,
        options: Mapping[str, Any],
    ) -> None:
        given = dict(options)
        name = choice if isinstance(choice, str) else ""
        build = torch_schedulers()[choice] if isinstance(choice, str) else choice
        each = given.pop("each", "step" if name in _EVERY_STEP else "epoch")
        if each not in ("step", "epoch"):
            raise InputError(
                f"schedule_options: each must be 'step' or 'epoch', got {each!r}"
            )
        try:
            self.inner = build(optimizer, **given)
        except (TypeError, ValueError) as error:
            raise InputError(f"schedule refused its arguments: {error}") from error
        self.each = each
        self.optimizer = optimizer

    @property
    def rate(self) -> float:
        """The rate of the step to come, in the first group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(self) -> None:
        """Move on after an optimiser step."""
        if self.each == "step":
            self.inner.step()

    def end_epoch(self, validation_loss: float) -> None:
        """Move on after an epoch."""
        if isinstance(self.inner, torch.optim.lr_scheduler.ReduceLROnPlateau):
            if math.isfinite(validation_loss):
                self.inner.step(validation_loss)
        elif self.each == "epoch":
            self.inner.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's own state."""
        return self.inner.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.inner.load_state_dict(state)

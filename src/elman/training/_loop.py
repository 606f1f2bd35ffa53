"""The training loop, and the contract of its parts.

**Whatever has memory is a part.** A part has ``state_dict()`` and
``load_state_dict(state)``; `Loop.parts` names them all: the module, the random
states, the progress of the loop itself (position, running sums, history, best
weights), everything in `Step.parts` (optimiser, schedule, averages, carried hidden
states, …), and callbacks that have these two methods. States are taken between
steps only. They are trees of plain values and tensors (see ``_state.py``); a
checkpoint is all of them and nothing else. Two runs whose parts have equal states
go on with equal bits. What a part can compute again from the settings and the
examples does not belong in its state.

**The order has no memory.** An `Order` gives the batch of (epoch, step) whatever
was asked before; it is not a part.

**A step is one method.** `Step.take` trains on one batch and returns what it saw,
or raises `DivergedError` and leaves the weights alone. It is put together from an
objective, a gradient, an update and the processes that take it, see ``step/``; other
ways to train are others of these, or other orders, chosen by `build_step` and
`build_order`. Nothing random may be drawn but from the global generators, which are a
part, or from a generator seeded with (seed, epoch, step).
"""

from __future__ import annotations

import contextlib
import math
import statistics
import time
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from elman._errors import InputError
from elman.training.budget._stopping import Stopping
from elman.training.data._examples import Examples
from elman.training.data._order import Order
from elman.training.data._streams import Streams
from elman.training.keep._checkpoints import Keeper
from elman.training.keep._position import Position
from elman.training.step._contract import DivergedError, Part
from elman.training.step._objective import Loss, Objective, objective_of
from elman.training.step._step import Step
from elman.training.together._team import Team
from elman.training.watch._callbacks import Callback, TrainingState
from elman.training.watch._divergence import Divergence
from elman.training.watch._result import Stopped, TrainingResult
from elman.training.watch._signals import Requests

from ._evaluate import evaluate
from ._settings import TrainingSettings

_TERMINATED = 143


class _Asked(Exception):  # noqa: N818 - an event, not an error
    """A signal asked the run to end, and the step it met is complete."""


class Loop:
    """Epochs of steps, each followed by validation; see the module's description.

    Parameters
    ----------
    module : nn.Module
    objective : callable or Objective
        For the validation.
    validation : Examples or None
    settings : TrainingSettings
    order : Order
    step : Step
    callbacks : sequence of Callback
    team : Team or None
        The processes that train the module together; each has such a loop, and the
        leader's alone has callbacks and a keeper.

    Attributes
    ----------
    parts : dict of str to Part
        Everything with memory, by name.
    """

    def __init__(
        self,
        module: nn.Module,
        objective: Loss | Objective,
        validation: Examples | Streams | None,
        settings: TrainingSettings,
        order: Order,
        step: Step,
        callbacks: Sequence[Callback] = (),
        team: Team | None = None,
    ) -> None:
        self.module = module
        self.objective = objective_of(objective)
        self.validation = validation
        self.settings = settings
        self.order = order
        self.step = step
        self.callbacks = callbacks
        self.team = team
        self.state = TrainingState(module, settings, steps_per_epoch=order.steps(1))
        self.progress = Position(self.state)
        own: dict[str, Part] = {"module": module, **step.parts()}
        own["progress"] = self.progress
        self.stopping = Stopping(settings, self.state, self.progress)
        if self.stopping.settling is not None:
            own["settling"] = self.stopping.settling
        self.parts = {name: step.kept(part) for name, part in own.items()}
        for i, callback in enumerate(callbacks):
            if hasattr(callback, "state_dict"):
                part = cast("Part", callback)
                self.parts[f"callback-{i}-{type(callback).__name__}"] = part
        self._keeper: Keeper | None = None
        self._requests = Requests(terminate=False)
        self._batch = torch.empty(0, dtype=torch.int64)
        # Whether no step is half done: the parts then agree with each other.
        self._whole = True

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all parts, between two steps."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        states["module"] = {**states["module"], **self.step.trained()}
        return states

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set all parts to a state that `state_dict` returned.

        Raises
        ------
        InputError
            A part is missing, or its state is not one of such a part.
        """
        for name, part in self.parts.items():
            try:
                part.load_state_dict(state[name])
            except Exception as error:  # parts differ in what they raise
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                raise InputError(
                    f"the checkpoint does not fit this run: {name}: {reason:.200}"
                ) from error

    def run(
        self, keeper: Keeper | None = None, *, terminate: bool = False
    ) -> TrainingResult:
        """Train from where the parts stand to the end.

        Parameters
        ----------
        keeper : Keeper or None
            Takes checkpoints.
        terminate : bool
            Whether SIGTERM ends the run after the step it meets: so it should if
            there are checkpoints.

        Raises
        ------
        SystemExit
            With status 143, after a checkpoint: SIGTERM came.
        """
        stopped: Stopped = "epochs"
        self._keeper = keeper
        started = False
        try:
            patient = self.team is not None
            with Requests(terminate, patient) as self._requests:
                # Inside: Ctrl-C while a bar opens must close it again.
                self._call("on_start")
                started = True
                try:
                    stopped = self._epochs()
                    self._save(stopped)
                except (KeyboardInterrupt, _Asked):
                    stopped = "interrupted"
                    if _finite(self.module):
                        self._save(None)
                except DivergedError as error:
                    stopped = "diverged"
                    self._keep_divergence(error)
        finally:
            if started:
                self._restore_best(stopped)
                self._call("on_end")
        if self._requests.terminated:
            raise SystemExit(_TERMINATED)
        return self.result(stopped)

    def finish(self, stopped: Stopped) -> TrainingResult:
        """Return the result of a run that ended before, without a step."""
        self._call("on_start")
        self._restore_best(stopped)
        self._call("on_end")
        return self.result(stopped)

    def result(self, stopped: Stopped) -> TrainingResult:
        """Return what was found so far."""
        state = self.state
        return TrainingResult(
            state.history,
            state.best_epoch,
            stopped,
            self.progress.seconds,
            state.divergence,
        )

    def _epochs(self) -> Stopped:
        """Train until there is a reason to stop, and return it."""
        state = self.state
        if not state.history:
            began = time.perf_counter()
            self._finish_epoch(math.nan, math.nan, began)
        while (reason := self.stopping.reason()) is None:
            if state.history[-1]["epoch"] == state.epoch:  # that epoch is done
                self.progress.begin_epoch()
                self._begin_epoch()
            self._round()
        return reason

    def _begin_epoch(self) -> None:
        state = self.state
        state.epoch, state.epoch_step = state.epoch + 1, 0
        state.steps_per_epoch = self.order.steps(state.epoch)
        self.step.begin_epoch(state.epoch)

    def _round(self) -> None:
        """Train until the next validation, and validate."""
        progress = self.progress
        clock = self._epoch()
        while not self.stopping.is_judged():
            self._begin_epoch()
            clock = self._epoch()
        loss = self.step.mean(progress.total, progress.weight)
        self._finish_epoch(loss, statistics.median(progress.norms), clock)

    def _epoch(self) -> float:
        """Train the rest of an epoch, and return the time at its last step."""
        state, progress = self.state, self.progress
        self.module.train()
        clock = time.perf_counter()
        for number in range(state.epoch_step, self.order.steps(state.epoch)):
            self._batch = self.order.batch(state.epoch, number)
            self._whole = False
            done = self.step.take(self._batch)
            state.loss, state.gradient_norm = done.loss, done.gradient_norm
            state.learning_rate = done.learning_rate
            state.step += 1
            state.epoch_step = number + 1
            progress.count(self._batch, done.loss, done.gradient_norm, done.weight)
            now = time.perf_counter()
            progress.seconds += now - clock
            progress.epoch_seconds += now - clock
            clock = now
            self._whole = True
            self._call("on_step")
            self._between()
            if self.stopping.late:
                break
        self._whole = False
        self.step.end_epoch(state.epoch)
        return clock

    def _finish_epoch(self, loss: float, norm: float, clock: float) -> None:
        state, progress = self.state, self.progress
        self._whole = False
        with self.step.judged():
            value = math.nan
            if self.validation is not None:
                what = self.module, self.objective, self.validation
                value = evaluate(*what, team=self.team)
            progress.seconds += time.perf_counter() - clock
            state.record = {
                "epoch": state.epoch,
                "step": state.step,
                "loss": loss,
                "validation_loss": value,
                "gradient_norm": norm,
                "learning_rate": state.learning_rate,
                "seconds": progress.epoch_seconds,
            }
            if state.epoch:
                self.step.judge(value)
                state.record |= self.order.about(state.epoch)
            state.history.append(state.record)
            state.is_best = value < progress.best or self.validation is None
            if state.is_best:
                counts = state.epoch > 0 or self.settings.keep_start
                progress.best = value if counts else math.inf
                state.best_epoch = state.epoch
                progress.best_weights = _copy(self.module)
            progress.judged_at = state.step
            self.stopping.judge(loss, value)
            self._whole = True
            self._call("on_epoch")
        self._between(state.epoch)

    def _between(self, epochs: int = 0) -> None:
        """Take a checkpoint if one is due, or end if a signal asked for it."""
        keeper = self._keeper
        due = keeper is not None and keeper.is_due(self.state.step, epochs)
        self.stopping.late = self.stopping.out_of_time()
        if self.team is not None:
            due = self._agreed(self.team, due)
        if self._requests:
            raise _Asked
        if due:
            self._save(None)

    def _agreed(self, team: Team, due: bool) -> bool:
        """Return the leader's wish for a checkpoint; share signals and time out."""
        stopping = self.stopping
        late, stopping.late = stopping.late and team.leads, False
        if not self.step.meets():
            return False
        asked = self._requests
        wishes = team.total([asked.interrupted, asked.terminated, due, late])
        stopping.late = bool(wishes[3])
        asked.interrupted, asked.terminated = bool(wishes[0]), bool(wishes[1])
        return bool(wishes[2])

    def _save(self, stopped: Stopped | None) -> None:
        """Take a checkpoint, unless a step was cut short; never of lost weights."""
        if not self._whole or (self._keeper is None and self.team is None):
            return
        if not _finite(self.module):
            raise DivergedError(self.state.loss, self.state.gradient_norm)
        state = self.state_dict()  # in a team, all have to take part in it
        if self._keeper is not None:
            self._keeper.try_to_save(self.state.step, state, stopped)

    def _keep_divergence(self, error: DivergedError) -> None:
        """Remember the batch, and the weights that it met."""
        inputs, target = None, None
        with contextlib.suppress(Exception):  # not every step has examples by number
            inputs, target = self.step.data(self._batch)
        self.state.divergence = Divergence(
            epoch=self.state.epoch,
            step=self.state.step + 1,
            loss=error.loss,
            gradient_norm=error.gradient_norm,
            batch=self._batch,
            inputs=inputs,
            target=target,
            weights=_copy(self.module),
        )

    def _restore_best(self, stopped: Stopped) -> None:
        """Leave the best weights in the module, or the last without validation."""
        if self.validation is None and (stopped != "diverged" or _finite(self.module)):
            with self.step.judged():
                weights: dict[str, Any] | None = _copy(self.module)
        else:
            weights = self.progress.best_weights
        if weights is not None:
            self.module.load_state_dict(weights)

    def _call(self, moment: str) -> None:
        for callback in self.callbacks:
            getattr(callback, moment)(self.state)


def _copy(module: nn.Module) -> dict[str, Any]:
    return {
        name: value.detach().clone() if isinstance(value, Tensor) else value
        for name, value in module.state_dict().items()
    }


def _finite(module: nn.Module) -> bool:
    return all(bool(p.isfinite().all()) for p in module.parameters())

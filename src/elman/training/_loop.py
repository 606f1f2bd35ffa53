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
or raises `DivergedError` and leaves the weights alone. Other ways to train
(accumulation, averages of weights, truncated backpropagation) are other steps or
other orders, chosen by `build_step` and `build_order`. Nothing random may be drawn
but from the global generators, which are a part, or from a generator seeded with
(seed, epoch, step).
"""

from __future__ import annotations

import hashlib
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._build_step import build_step
from ._by_length import ByLength
from ._callbacks import Callback, TrainingState
from ._evaluate import evaluate
from ._examples import Examples
from ._order import Order, build_order
from ._random import own_random_states
from ._settings import TrainingSettings
from ._step import DivergedError, Part, Step
from ._streams import Streams

Stopped = Literal["epochs", "patience", "interrupted", "diverged"]


@dataclass(frozen=True)
class TrainingResult:
    """What a run leaves behind besides the module's best weights.

    Attributes
    ----------
    history : list of dict
        One row an epoch: epoch, loss, validation_loss, gradient_norm,
        learning_rate, seconds. Row 0 is the module before any step.
    best_epoch : int
        The epoch whose weights the module now holds; 0 is the start.
    stopped : {"epochs", "patience", "interrupted", "diverged"}
        Why the run ended.
    seconds : float
        Wall-clock time.
    """

    history: list[dict[str, Any]]
    best_epoch: int
    stopped: Stopped
    seconds: float


def train(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Examples | Streams,
    validation: Examples | Streams | None,
    settings: TrainingSettings,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Minimise the mean loss and leave the best weights in the module.

    The best epoch is the one with the lowest validation loss, the untrained
    module (epoch 0) included, so that training never makes a module worse on
    its validation part. Without a validation part the last weights stay.
    The order of the examples depends on (seed, epoch) alone. The global
    random states are left as they were found.

    Ctrl-C ends the run early and keeps the best weights; so does a loss that
    is not finite.

    Parameters
    ----------
    module : nn.Module
        Trained in place; called as ``module(*inputs)``.
    loss : callable
        ``loss(output, target) -> Tensor``, scalar, the mean over the batch.
    examples, validation : Examples or Streams
        Validation may be None or empty. Streams are trained on chunk by chunk,
        with the state carried over.
    settings : TrainingSettings
        Optimiser, rates, stopping.
    callbacks : sequence of Callback
        Called in order.

    Returns
    -------
    TrainingResult

    Raises
    ------
    InputError
        If there are no training examples.
    """
    if not len(examples):
        raise InputError("there are no training examples; give more or longer data")
    if validation is not None and not len(validation):
        validation = None
    with own_random_states(settings.seed) as random:
        order = build_order(examples, settings)
        step = build_step(module, loss, examples, settings, order)
        loop = Loop(module, loss, validation, settings, order, step, callbacks)
        loop.parts["random"] = random
        return loop.run()


class _Progress:
    """Where a run stands, and what it has found so far."""

    def __init__(self, state: TrainingState) -> None:
        self.state = state
        self.total = 0.0  # of loss × weight, and of weight, in this epoch
        self.weight = 0.0
        self.norms: list[float] = []
        self.best = math.inf
        self.best_weights: dict[str, Any] | None = None
        self.seconds = 0.0
        self.epoch_seconds = 0.0
        self.ledger = b""

    def count(self, batch: Tensor, loss: float, norm: float, weight: float) -> None:
        """Add a step to the epoch's sums and to the ledger."""
        self.total += loss * weight
        self.weight += weight
        self.norms.append(norm)
        state = self.state
        where = f"{state.epoch} {state.epoch_step} ".encode()
        numbers = batch.contiguous().numpy().tobytes()
        self.ledger = hashlib.sha256(self.ledger + where + numbers).digest()
        state.ledger = self.ledger.hex()

    def begin_epoch(self) -> None:
        """Forget the sums of the epoch before."""
        self.total = self.weight = self.epoch_seconds = 0.0
        self.norms = []

    def state_dict(self) -> dict[str, Any]:
        state = self.state
        return {
            "epoch": state.epoch,
            "epoch_step": state.epoch_step,
            "step": state.step,
            "learning_rate": state.learning_rate,
            "best_epoch": state.best_epoch,
            "history": list(state.history),
            "total": self.total,
            "weight": self.weight,
            "norms": torch.tensor(self.norms, dtype=torch.float64),
            "best": self.best,
            "best_weights": self.best_weights,
            "seconds": self.seconds,
            "epoch_seconds": self.epoch_seconds,
            "ledger": self.ledger.hex(),
        }

    def load_state_dict(self, found: dict[str, Any]) -> None:
        state = self.state
        state.epoch = found["epoch"]
        state.epoch_step = found["epoch_step"]
        state.step = found["step"]
        state.learning_rate = found["learning_rate"]
        state.best_epoch = found["best_epoch"]
        state.history = list(found["history"])
        state.record = state.history[-1] if state.history else {}
        self.total, self.weight = found["total"], found["weight"]
        self.norms = found["norms"].tolist()
        self.best, self.best_weights = found["best"], found["best_weights"]
        self.seconds, self.epoch_seconds = found["seconds"], found["epoch_seconds"]
        self.ledger = bytes.fromhex(found["ledger"])
        state.ledger = found["ledger"]


class Loop:
    """Epochs of steps, each followed by validation; see the module's description.

    Parameters
    ----------
    module : nn.Module
    loss : callable
        For the validation.
    validation : Examples or None
    settings : TrainingSettings
    order : Order
    step : Step
    callbacks : sequence of Callback

    Attributes
    ----------
    parts : dict of str to Part
        Everything with memory, by name.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        validation: Examples | Streams | None,
        settings: TrainingSettings,
        order: Order,
        step: Step,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.module = module
        self.loss = loss
        self.validation = validation
        self.settings = settings
        self.order = order
        self.step = step
        self.callbacks = callbacks
        self.state = TrainingState(module, settings, steps_per_epoch=order.steps(1))
        self.progress = _Progress(self.state)
        self.parts: dict[str, Part] = {"module": module, **step.parts()}
        for i, callback in enumerate(callbacks):
            if hasattr(callback, "state_dict"):
                part = cast("Part", callback)
                self.parts[f"callback-{i}-{type(callback).__name__}"] = part
        self.parts["progress"] = self.progress

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all parts, between two steps."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        states["module"] = {**states["module"], **self.step.trained()}
        return states

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set all parts to a state that `state_dict` returned."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])

    def run(self) -> TrainingResult:
        """Train from where the parts stand to the end."""
        stopped: Stopped = "epochs"
        self._call("on_start")
        try:
            stopped = self._epochs()
        except KeyboardInterrupt:
            stopped = "interrupted"
        except DivergedError:
            stopped = "diverged"
        finally:
            self._restore_best(stopped)
            self._call("on_end")
        state = self.state
        return TrainingResult(
            state.history, state.best_epoch, stopped, self.progress.seconds
        )

    def _epochs(self) -> Stopped:
        """Train until there is a reason to stop, and return it."""
        state = self.state
        if not state.history:
            began = time.perf_counter()
            self._finish_epoch(math.nan, math.nan, began)
        while not self._patience_is_over():
            if state.history[-1]["epoch"] == state.epoch:  # that epoch is done
                if state.epoch == self.settings.epochs:
                    return "epochs"
                state.epoch, state.epoch_step = state.epoch + 1, 0
                state.steps_per_epoch = self.order.steps(state.epoch)
                self.progress.begin_epoch()
                self.step.begin_epoch(state.epoch)
            self._epoch()
        return "patience"

    def _epoch(self) -> None:
        """Train the rest of an epoch."""
        state, progress = self.state, self.progress
        self.module.train()
        clock = time.perf_counter()
        for number in range(state.epoch_step, self.order.steps(state.epoch)):
            batch = self.order.batch(state.epoch, number)
            done = self.step.take(batch)
            state.loss, state.gradient_norm = done.loss, done.gradient_norm
            state.learning_rate = done.learning_rate
            state.step += 1
            state.epoch_step = number + 1
            progress.count(batch, done.loss, done.gradient_norm, done.weight)
            now = time.perf_counter()
            progress.seconds += now - clock
            progress.epoch_seconds += now - clock
            clock = now
            self._call("on_step")
        self.step.end_epoch(state.epoch)
        loss = progress.total / progress.weight
        self._finish_epoch(loss, statistics.median(progress.norms), clock)

    def _finish_epoch(self, loss: float, norm: float, clock: float) -> None:
        state, progress = self.state, self.progress
        with self.step.judged():
            value = (
                math.nan
                if self.validation is None
                else evaluate(self.module, self.loss, self.validation)
            )
            progress.seconds += time.perf_counter() - clock
            state.record = {
                "epoch": state.epoch,
                "loss": loss,
                "validation_loss": value,
                "gradient_norm": norm,
                "learning_rate": state.learning_rate,
                "seconds": progress.epoch_seconds,
            }
            if state.epoch:
                self.step.judge(value)
                if isinstance(self.order, ByLength):
                    state.record["padding"] = self.order.padding(state.epoch)
            state.history.append(state.record)
            state.is_best = value < progress.best or self.validation is None
            if state.is_best:
                progress.best, state.best_epoch = value, state.epoch
                progress.best_weights = _copy(self.module)
            self._call("on_epoch")

    def _patience_is_over(self) -> bool:
        state, patience = self.state, self.settings.patience
        if self.validation is None or patience is None or not state.history:
            return False
        done = state.history[-1]["epoch"]
        return done == state.epoch and done - state.best_epoch >= patience

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

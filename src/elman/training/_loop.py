"""The training loop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from elman._errors import InputError

from ._callbacks import Callback, TrainingState
from ._evaluate import evaluate
from ._examples import Examples
from ._settings import TrainingSettings

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


class _DivergedError(Exception):
    """The loss or the gradient is not finite."""


def train(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Examples,
    validation: Examples | None,
    settings: TrainingSettings,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Minimise the mean loss and leave the best weights in the module.

    The best epoch is the one with the lowest validation loss, the untrained
    module (epoch 0) included, so that training never makes a module worse on
    its validation part. Without a validation part the last weights stay.
    The order of the examples depends on (seed, epoch) alone. The global
    random state is left as it was found.

    Ctrl-C ends the run early and keeps the best weights; so does a loss that
    is not finite.

    Parameters
    ----------
    module : nn.Module
        Trained in place; called as ``module(*inputs)``.
    loss : callable
        ``loss(output, target) -> Tensor``, scalar, the mean over the batch.
    examples, validation : Examples
        Validation may be None or empty.
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
    drawn = min(settings.examples_per_epoch or len(examples), len(examples))
    steps = math.ceil(drawn / settings.batch_size)
    state = TrainingState(module, settings, steps_per_epoch=steps)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return _Run(module, loss, examples, validation, state, callbacks).run()


class _Run:
    """One call of `train`, its moving parts held together."""

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        examples: Examples,
        validation: Examples | None,
        state: TrainingState,
        callbacks: Sequence[Callback],
    ) -> None:
        self.module = module
        self.loss = loss
        self.examples = examples
        self.validation = validation
        self.state = state
        self.callbacks = callbacks
        self.history: list[dict[str, Any]] = []
        self.best = math.inf
        self.best_weights: dict[str, Tensor] | None = None
        settings = state.settings
        self.optimizer = settings.build_optimizer(module)
        total = settings.epochs * state.steps_per_epoch
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            (lambda step: 1.0)
            if settings.schedule == "constant"
            else (lambda step: 0.5 * (1 + math.cos(math.pi * step / total))),
        )

    def run(self) -> TrainingResult:
        start = time.perf_counter()
        stopped: Stopped = "epochs"
        settings = self.state.settings
        self._call("on_start")
        try:
            self._finish_epoch(math.nan, math.nan, 0.0)
            for epoch in range(1, settings.epochs + 1):
                self.state.epoch = epoch
                began = time.perf_counter()
                loss, norm = self._epoch(epoch)
                self._finish_epoch(loss, norm, time.perf_counter() - began)
                waited = epoch - self.state.best_epoch
                if (
                    self.validation is not None
                    and settings.patience is not None
                    and waited >= settings.patience
                ):
                    stopped = "patience"
                    break
        except KeyboardInterrupt:
            stopped = "interrupted"
        except _DivergedError:
            stopped = "diverged"
        finally:
            self._restore_best()
            self._call("on_end")
        seconds = time.perf_counter() - start
        return TrainingResult(self.history, self.state.best_epoch, stopped, seconds)

    def _epoch(self, epoch: int) -> tuple[float, float]:
        """Train one epoch; return mean loss and median gradient norm."""
        state, settings = self.state, self.state.settings
        order = torch.randperm(
            len(self.examples),
            generator=torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch),
        )
        order = order[: settings.examples_per_epoch]
        self.module.train()
        total, norms = 0.0, []
        for index in order.split(settings.batch_size):
            inputs, target = self.examples.take(index)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(self.module(*inputs), target)
            loss.backward()
            # An infinite limit only measures: the norm before clipping.
            norm = nn.utils.clip_grad_norm_(
                self.module.parameters(), settings.clip_norm or math.inf
            )
            state.loss, state.gradient_norm = loss.item(), norm.item()
            if not (math.isfinite(state.loss) and math.isfinite(state.gradient_norm)):
                raise _DivergedError
            state.learning_rate = float(self.schedule.get_last_lr()[0])
            self.optimizer.step()
            self.schedule.step()
            state.step += 1
            total += state.loss * len(index)
            norms.append(state.gradient_norm)
            self._call("on_step")
        return total / len(order), statistics.median(norms)

    def _finish_epoch(self, loss: float, norm: float, seconds: float) -> None:
        state = self.state
        value = (
            math.nan
            if self.validation is None
            else evaluate(self.module, self.loss, self.validation)
        )
        state.record = {
            "epoch": state.epoch,
            "loss": loss,
            "validation_loss": value,
            "gradient_norm": norm,
            "learning_rate": state.learning_rate,
            "seconds": seconds,
        }
        self.history.append(state.record)
        state.is_best = value < self.best or self.validation is None
        if state.is_best:
            self.best, state.best_epoch = value, state.epoch
            if self.validation is not None:
                self.best_weights = {
                    name: tensor.detach().clone()
                    for name, tensor in self.module.state_dict().items()
                }
        self._call("on_epoch")

    def _restore_best(self) -> None:
        if self.best_weights is not None:
            self.module.load_state_dict(self.best_weights)

    def _call(self, moment: str) -> None:
        for callback in self.callbacks:
            getattr(callback, moment)(self.state)

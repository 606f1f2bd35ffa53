"""One trial: a fit in every fold, watched, and its scores."""

from __future__ import annotations

import hashlib
import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman.training import Callback, Checkpoints, TrainingState

from ._budget import OverBudget
from .parts._fold import Fold, plain_copy

_FOLD = "fold-"


@dataclass(frozen=True)
class Fitted:
    """What a fit and its score came to: score, epochs and seconds."""

    score: float
    epochs: int
    seconds: float


class Watch(Callback):
    """Counts the epochs of a fit, ends it in time, and lets a bad trial be dropped.

    Parameters
    ----------
    deadline : float or None
        On the clock of `time.monotonic`.
    trial : optuna Trial or None
        Told the validation loss of every epoch, so that it is compared with the others
        at the same one; ends the fit with `optuna.TrialPruned`.
    """

    def __init__(self, deadline: float | None, trial: Any = None) -> None:
        self.epochs, self._began = 0, time.monotonic()
        self._deadline, self._trial = deadline, trial

    @property
    def seconds(self) -> float:
        """Seconds since it began to watch."""
        return time.monotonic() - self._began

    def on_start(self, state: TrainingState) -> None:
        """Tell of the epochs before an interruption."""
        for row in state.history:
            self._tell(row)

    def on_step(self, state: TrainingState) -> None:
        """End what is late."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OverBudget

    def on_epoch(self, state: TrainingState) -> None:
        """Tell of the epoch, and end what others were better than."""
        self._tell(state.record)
        trial = self._trial
        if trial is not None and state.record["epoch"] and trial.should_prune():
            import optuna

            raise optuna.TrialPruned

    def _tell(self, row: Mapping[str, Any]) -> None:
        epoch, loss = row["epoch"], row["validation_loss"]
        self.epochs = max(self.epochs, epoch)
        if self._trial is not None and epoch and math.isfinite(loss):
            self._trial.report(-loss, epoch)


def fitted(
    estimator: Any,
    fold: Fold,
    values: Mapping[str, Any],
    watch: Watch,
    place: Path | None,
) -> tuple[Any, Fitted]:
    """Return a copy of an estimator, fitted and scored in a fold.

    Parameters
    ----------
    estimator : Estimator
    fold : Fold
    values : mapping
        Parameters to set.
    watch : Watch
    place : Path or None
        For checkpoints; an interrupted fit goes on from there.

    Raises
    ------
    KeyboardInterrupt
        The training was interrupted.
    """
    copy = plain_copy(estimator).set_params(**values)
    more = (*(estimator.callbacks or ()), watch)
    kept = None if place is None else Checkpoints(place, resume=True)
    copy.set_params(callbacks=more, checkpoints=kept)
    fold.fit(copy)
    training = copy.results_["training"]
    if training["stopped"] == "interrupted":
        raise KeyboardInterrupt
    score = fold.score(copy)
    copy.set_params(callbacks=(), checkpoints=None)
    epochs = watch.epochs + int(training.get("refit_epochs") or 0)
    if place is not None:
        shutil.rmtree(place, ignore_errors=True)
    return copy, Fitted(score, epochs, watch.seconds)


def place_of(directory: Path | None, *names: object) -> Path | None:
    """Return where a fit keeps its checkpoints: the same for the same fit."""
    if directory is None:
        return None
    name = hashlib.sha256(repr(names).encode()).hexdigest()[:16]
    return directory / "checkpoints" / name


def folds_of(attributes: Mapping[str, Any]) -> dict[int, Fitted]:
    """Return the folds that a trial has been through."""
    return {
        int(name.removeprefix(_FOLD)): Fitted(*value)
        for name, value in attributes.items()
        if name.startswith(_FOLD)
    }


def keep(trial: Any, number: int, found: Fitted) -> None:
    """Write down what a fold came to."""
    trial.set_user_attr(f"{_FOLD}{number}", [found.score, found.epochs, found.seconds])

"""When a validation follows, and when a run is over."""

from __future__ import annotations

import math

from elman.training._settings import TrainingSettings
from elman.training.keep._position import Position
from elman.training.watch._callbacks import TrainingState
from elman.training.watch._result import Stopped

from ._settling import Settling


class Stopping:
    """What ends a run: its budget, or the course of its loss.

    Parameters
    ----------
    settings : TrainingSettings
    state : TrainingState
    progress : Position

    Attributes
    ----------
    settling : Settling or None
        Of a run that was given no number of epochs; a part of it.
    late : bool
        Whether all members of a team know that the time is over.
    """

    def __init__(
        self, settings: TrainingSettings, state: TrainingState, progress: Position
    ) -> None:
        self.settings = settings
        self.state = state
        self.progress = progress
        self.settling = (
            Settling(settings.min_steps) if settings.epochs is None else None
        )
        self.late = False

    def out_of_time(self) -> bool:
        """Return whether the run has taken all the time it may."""
        most = self.settings.max_seconds
        return most is not None and self.progress.seconds >= most

    def judge(self, loss: float, validation_loss: float) -> None:
        """Take note of a validation; of the training loss where it is NaN."""
        if self.settling is not None:
            judged = loss if math.isnan(validation_loss) else validation_loss
            self.settling.judge(self.state.step, judged)

    def is_judged(self) -> bool:
        """Return whether a validation follows the epoch that has just been trained."""
        state, settings = self.state, self.settings
        return (
            self.late
            or state.epoch == settings.epochs
            or state.step - self.progress.judged_at >= settings.steps_between
            or self._out_of_steps()
        )

    def reason(self) -> Stopped | None:
        """Return why the run is over, if it is: never before its epoch is judged."""
        state, settings = self.state, self.settings
        if state.history[-1]["epoch"] != state.epoch:
            return None
        if self._out_of_patience():
            return "patience"
        if settings.epochs is not None and state.epoch >= settings.epochs:
            return "epochs"
        if self.settling is not None and self.settling.settled:
            return "settled"
        if self._out_of_steps():
            return "steps"
        return "time" if self.late else None

    def _out_of_steps(self) -> bool:
        most = self.settings.max_steps
        return most is not None and self.state.step >= most

    def _out_of_patience(self) -> bool:
        patience, state = self.settings.patience, self.state
        return patience is not None and state.epoch - state.best_epoch >= patience

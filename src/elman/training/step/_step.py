"""One step: a batch in, a better module out.

A step is put together from three things that know nothing of each other: a
`Gradient` (whole batch, parts, window of a stream), which holds the objective; an
`Update` (optimiser, schedule, bounds, averages, noise); and the `Processes` that take
it (one alone, several with one gradient, several that average their weights). The loop
owns epochs, order, validation and history, and calls `Step.take` once a batch.
"""

from __future__ import annotations

import contextlib
from typing import Any

from torch import Tensor

from elman.training.together._processes import Processes

from ._contract import Part, StepResult
from ._gradient import Gradient, Seen
from ._update import Update


class Step:
    """Forward, backward, clip, update.

    Parameters
    ----------
    gradient : Gradient
    update : Update
    processes : Processes
    """

    def __init__(
        self, gradient: Gradient, update: Update, processes: Processes
    ) -> None:
        self.gradient = gradient
        self.update = update
        self.processes = processes

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        return {
            **self.update.parts(),
            **self.gradient.parts(),
            **self.processes.parts(),
        }

    def kept(self, part: Part) -> Part:
        """Return what a checkpoint keeps of a part."""
        return self.processes.kept(part)

    def meets(self) -> bool:
        """Return whether all members of a team have come here together."""
        return self.processes.meets()

    def begin_epoch(self, epoch: int) -> None:
        """Run before an epoch's first step; not when one is resumed midway."""
        self.gradient.begin_epoch(epoch)

    def end_epoch(self, epoch: int) -> None:
        """Run after an epoch's last step, before its validation."""
        self.processes.end_epoch()
        self.update.end_epoch(epoch)

    def mean(self, total: float, weight: float) -> float:
        """Return the epoch's mean loss from the sums over its steps."""
        total, weight = self.processes.summed([total, weight])
        return total / (weight or 1.0)

    def judge(self, validation_loss: float) -> None:
        """Take note of an epoch's validation loss, NaN if there is none."""
        self.update.schedule.end_epoch(validation_loss)

    def take(self, batch: Tensor) -> StepResult:
        """Train on one batch.

        Raises
        ------
        DivergedError
            Before the weights change.
        """
        return self.processes.take(self, batch)

    def run(self, batch: Tensor) -> StepResult:
        """Train on one batch, or on this process' share of it."""
        update = self.update

        def add() -> Seen:
            return self.gradient.add(batch)

        rate = update.schedule.rate
        seen, norm = update.bounded(add)
        update.apply(seen, lambda: update.bounded(add)[0])
        self.gradient.taken()
        update.moved()
        return StepResult(seen.loss, norm, rate, seen.weight)

    def skip(self) -> StepResult:
        """Let a step pass without a batch."""
        rate = self.update.schedule.rate
        self.update.schedule.step()
        return StepResult(0.0, 0.0, rate, 0.0)

    def data(self, batch: Tensor) -> tuple[Any, Any]:
        """Return inputs and target of a batch, to keep those of a failed step."""
        return self.gradient.data(batch)

    def judged(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the module holds the weights to be judged.

        Validation, best weights and the end of the run happen inside; an average
        of weights is swapped in here, and out again.
        """
        return self.update.judged()

    def trained(self) -> dict[str, Tensor]:
        """Return the weights being trained where `judged` put others in their place.

        By the names of the module's state; empty outside of `judged`.
        """
        return self.update.trained()

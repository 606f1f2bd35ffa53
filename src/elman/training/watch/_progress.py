"""A progress bar on a terminal, a plain line an epoch anywhere else."""

from __future__ import annotations

import math

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from ._callbacks import Callback, TrainingState


class _Patient(Console):
    """Goes silent where its reader has seen enough, as in ``2>&1 | head``."""

    def on_broken_pipe(self) -> None:
        """Say no more; rich would end the process, and with it the training."""
        self.quiet = True


class Progress(Callback):
    """Show epoch, loss, validation loss, gradient norm, rate and time left.

    Parameters
    ----------
    console : rich.console.Console or None
        Where to show it; by default standard error, so that standard output
        stays free for results.
    label : str
        What this run is, where there are several, such as "trial".
    """

    def __init__(self, console: Console | None = None, label: str = "") -> None:
        self.console = console or _Patient(stderr=True)
        self._epoch = f"{label} epoch".lstrip()
        self._bar: Bar | None = None
        self._task = TaskID(0)

    def on_start(self, state: TrainingState) -> None:
        """Open the bar if there is a terminal."""
        if not self.console.is_terminal:
            return
        narrow = self.console.width < 80
        self._bar = Bar(
            TextColumn(self._epoch + " {task.fields[epoch]}"),
            BarColumn(bar_width=10 if narrow else 24),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self._task = self._bar.add_task(
            "training",
            total=_total(state),
            epoch=f"1{_of(state)}",
            figures="",
        )
        self._bar.start()

    def on_step(self, state: TrainingState) -> None:
        """Move the bar by one step."""
        if self._bar is not None:
            self._bar.update(
                self._task,
                advance=1,
                epoch=f"{state.epoch}{_of(state)}",
                figures=self._figures(state),
            )

    def on_epoch(self, state: TrainingState) -> None:
        """Print the epoch's line where there is no bar."""
        if self._bar is None and state.epoch:
            row = state.record
            watched = math.isfinite(row["validation_loss"])
            held_out = f"  validation {row['validation_loss']:.4f}" if watched else ""
            mark = "  best" if state.is_best and watched else ""
            self.console.print(
                f"{self._epoch} {state.epoch}{_of(state)}"
                f"  loss {row['loss']:.4f}{held_out}"
                f"  gradient {row['gradient_norm']:.3g}"
                f"  rate {row['learning_rate']:.2g}"
                f"  {row['seconds']:.1f} s{mark}",
                highlight=False,
                soft_wrap=True,
            )

    def on_end(self, state: TrainingState) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _figures(self, state: TrainingState) -> str:
        validation = state.record.get("validation_loss", math.nan)
        figures = f"loss {state.loss:.4f}"
        if math.isfinite(validation):
            figures += f"  val {validation:.4f}"
        if self.console.width >= 80:
            figures += (
                f"  grad {state.gradient_norm:.2g}  rate {state.learning_rate:.1g}"
            )
        return figures


def _of(state: TrainingState) -> str:
    """Return of how many epochs, where that is known."""
    epochs = state.settings.epochs
    return "" if epochs is None else f"/{epochs}"


def _total(state: TrainingState) -> int | None:
    """Return the steps of the run, or of the longest it may be, if there is one."""
    epochs = state.settings.epochs
    if epochs is None:
        return state.settings.max_steps
    return epochs * state.steps_per_epoch

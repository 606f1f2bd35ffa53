"""What may watch a training run: four moments, one state."""

from __future__ import annotations

import contextlib
import json
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import save as save_tensors
from torch import nn

from elman._plain import plain
from elman.training._settings import TrainingSettings

if TYPE_CHECKING:
    from ._divergence import Divergence


@dataclass
class TrainingState:
    """What a callback sees; it may read everything and change nothing.

    ``record`` is the row of the epoch that has just ended: epoch, loss,
    validation_loss, gradient_norm (median over the epoch's steps, before
    clipping), learning_rate, seconds; ``history`` holds the rows so far, also
    those from before a resume. ``step`` counts all steps, ``epoch_step`` those
    of this epoch. ``ledger`` is a chain of digests over the numbers of all
    examples trained on so far, in order: two runs with equal ledgers have trained
    the same batches. ``divergence`` is set if a loss or a gradient was not finite.
    """

    module: nn.Module
    settings: TrainingSettings
    steps_per_epoch: int
    epoch: int = 0
    step: int = 0
    loss: float = math.nan
    gradient_norm: float = math.nan
    learning_rate: float = math.nan
    record: dict[str, Any] = field(default_factory=dict)
    best_epoch: int = 0
    is_best: bool = False
    epoch_step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    ledger: str = ""
    divergence: Divergence | None = None


class Callback:
    """Base of all callbacks; every method does nothing."""

    def on_start(self, state: TrainingState) -> None:
        """Run before the first step."""

    def on_step(self, state: TrainingState) -> None:
        """Run after every optimiser step."""

    def on_epoch(self, state: TrainingState) -> None:
        """Run after every epoch and its validation; epoch 0 is the start."""

    def on_end(self, state: TrainingState) -> None:
        """Run once at the end, also after an interruption or an error."""


class MetricsFile(Callback):
    """Append one JSON line an epoch.

    Parameters
    ----------
    path : Path
        For example ``runs/x/metrics.jsonl``; an existing file is replaced by
        the rows of the run so far: none at the start, all of them on a resume.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._whole = False

    def on_start(self, state: TrainingState) -> None:
        """Write the rows there are."""
        self._whole = False
        self._write(state)

    def on_epoch(self, state: TrainingState) -> None:
        """Append the epoch's row; a number that is not finite becomes null."""
        self._write(state)

    def _write(self, state: TrainingState) -> None:
        with _going_on(self.path):
            if self._whole:
                self._whole = False
                with self.path.open("a") as file:
                    file.write(_line(state.record))
            else:  # at the start, and where the disk had refused a row
                partial = self.path.with_name(self.path.name + ".partial")
                partial.write_text("".join(_line(row) for row in state.history))
                partial.replace(self.path)
            self._whole = True


@contextlib.contextmanager
def _going_on(path: Path) -> Iterator[None]:
    """Warn where the disk refuses: what watches a training must not end it."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        warnings.warn(
            f"{path} could not be written ({reason}); training goes on",
            RuntimeWarning,
            stacklevel=2,
        )


def _line(record: dict[str, Any]) -> str:
    return json.dumps(plain(record)) + "\n"


class BestWeights(Callback):
    """Write the weights to a file each time the validation loss improves.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file; replaced as a whole, so that a kill in the
        middle of a save leaves the previous weights.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch(self, state: TrainingState) -> None:
        """Save if this epoch is the best so far."""
        if not state.is_best:
            return
        weights = {
            k: v.detach().contiguous() for k, v in state.module.state_dict().items()
        }
        with _going_on(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial = self.path.with_suffix(".partial")
            partial.write_bytes(save_tensors(weights))
            partial.replace(self.path)

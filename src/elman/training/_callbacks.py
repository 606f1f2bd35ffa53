"""What may watch a training run: four moments, one state."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from ._settings import TrainingSettings


@dataclass
class TrainingState:
    """What a callback sees; it may read everything and change nothing.

    ``record`` is the row of the epoch that has just ended: epoch, loss,
    validation_loss, gradient_norm (median over the epoch's steps, before
    clipping), learning_rate, seconds.
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
        For example ``runs/x/metrics.jsonl``; an existing file is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_start(self, state: TrainingState) -> None:
        """Empty the file."""
        self.path.write_text("")

    def on_epoch(self, state: TrainingState) -> None:
        """Append the epoch's row; a number that is not finite becomes null."""
        row = {
            key: None
            if isinstance(value, float) and not math.isfinite(value)
            else value
            for key, value in state.record.items()
        }
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")


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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        save_file(
            {k: v.detach().contiguous() for k, v in state.module.state_dict().items()},
            partial,
        )
        partial.replace(self.path)

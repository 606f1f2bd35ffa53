"""An estimator's parameters, checked once, in the form that fitting needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from elman._errors import InputError
from elman.data import FrontEnd
from elman.diagnosis import Need
from elman.models import CELLS, levels_for, takes_time
from elman.tasks._encoders import check_init, encoder_of
from elman.tasks.fit._threads import work_of
from elman.tasks.fit._training import settings_of
from elman.tasks.parameters import checked
from elman.training import Callback, Checkpoints, Progress, TrainingSettings

from .columns._columns import Layout

TRIAL = 0.1
"""Of the time of a fit, for each of two trials of a start."""

# Of the time of a fit, for the run with the validation rows held out.
_FIRST = 0.4

# Parameters that the recipe holds under their own names.
_HERE = ("init", "refit", "progress", "callbacks", "checkpoints")

_SHAPE = ("cell", "hidden_size", "num_layers", "bidirectional", "dropout", "pooling")

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """An estimator's parameters, checked, and what the task adds to them.

    Attributes
    ----------
    network : dict
        Arguments of `SequenceNetwork` but ``channels``.
    init : str
        "auto" or a name of `elman.init.NAMES`.
    loss : callable
        ``loss(output, target)``, the mean over a batch.
    settings : TrainingSettings
    refit : bool
        Train once more on all rows, for as many epochs as were best.
    fewest : int
        With fewer validation rows than this the second run takes all epochs.
    progress : bool
    callbacks : sequence of Callback
    checkpoints : Checkpoints or None
    longest : int
        Steps of the longest sequence.
    frames : int
        Steps that are read as one.
    need : Need or None
        How far back the targets ask the network to remember; None: as far as the
        sequences are long.
    layout : Layout or None
        Where what is in a step, if not all channels are numbers.
    stretched : FrontEnd or None
        Of the recordings whose frequencies are stretched while the network trains.
    """

    network: dict[str, Any]
    init: str
    loss: Loss
    settings: TrainingSettings
    refit: bool
    fewest: int
    progress: bool
    callbacks: Sequence[Callback]
    checkpoints: Checkpoints | None = None
    longest: int = 1
    frames: int = 1
    need: Need | None = None
    layout: Layout | None = None
    stretched: FrontEnd | None = None

    def work(self, channels: int, count: int) -> float:
        """Return the floating-point operations of a batch that follow one another.

        Those of a time step, or of all steps where they do not wait for each other.
        """
        batch = self.settings.batch_size
        size = count if isinstance(batch, str) else min(int(batch), count)
        network = self.network
        work = work_of(network["cell"], size, channels, network["hidden_size"])
        return work if network["cell"] in CELLS else work * self.longest

    @property
    def first_share(self) -> float:
        """Of the time of a fit, the part of the run with rows held out."""
        return _FIRST if self.refit else 1 - 2 * TRIAL

    def watching(self, label: str = "") -> list[Callback]:
        """Return the progress bar of one of the runs, if it was asked for."""
        return [Progress(label=label)] if self.progress else []


def recipe_of(
    estimator: Any,
    loss: Loss,
    outputs: int,
    per_step: bool,
    count: int,
    longest: int,
    layout: Layout | None = None,
) -> Recipe:
    """Check a sequence estimator's parameters.

    Parameters
    ----------
    estimator : SequenceEstimator
        Read, not changed.
    loss : callable
    outputs : int
        Width of the network's output.
    per_step : bool
    count : int
        Sequences to train on, validation included.
    longest : int
        Steps of the longest one.
    layout : Layout, optional
        Where what is in a step, if not all channels are numbers.

    Raises
    ------
    InputError
        If a parameter is outside its range, or there are too few sequences.
    """
    values = checked(estimator)
    values["cell"] = encoder_of(estimator)
    check_time(values["cell"], layout)
    check_init(values["init"], values["cell"])
    if count < 2:
        raise InputError(
            "X holds 1 sequence (n_samples=1); give at least 2, and better 20"
        )
    if values["batch_size"] == "auto":
        values["batch_size"] = batch_size_for(count)
    settings = settings_of(
        estimator,
        values,
        optimizer="adamw",
        # Its weights are drawn by chance: it would answer by chance.
        keep_start=False,
        counted={"schedule": "cosine"},
        settles={"average": "ema", "warm_up": 20},
    )
    if values["num_layers"] == "auto":
        # What a convolution does not see at once it cannot put together.
        levels = levels_for(longest) if values["cell"] == "tcn" else 1
        values["num_layers"] = levels
    return Recipe(
        network={
            **{name: values[name] for name in _SHAPE if name in values},
            "outputs": outputs,
            "per_step": per_step,
        },
        loss=loss,
        settings=settings,
        fewest=estimator._fewest,
        longest=longest,
        layout=layout,
        **{name: values[name] for name in _HERE},
    )


def check_time(cell: Any, layout: Layout | None) -> None:
    """Raise if a cell takes the elapsed time and no channel is said to hold it."""
    if takes_time(cell) and (layout is None or layout.elapsed is None):
        raise InputError(
            "cell takes the time since the step before, and no channel holds it; say"
            " which: columns={NAME: 'elapsed'}, or 'time' for the times themselves"
        )


def batch_size_for(count: int) -> int:
    """Return a batch size: about 16 steps an epoch, within 8 to 64 sequences."""
    return int(np.clip(2 ** round(np.log2(max(count, 1) / 16)), 8, 64))

"""An estimator's parameters, checked once, in the form that fitting needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from elman._arguments import share, whole_number
from elman._errors import InputError
from elman.models import CELLS, check_encoder, check_pooling, levels_for
from elman.tasks._seed import seed_of
from elman.tasks._stages import checkpoints_of
from elman.tasks._threads import work_of
from elman.tasks._training import callbacks_of, settings_of
from elman.training import Callback, Checkpoints, Progress, TrainingSettings

from ._diagnosis import check_init

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

    def work(self, channels: int, count: int) -> float:
        """Return the floating-point operations of a batch that follow one another.

        Those of a time step, or of all steps where they do not wait for each other.
        """
        batch = self.settings.batch_size
        size = count if isinstance(batch, str) else min(int(batch), count)
        network = self.network
        work = work_of(network["cell"], size, channels, network["hidden_size"])
        return work if network["cell"] in CELLS else work * self.longest

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

    Raises
    ------
    InputError
        If a parameter is outside its range, or there are too few sequences.
    """
    cell = check_encoder(estimator.cell)
    for name in ("hidden_size", "num_layers"):
        whole_number(name, getattr(estimator, name))
    share("dropout", estimator.dropout, zero=True)
    share("validation_fraction", estimator.validation_fraction, zero=True)
    check_pooling(estimator.pooling)
    if count < 2:
        raise InputError(
            "X holds 1 sequence (n_samples=1); give at least 2, and better 20"
        )
    batch = estimator.batch_size
    settings = settings_of(
        estimator.training,
        epochs=estimator.epochs,
        batch_size=batch_size_for(count) if batch == "auto" else batch,
        learning_rate=estimator.learning_rate,
        schedule="cosine",
        optimizer="adamw",
        weight_decay=estimator.weight_decay,
        clip_norm=estimator.clip_norm,
        patience=estimator.patience,
        seed=seed_of(estimator.random_state),
    )
    layers = int(estimator.num_layers)
    if cell == "tcn":  # what it does not see at once it cannot put together
        layers = max(layers, levels_for(longest))
    network = {
        "cell": cell,
        "hidden_size": int(estimator.hidden_size),
        "num_layers": layers,
        "outputs": outputs,
        "bidirectional": bool(estimator.bidirectional),
        "dropout": float(estimator.dropout),
        "pooling": estimator.pooling,
        "per_step": per_step,
    }
    return Recipe(
        network,
        check_init(estimator.init, cell),
        loss,
        settings,
        bool(estimator.refit),
        estimator._fewest,
        bool(estimator.progress),
        callbacks_of(estimator.callbacks),
        checkpoints_of(estimator.checkpoints),
        longest,
    )


def batch_size_for(count: int) -> int:
    """Return a batch size: about 16 steps an epoch, within 8 to 64 sequences."""
    return int(np.clip(2 ** round(np.log2(max(count, 1) / 16)), 8, 64))

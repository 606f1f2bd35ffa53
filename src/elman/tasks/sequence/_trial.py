"""A remedy has to train better, not only to carry gradients further."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from elman.models import SequenceNetwork
from elman.tasks.fit._stages import stage
from elman.tasks.fit._start import Start
from elman.tasks.fit._training import part_of
from elman.training import RaggedSequences, TrainingResult, TrainingSettings, train

from ._recipe import TRIAL, Loss, Recipe
from ._stretched import StretchedSequences

FEWEST = 5
"""A run of fewer epochs is no trial."""

_SHARE = 3
# Of a trial whose training ends when it has settled.
_STEPS = 100


@dataclass(frozen=True)
class Trial:
    """How two starts compared.

    Attributes
    ----------
    start : Start
        The better one.
    note : str
        One line for the results.
    interrupted : tuple or None
        The network and its run, if the user stopped a trial.
    """

    start: Start
    note: str
    interrupted: tuple[SequenceNetwork, TrainingResult] | None = None


def compare(
    start: Start,
    build: Callable[[], SequenceNetwork],
    training: RaggedSequences | StretchedSequences,
    validation: RaggedSequences,
    recipe: Recipe,
) -> Trial:
    """Train a third of the epochs with the remedy and without, and keep the better.

    Gradients that reach the first step are of use only where the first step
    matters, and a start that reaches it may learn the rest more slowly. The
    validation loss decides: the remedy stays if it is lower by more than the standard
    error of the difference over the held-out sequences. Without one to be seen the
    network starts as torch makes it.

    Parameters
    ----------
    start : Start
        With a remedy.
    build : callable
        Returns a new network as torch initialises it.
    training : RaggedSequences or StretchedSequences
    validation : RaggedSequences
    recipe : Recipe
    """
    settings = part_of(_shorter(recipe.settings, len(training)), TRIAL)
    epochs = settings.epochs
    losses = []
    each = []
    for candidate in (start, start.without_remedy()):
        network = build()
        candidate.apply(network.recurrent, settings.seed)
        watching = recipe.watching(f"trial of init {candidate.init},")
        result = train(
            network,
            recipe.loss,
            training,
            validation,
            settings,
            watching,
            checkpoints=stage(recipe.checkpoints, f"trial-{candidate.init}"),
        )
        if result.stopped == "interrupted":
            return Trial(candidate, "interrupted in a trial", (network, result))
        reached = [row["validation_loss"] for row in result.history]
        losses.append(min(reached, default=math.inf))
        each.append(_losses(network, recipe.loss, validation))
    remedy, default = losses
    better, noise = gain(each[0], each[1])
    figures = (
        f"validation loss {remedy:.3g} with it, {default:.3g} without; standard error "
        f"of the difference {noise:.2g}, {len(validation)} sequences"
    )
    if better > noise:
        return Trial(
            start,
            f"init {start.init} was kept after a trial of {epochs} epochs: {figures}",
        )
    how = "trained worse" if -better > noise else "trained no better than by chance"
    return Trial(
        start.without_remedy(),
        f"init {start.init} carries gradients further, but {how} in a trial of "
        f"{epochs} epochs ({figures}): left out",
    )


def _shorter(settings: TrainingSettings, examples: int) -> TrainingSettings:
    """Return the settings of a trial: a third of the epochs, where they are known."""
    if settings.epochs is not None:
        epochs = min(settings.epochs, max(FEWEST, settings.epochs // _SHARE))
        return replace(settings, epochs=epochs)
    size = settings.batch_size
    each = 1 if isinstance(size, str) else math.ceil(examples / size)
    return settings.for_epochs(max(FEWEST, math.ceil(_STEPS / each)))


def gain(
    remedy: NDArray[np.float64], default: NDArray[np.float64]
) -> tuple[float, float]:
    """Return by how much the remedy's mean loss is lower, and its standard error.

    Parameters
    ----------
    remedy, default : ndarray
        (n,): the losses of the same sequences. Of one alone nothing is known about
        the error, which is then infinite.
    """
    difference = default - remedy
    if len(difference) < 2:
        return float(difference.mean()), math.inf
    error = difference.std(ddof=1) / math.sqrt(len(difference))
    return float(difference.mean()), float(error)


@torch.no_grad()
def _losses(
    network: SequenceNetwork, loss: Loss, validation: RaggedSequences
) -> NDArray[np.float64]:
    """Return the loss of each sequence alone, with the weights of the best epoch."""
    was_training = network.training
    network.eval()
    try:
        found = []
        for row in range(len(validation)):
            inputs, target = validation.take(torch.tensor([row]))
            assert target is not None  # noqa: S101 - for the type checker
            found.append(float(loss(network(*inputs), target)))
    finally:
        network.train(was_training)
    return np.array(found)

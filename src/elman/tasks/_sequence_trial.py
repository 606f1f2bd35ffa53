"""A remedy has to train better, not only to carry gradients further."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from elman.training import RaggedSequences, TrainingResult, train

from ._network import SequenceNetwork
from ._sequence_diagnosis import Start
from ._sequence_recipe import Recipe
from ._stages import stage

FEWEST = 5
"""A run of fewer epochs is no trial."""

_SHARE = 3
# A remedy that is level goes in: longer training needs it more, not less.
_MARGIN = 0.98


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
    training: RaggedSequences,
    validation: RaggedSequences,
    recipe: Recipe,
) -> Trial:
    """Train a third of the epochs with the remedy and without, and keep the better.

    Gradients that reach the first step are of use only where the first step
    matters, and a start that reaches it may learn the rest more slowly. The
    validation loss decides; the remedy stays unless the default is 2 % lower.

    Parameters
    ----------
    start : Start
        With a remedy.
    build : callable
        Returns a new network as torch initialises it.
    training, validation : RaggedSequences
    recipe : Recipe
    """
    epochs = min(recipe.settings.epochs, max(FEWEST, recipe.settings.epochs // _SHARE))
    settings = replace(recipe.settings, epochs=epochs)
    losses = []
    for candidate in (start, start.without_remedy()):
        network = build()
        candidate.apply(network, settings.seed)
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
    remedy, default = losses
    figures = f"validation loss {remedy:.3g} with it, {default:.3g} without"
    if default < _MARGIN * remedy:
        return Trial(
            start.without_remedy(),
            f"init {start.init} carries gradients further, but trained worse in a "
            f"trial of {epochs} epochs ({figures}): left out",
        )
    return Trial(
        start, f"init {start.init} was kept after a trial of {epochs} epochs: {figures}"
    )

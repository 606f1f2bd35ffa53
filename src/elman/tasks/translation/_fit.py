"""Fitting a translator: measure, start, train on batches of like length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from elman.models.translation import TranslationNetwork
from elman.tasks.fit._run import Run, run_training
from elman.tasks.fit._samples import Samples
from elman.tasks.fit._start import Start, choose_start

from ._examples import PairExamples
from ._objective import Smoothed
from ._recipe import Recipe
from ._translate import Search, translations

_ROWS = 16  # that are measured
_SHOWN = 3  # translations of a sample


@dataclass(frozen=True)
class Fitted:
    """A trained network and how it came about.

    Attributes
    ----------
    network : TranslationNetwork
    start : Start
    run : Run
    samples : list of dict
        What it made of a few sentences after some epochs.
    """

    network: TranslationNetwork
    start: Start
    run: Run
    samples: list[dict[str, Any]]


def fit_network(recipe: Recipe) -> Fitted:
    """Train a network on pairs; the global random state is left as it was.

    Parameters
    ----------
    recipe : Recipe
    """
    network, examples = recipe.built(), recipe.examples()
    start = _start_of(network, examples, recipe)
    samples = Samples(lambda network: _sample(network, recipe))
    run = run_training(
        # First: its state then has the same name whatever the user's are.
        replace(recipe, callbacks=[samples, *recipe.callbacks]),
        network,
        Smoothed(recipe.smoothing),
        examples,
        recipe.held_out(),
        recipe.settings,
        needed=needed_by(examples),
        warn=False,
    )
    return Fitted(network.eval(), start, run, samples.report())


def _sample(network: TranslationNetwork, recipe: Recipe) -> str:
    """Return the translations of the first few sentences, the likeliest words."""
    pairs = recipe.training if recipe.validation is None else recipe.validation
    texts = pairs.source[:_SHOWN]
    found = translations(network, (recipe.source, recipe.target), texts, Search(1))
    return "\n".join(one[0].text for one in found)


def needed_by(examples: PairExamples) -> int:
    """Return how many steps back two tokens of a pair are from each other, the mean.

    A third of its length. Longer ways are the attention's, which reaches any token.
    """
    return max(1, round(float(examples.lengths.median()) / 3))


def _start_of(
    network: TranslationNetwork, examples: PairExamples, recipe: Recipe
) -> Start:
    """Measure the layer that writes on some pairs, and initialise it."""
    order = torch.argsort(examples.lengths, stable=True)
    middle = len(order) // 2
    rows = order[middle : middle + _ROWS]
    inputs, following = examples.take(rows)
    steps = int(inputs[2].shape[1])
    layer: Any = network.decoder.first
    chosen = "default" if recipe.init == "auto" else recipe.init
    if steps < 2:
        start = Start(chosen, steps)
        start.apply(layer, recipe.settings.seed)
        return start
    network.eval()
    start = choose_start(
        network,
        layer,
        (inputs, following),
        Smoothed(0.0),
        init=recipe.init,
        needed=needed_by(examples),
        source="a third of the median length, which is the mean distance of two"
        " tokens; attention bridges more",
        memory=steps,
        seed=recipe.settings.seed,
    )
    network.train()
    return start


def ran_on(network: nn.Module) -> str:
    """Return the path that the recurrent layers take."""
    from elman import ops

    some = torch.ones(1, 2, dtype=torch.int64)
    with ops.record_paths() as ran, torch.no_grad():
        network(some, None, some)
    return ran[0] if ran else "torch"

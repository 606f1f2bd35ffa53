"""Fitting a translator: measure, start, train on batches of like length."""

from __future__ import annotations

import torch

from elman.models.translation import TranslationNetwork
from elman.tasks.fit._start import Start
from elman.tasks.fit._writer import Fitted, fit_writer, started

from ._examples import PairExamples
from ._objective import Smoothed
from ._recipe import Recipe
from ._translate import Search, translations

_ROWS = 16  # that are measured
_SHOWN = 3  # translations of a sample


def fit_network(recipe: Recipe) -> Fitted[TranslationNetwork]:
    """Train a network on pairs; the global random state is left as it was.

    Parameters
    ----------
    recipe : Recipe
    """
    network, examples = recipe.built(), recipe.examples()
    start = _start_of(network, examples, recipe)
    return fit_writer(
        recipe,
        network,
        start,
        Smoothed(recipe.smoothing),
        recipe.trained_on(),
        lambda network: _sample(network, recipe),
        needed=needed_by(examples),
        warn=False,
    )


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
    return started(
        recipe,
        network,
        network.decoder.first,
        (inputs, following),
        Smoothed(0.0),
        steps=int(inputs[2].shape[1]),
        needed=needed_by(examples),
        source="a third of the median length, which is the mean distance of two"
        " tokens; attention bridges more",
    )

"""Fitting a language model: measure, start, train on streams."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from elman.models import KINDS, LanguageNetwork, language_loss
from elman.tasks.fit._start import Start
from elman.tasks.fit._writer import Fitted, fit_writer, started
from elman.training import Streams

from ._generate import Sampling, text_after
from ._recipe import Recipe

_ROWS = 16  # of the window that is measured
# Tokens of a sample, by kind.
_SAMPLE, _SAMPLES = 240, {"words": 60, "subwords": 90}


def fit_network(recipe: Recipe) -> Fitted[LanguageNetwork]:
    """Train a network on a text; the global random state is left as it was.

    Parameters
    ----------
    recipe : Recipe
    """
    network, streams = recipe.built(), recipe.streams()
    start = _start_of(network, streams, recipe)
    return fit_writer(
        recipe,
        network,
        start,
        language_loss,
        streams,
        lambda network: _sample(network, recipe),
        needed=recipe.window,
        recurrent=network.recurrent is not None,
    )


def _sample(network: LanguageNetwork, recipe: Recipe) -> str:
    """Return a little text of the network, begun as every text is."""
    vocabulary, how = recipe.vocabulary, Sampling(seed=recipe.settings.seed)
    length = _SAMPLES.get(vocabulary.kind, _SAMPLE)
    return "".join(text_after(network, vocabulary, "", length, how))


def _start_of(network: LanguageNetwork, streams: Streams, recipe: Recipe) -> Start:
    """Measure the network on a window of the text, and initialise it."""
    steps = min(recipe.window, streams.length)
    if network.recurrent is None:
        return Start("default", recipe.window, note=_no_state(network))
    inputs, target = streams.window(streams.layout(0, 0), 0, steps)
    rows = slice(min(_ROWS, streams.rows))
    return started(
        recipe,
        network,
        network.recurrent,
        (inputs[0][rows], target[rows]),
        _loss_of_scores,
        steps=steps,
        needed=steps,
        source="the steps that gradients go back over in training",
    )


def _no_state(network: LanguageNetwork) -> str:
    """Return with what each token is read by a network that carries no state."""
    kind, most = KINDS[network.config()["cell"]], network.context
    assert most is not None  # noqa: S101  as there is no recurrence
    return (
        f"a {kind} has no recurrence, so that no gradient flow through time was"
        f" measured; it is trained on windows of about {most} tokens, and scores and"
        f" writes with a window that slides, each token read with {most // 2} to"
        f" {most - 1} before it"
    )


def _loss_of_scores(output: tuple[Tensor, Any], target: Tensor) -> Tensor:
    """Return the loss of a network that returns its state too."""
    return language_loss(output[0], target)

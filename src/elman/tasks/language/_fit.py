"""Fitting a language model: measure, start, train on streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from elman.models import KINDS, LanguageNetwork, language_loss
from elman.tasks.fit._run import Run, run_training
from elman.tasks.fit._samples import Samples
from elman.tasks.fit._start import Start, choose_start
from elman.training import Streams

from ._generate import Sampling, text_after
from ._recipe import Recipe

_ROWS = 16  # of the window that is measured
# Tokens of a sample, by kind.
_SAMPLE, _SAMPLES = 240, {"words": 60, "subwords": 90}


@dataclass(frozen=True)
class Fitted:
    """A trained network and how it came about.

    Attributes
    ----------
    network : LanguageNetwork
    start : Start
    run : Run
    samples : list of dict
        What it wrote after some epochs.
    """

    network: LanguageNetwork
    start: Start
    run: Run
    samples: list[dict[str, Any]]


def fit_network(recipe: Recipe) -> Fitted:
    """Train a network on a text; the global random state is left as it was.

    Parameters
    ----------
    recipe : Recipe
    """
    network, streams = recipe.built(), recipe.streams()
    start = _start_of(network, streams, recipe)
    samples = Samples(lambda network: _sample(network, recipe))
    run = run_training(
        # First: its state then has the same name whatever the user's are.
        replace(recipe, callbacks=[samples, *recipe.callbacks]),
        network,
        language_loss,
        streams,
        recipe.held_out(),
        recipe.settings,
        needed=recipe.window,
        recurrent=network.recurrent is not None,
    )
    return Fitted(network.eval(), start, run, samples.report())


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
    chosen = "default" if recipe.init == "auto" else recipe.init
    if steps < 2:
        start = Start(chosen, steps)
        start.apply(network.recurrent, recipe.settings.seed)
        return start
    network.eval()
    start = choose_start(
        network,
        network.recurrent,
        (inputs[0][rows], target[rows]),
        _loss_of_scores,
        init=recipe.init,
        needed=steps,
        source="the steps that gradients go back over in training",
        memory=steps,
        seed=recipe.settings.seed,
    )
    network.train()
    return start


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


def ran_on(network: LanguageNetwork) -> str:
    """Return the path that the recurrent layers take."""
    from elman import ops

    with ops.record_paths() as ran, torch.no_grad():
        network(torch.zeros(1, 2, dtype=torch.int64))
    return ran[0] if ran else "torch"

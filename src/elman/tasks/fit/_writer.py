"""Fitting a network that writes text: measure, start, train, sample on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic

import torch
from torch import Tensor, nn

from elman.layers import CellLayer
from elman.tasks._networks import Network

from ._run import Run, run_training
from ._samples import Samples
from ._start import Start, choose_start


@dataclass(frozen=True)
class Fitted(Generic[Network]):
    """A trained network and how it came about.

    Attributes
    ----------
    network : nn.Module
    start : Start
    run : Run
    samples : list of dict
        What it wrote after some epochs.
    """

    network: Network
    start: Start
    run: Run
    samples: list[dict[str, Any]]


def fit_writer(
    recipe: Any,
    network: Network,
    start: Start,
    loss: Callable[..., Any],
    training: Any,
    write: Callable[[Any], str],
    **options: Any,
) -> Fitted[Network]:
    """Train a network that has been started, and keep what it writes on the way.

    Parameters
    ----------
    recipe : Recipe
        Of a language model or a translator.
    network : nn.Module
    start : Start
    loss : callable
    training : Streams or Examples
    write : callable
        As `Samples` takes it.
    **options
        As `run_training` takes them.
    """
    samples = Samples(write)
    run = run_training(
        # First: its state then has the same name whatever the user's are.
        replace(recipe, callbacks=[samples, *recipe.callbacks]),
        network,
        loss,
        training,
        recipe.held_out(),
        recipe.settings,
        **options,
    )
    return Fitted(network.eval(), start, run, samples.report())


def started(
    recipe: Any,
    network: nn.Module,
    layer: nn.RNNBase | CellLayer,
    examples: tuple[Any, Any],
    loss: Callable[..., Tensor],
    *,
    steps: int,
    needed: int,
    source: str,
) -> Start:
    """Measure a network on some of its data, and initialise it.

    Parameters
    ----------
    recipe : Recipe
    network, layer, examples, loss, needed, source
        As for `choose_start`.
    steps : int
        Those of the examples; of a single one no gradient flows through time.
    """
    if steps < 2:
        start = Start("default" if recipe.init == "auto" else recipe.init, steps)
        start.apply(layer, recipe.settings.seed)
        return start
    network.eval()
    start = choose_start(
        network,
        layer,
        examples,
        loss,
        init=recipe.init,
        needed=needed,
        source=source,
        memory=steps,
        seed=recipe.settings.seed,
    )
    network.train()
    return start


def ran_on(network: nn.Module, *inputs: Any) -> str:
    """Return the path that the recurrent layers of a call take."""
    from elman import ops

    with ops.record_paths() as ran, torch.no_grad():
        network(*inputs)
    return ran[0] if ran else "torch"

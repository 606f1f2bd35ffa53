"""The chosen network beside others: trained alike, scored on the same sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._plain import plain
from elman.cells import Cell
from elman.models import SequenceNetwork, parameters_of, title_of
from elman.tasks._encoders import other_encoders
from elman.tasks.fit._stages import checkpoints_of, stage
from elman.tasks.fit._threads import suitable_threads
from elman.tasks.sequence._fit import fit_network, network_outputs, split_rows
from elman.tasks.sequence._input import Array
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence._recipe import Recipe
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._kind import Kind

from ._others import sized
from ._words import sentence

Read = Callable[[], tuple[Kind, Targets]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A network after its training, and what it says of the scored sequences."""

    predicted: NDArray[Any]
    parameters: int
    history: list[dict[str, Any]]
    stopped: str
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """What all networks have alike.

    Parameters
    ----------
    sequences : sequence of ndarray
        To train on, in the order in which they are read.
    read : callable
        Returns a new kind, and the targets in that order.
    test : sequence of ndarray
    truth : Targets
    recipe : Recipe
        Of the chosen network.
    layers : int
        That the user asked for.
    fraction : float
        Held out to choose the epoch.
    checkpoints : Checkpoints or None
    say : callable
        Told what comes next.
    seconds : float or None
        That the others may train; None: as many as the chosen one took.
    """

    sequences: Sequence[Array]
    read: Read
    test: Sequence[Array]
    truth: Targets
    recipe: Recipe
    layers: int
    fraction: float
    checkpoints: Any
    say: Say
    seconds: float | None = None

    def trained(
        self, recipe: Recipe, seed: int, seconds: float | None = None
    ) -> Trained:
        """Return a network of this recipe, trained for so many seconds at most."""
        encoder = recipe.network["cell"]
        name = title_of(encoder)
        self.say(f"{name}, seed {seed}")
        kind, raw = self.read()
        rows = split_rows(kind.groups(raw), len(self.sequences), self.fraction, seed)
        settings = replace(recipe.settings, seed=seed)
        if seconds is not None:
            settings = replace(settings, max_seconds=seconds / recipe.first_share)
        place = "".join(c if c.isalnum() else "-" for c in f"compare-{encoder}-{seed}")
        recipe = replace(
            recipe,
            settings=settings,
            callbacks=(),
            checkpoints=stage(checkpoints_of(self.checkpoints), place),
        )
        targets = kind.scaled(raw, rows[0])
        fitted = fit_network(self.sequences, targets, *rows, recipe)
        result = fitted.run.result
        if result.stopped == "interrupted":
            raise KeyboardInterrupt
        model = (fitted.network, fitted.preparation)
        return Trained(
            self.predicted(kind, model),
            parameters_of(fitted.network),
            result.history,
            result.stopped,
            result.seconds,
        )

    def predicted(
        self, kind: Kind, model: tuple[SequenceNetwork, Preparation]
    ) -> NDArray[Any]:
        """Return what a network says of the sequences that are scored."""
        outputs = network_outputs(model[0], model[1].apply(self.test))
        joined = np.concatenate(outputs) if self.truth.per_step else np.stack(outputs)
        return kind.decide(joined)


def compared(
    estimator: Any,
    comparison: Comparison,
    names: Iterable[Any] | None,
    seeds: int,
    split: str,
) -> dict[str, Any]:
    """Return the chosen network's scores beside those of others of its size.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted.
    comparison : Comparison
    names : iterable or None
        The others; None for the usual ones.
    seeds : int
        Trainings of each, the estimator's own seed being the first.
    split : str
        What the scored sequences are, in words.
    """
    whole_number("seeds", seeds, 1)
    chosen = comparison.recipe.network["cell"]
    others = other_encoders(estimator, names)
    kind, own, channels = estimator.kind_, estimator.seed_, estimator.network_.channels
    size = parameters_of(estimator.network_)
    recipes = {
        encoder: sized(comparison.recipe, encoder, comparison.layers, channels, size)
        for encoder in others
    }
    runs: dict[str | Cell, list[Trained]] = {e: [] for e in (chosen, *others)}
    work = comparison.recipe.work(channels, len(comparison.sequences))
    with suitable_threads(work):
        for seed in range(own, own + seeds):
            first = (
                _fitted(estimator, comparison)
                if seed == own
                else comparison.trained(comparison.recipe, seed)
            )
            runs[chosen].append(first)
            for encoder, recipe in recipes.items():
                limit = comparison.seconds or first.seconds
                trained = comparison.trained(recipe, seed, limit)
                runs[encoder].append(trained)
    truth = comparison.truth
    rows = []
    for encoder, each in runs.items():
        recipe = recipes.get(encoder, comparison.recipe)
        role = "network" if encoder == chosen else "other"
        rows.append(_row(encoder, role, recipe, each, kind, truth))
    simple = [
        {"model": row["model"], "kind": row["kind"], "values": row["values"]}
        for row in estimator.results_.get("scores", {}).get("rows", [])
        if row["kind"] == "baseline" or row["model"] == "linear models alone"
    ]
    found = {
        "metric": kind.metric,
        "lower_is_better": kind.lower_is_better,
        "split": split,
        "seeds": seeds,
        "parameters": size,
        "seconds": comparison.seconds
        or float(np.mean([run.seconds for run in runs[chosen]])),
        "given_seconds": comparison.seconds is not None,
        "rows": [*rows, *simple],
    }
    errors = {
        row["model"]: [kind.errors(truth.values, run.predicted) for run in each]
        for row, each in zip(rows, runs.values(), strict=True)
    }
    return plain({**found, "verdict": sentence(found, errors, truth.lengths)})


def _fitted(estimator: Any, comparison: Comparison) -> Trained:
    """Return the network that the estimator has already."""
    training = estimator.results_["training"]
    model = (estimator.network_, estimator.preparation_)
    return Trained(
        comparison.predicted(estimator.kind_, model),
        parameters_of(estimator.network_),
        training["history"],
        training["stopped"],
        training["seconds"],
    )


def _row(
    encoder: str | Cell,
    role: str,
    recipe: Recipe,
    runs: Sequence[Trained],
    kind: Kind,
    truth: Targets,
) -> dict[str, Any]:
    """Return one network's row: means over the seeds, and how they differ."""
    scores = [kind.scores(truth.values, run.predicted) for run in runs]
    table = {name: [score[name] for score in scores] for name in scores[0]}
    several = len(runs) > 1
    return {
        "model": title_of(encoder),
        "kind": role,
        "layers": recipe.network["num_layers"],
        "hidden_size": recipe.network["hidden_size"],
        "parameters": runs[0].parameters,
        "seconds": float(np.mean([run.seconds for run in runs])),
        "epochs": float(np.mean([run.history[-1]["epoch"] for run in runs])),
        "stopped": [run.stopped for run in runs],
        "values": {name: float(np.mean(found)) for name, found in table.items()},
        "deviations": {
            name: float(np.std(found, ddof=1)) if several else None
            for name, found in table.items()
        },
        "each": table[kind.metric],
        "curve": [
            [point.get("seconds"), point.get("validation_loss")]
            for point in runs[0].history
        ],
    }

"""The network of a sequence estimator beside others of its size and its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from elman.models import SequenceNetwork, parameters_of
from elman.tasks._encoders import other_encoders
from elman.tasks.comparison._beside import Beside, Trained, alone, not_interrupted
from elman.tasks.sequence._fit import fit_network, network_outputs
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence._recipe import Recipe
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._groups import parted
from elman.tasks.sequence.given._input import Array
from elman.tasks.sequence.kinds._kind import Kind
from elman.tasks.sequence.order._leaning import by_sequence

from ._others import sized

Read = Callable[[], tuple[Kind, Targets]]
Say = Callable[[str], None]

_ALONE = "Networks are alone here, without linear models."


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
    layers : int or "auto"
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
    layers: int | str
    fraction: float
    checkpoints: Any
    say: Say
    seconds: float | None = None

    def trained(
        self, recipe: Recipe, seed: int, seconds: float | None = None
    ) -> Trained:
        """Return a network of this recipe, trained for so many seconds at most."""
        kind, raw = self.read()
        rows = parted(kind, raw, len(self.sequences), self.fraction, seed)
        limit = None if seconds is None else seconds / recipe.first_share
        recipe = alone(recipe, seed, limit, self.checkpoints)
        targets = kind.scaled(raw, rows[0])
        fitted = fit_network(self.sequences, targets, *rows, recipe)
        result = not_interrupted(fitted.run).result
        model = (fitted.network, fitted.preparation)
        return self.judged(kind, model, result.history, result.stopped, result.seconds)

    def judged(
        self,
        kind: Kind,
        model: tuple[SequenceNetwork, Preparation],
        history: list[dict[str, Any]],
        stopped: str,
        seconds: float,
    ) -> Trained:
        """Return how well a network does on the sequences that are scored."""
        outputs = network_outputs(model[0], model[1].apply(self.test))
        truth = self.truth
        predicted = kind.read_out(outputs, truth.per_step)
        return Trained(
            kind.scores(truth.values, predicted),
            by_sequence(kind.errors(truth.values, predicted), truth.lengths),
            parameters_of(model[0]),
            history,
            stopped,
            seconds,
        )


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
    recipe, inputs = comparison.recipe, estimator.preparation_.inputs
    chosen, size = recipe.network["cell"], parameters_of(estimator.network_)
    recipes = {chosen: recipe} | {
        encoder: sized(recipe, encoder, comparison.layers, inputs, size)
        for encoder in other_encoders(estimator, names)
    }
    kind, training = estimator.kind_, estimator.results_["training"]
    fitted = comparison.judged(
        kind,
        (estimator.network_, estimator.preparation_),
        training["history"],
        training["stopped"],
        training["seconds"],
    )
    beside = Beside(
        chosen,
        recipes,
        fitted,
        comparison.trained,
        seed=estimator.seed_,
        work=recipe.work(inputs["channels"], len(comparison.sequences)),
        metric=kind.metric,
        lower_is_better=kind.lower_is_better,
        split=split,
        simple=[
            {"model": row["model"], "kind": row["kind"], "values": row["values"]}
            for row in estimator.results_.get("scores", {}).get("rows", [])
            if row["kind"] == "baseline" or row["model"] == "linear models alone"
        ],
        among=_ALONE,
        say=comparison.say,
    )
    return beside.compared(seeds, comparison.seconds)

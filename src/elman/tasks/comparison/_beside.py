"""The chosen network beside others: trained alike, scored on the same data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._plain import plain
from elman.cells import Cell
from elman.models import title_of
from elman.tasks.fit._run import Run
from elman.tasks.fit._stages import checkpoints_of, stage
from elman.tasks.fit._threads import suitable_threads

from ._words import sentence


@dataclass(frozen=True)
class Trained:
    """A network after its training, and how well it does.

    Attributes
    ----------
    scores : dict
        By name.
    errors : ndarray
        How wrong it is on each sequence, or part of a text: from these is told
        whether a difference is chance.
    parameters : int
    history : list of dict
    stopped : str
    seconds : float
    """

    scores: dict[str, float]
    errors: NDArray[np.float64]
    parameters: int
    history: list[dict[str, Any]]
    stopped: str
    seconds: float


@dataclass(frozen=True)
class Beside:
    """What a comparison is of, and how its networks come about.

    Parameters
    ----------
    chosen : str or Cell
    recipes : mapping
        The recipe of each network by its encoder, the chosen one's first: a dataclass
        with ``network``, ``settings``, ``callbacks`` and ``checkpoints``.
    fitted : Trained
        The chosen network, as the estimator has it.
    train : callable
        ``train(recipe, seed, seconds)`` returns a network of a recipe, trained for so
        many seconds at most; None: for as long as the recipe says.
    seed : int
        The estimator's own, the first.
    work : float
        Floating-point operations of a time step, for the number of threads.
    metric : str
    lower_is_better : bool
    split : str
        What they are scored on, in words.
    simple : sequence of dict
        Rows of models that are no networks.
    among : str
        What else is to be known of how they are compared, for a caption.
    say : callable
        Told what comes next.
    percent : bool
        Whether a metric of which more is better is a share of 1; else it is of 100.
    """

    chosen: str | Cell
    recipes: Mapping[str | Cell, Any]
    fitted: Trained
    train: Callable[[Any, int, float | None], Trained]
    seed: int
    work: float
    metric: str
    lower_is_better: bool
    split: str
    simple: Sequence[dict[str, Any]]
    among: str
    say: Callable[[str], None]
    percent: bool = True

    def compared(self, seeds: int, seconds: float | None) -> dict[str, Any]:
        """Return the chosen network's scores beside those of the others.

        Parameters
        ----------
        seeds : int
            Trainings of each, the estimator's own seed being the first.
        seconds : float or None
            That the others may train; None: as many as the chosen one took.
        """
        whole_number("seeds", seeds, 1)
        runs: dict[str | Cell, list[Trained]] = {e: [] for e in self.recipes}
        with suitable_threads(self.work):
            for seed in range(self.seed, self.seed + seeds):
                own = seed == self.seed
                first = self.fitted if own else self._trained(self.chosen, seed)
                for encoder in self.recipes:
                    limit = seconds or first.seconds
                    runs[encoder].append(
                        first
                        if encoder == self.chosen
                        else self._trained(encoder, seed, limit)
                    )
        rows = [self._row(encoder, each) for encoder, each in runs.items()]
        found_seconds = [run.seconds for run in runs[self.chosen]]
        found: dict[str, Any] = {
            "metric": self.metric,
            "lower_is_better": self.lower_is_better,
            "percent": self.percent,
            "split": self.split,
            "seeds": seeds,
            "parameters": self.fitted.parameters,
            "seconds": seconds or float(np.mean(found_seconds)),
            "given_seconds": seconds is not None,
            "among": self.among,
            "rows": [*rows, *self.simple],
        }
        errors = {
            row["model"]: [run.errors for run in each]
            for row, each in zip(rows, runs.values(), strict=True)
        }
        return plain({**found, "verdict": sentence(found, errors)})

    def _trained(
        self, encoder: str | Cell, seed: int, seconds: float | None = None
    ) -> Trained:
        self.say(f"{title_of(encoder)}, seed {seed}")
        return self.train(self.recipes[encoder], seed, seconds)

    def _row(self, encoder: str | Cell, runs: Sequence[Trained]) -> dict[str, Any]:
        """Return one network's row: means over the seeds, and how they differ."""
        network = self.recipes[encoder].network
        scores = [run.scores for run in runs]
        table = {name: [score[name] for score in scores] for name in scores[0]}
        several = len(runs) > 1
        return {
            "model": title_of(encoder),
            "kind": "network" if encoder == self.chosen else "other",
            # Of a network that reads and writes, those that read.
            "layers": network.get("encoder_layers", network["num_layers"]),
            "hidden_size": network.get("encoder_size", network["hidden_size"]),
            "parameters": runs[0].parameters,
            "seconds": float(np.mean([run.seconds for run in runs])),
            "epochs": float(np.mean([run.history[-1]["epoch"] for run in runs])),
            "stopped": [run.stopped for run in runs],
            "values": {name: float(np.mean(found)) for name, found in table.items()},
            "deviations": {
                name: float(np.std(found, ddof=1)) if several else None
                for name, found in table.items()
            },
            "each": table[self.metric],
            "curve": [
                [point.get("seconds"), point.get("validation_loss")]
                for point in runs[0].history
            ],
        }


def alone(recipe: Any, seed: int, seconds: float | None, checkpoints: Any) -> Any:
    """Return a recipe with a seed, a limit and a place for checkpoints of its own.

    Parameters
    ----------
    recipe : dataclass
    seed : int
    seconds : float or None
        None: as long as the recipe says.
    checkpoints : Checkpoints, path or None
    """
    settings = replace(recipe.settings, seed=seed)
    if seconds is not None:
        settings = replace(settings, max_seconds=seconds)
    reads = recipe.network.get("encoder") or recipe.network["cell"]
    name = f"compare-{reads}-{seed}"
    place = "".join(c if c.isalnum() else "-" for c in name)
    return replace(
        recipe,
        settings=settings,
        callbacks=(),
        checkpoints=stage(checkpoints_of(checkpoints), place),
    )


def not_interrupted(run: Run) -> Run:
    """Return a training, or end the comparison with it."""
    if run.result.stopped == "interrupted":
        raise KeyboardInterrupt
    return run

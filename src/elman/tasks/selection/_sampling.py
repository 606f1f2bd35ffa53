"""Which parameters are tried next: by optuna's samplers, never the same twice."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman._errors import InputError, did_you_mean

from ._space import Space

SAMPLERS = ("tpe", "random", "grid")
Drawn = dict[str, Any]


@dataclass(frozen=True)
class Sampling:
    """Draws parameters; what is drawn depends on the seed and the trials there are.

    So a search of one process that was killed goes on as if it had not been.

    Parameters
    ----------
    sampler : {"tpe", "random", "grid"}
    space : tuple of Dimension
    seed : int
    first : dict or None
        What is tried first: the estimator as it is.

    Raises
    ------
    InputError
        There is no such sampler.
    """

    sampler: str
    space: Space
    seed: int
    first: Drawn | None

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise InputError(
                f"sampler must be one of {', '.join(SAMPLERS)}, got {self.sampler!r}"
                f"{did_you_mean(str(self.sampler), SAMPLERS)}"
            )

    def next(self, tried: Sequence[Any], running: Sequence[Any] = ()) -> Drawn | None:
        """Return what is tried next; None if nothing is left.

        Parameters
        ----------
        tried : sequence of FrozenTrial
            Those that are over.
        running : sequence of FrozenTrial
            Those that other processes are at.
        """
        tried = [*tried, *running]
        known = {key_of(trial.params) for trial in tried}
        if self.first is not None and key_of(self.first) not in known:
            return self.first
        if self.sampler == "grid":
            rest = (drawn for drawn in self._grid() if key_of(drawn) not in known)
            return next(rest, None)
        if len(known) >= math.prod(one.size() for one in self.space):
            return None
        for attempt in itertools.count():
            drawn = self._draw(tried, attempt)
            if key_of(drawn) not in known:
                return drawn
        return None

    def _draw(self, tried: Sequence[Any], attempt: int) -> Drawn:
        import optuna
        from optuna.trial import TrialState

        seed = int(
            np.random.SeedSequence([self.seed, len(tried), attempt]).generate_state(1)[
                0
            ]
        )
        # What was drawn once is drawn at random then.
        by_rule = self.sampler == "tpe" and not attempt
        kinds = optuna.samplers
        study = optuna.create_study(
            sampler=kinds.TPESampler(seed=seed)
            if by_rule
            else kinds.RandomSampler(seed=seed),
            direction="maximize",
        )
        # TPE keeps away from what others are at.
        judged = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        study.add_trials([trial for trial in tried if trial.state in judged])
        asked = study.ask({one.name: one.distribution() for one in self.space})
        return dict(asked.params)

    def _grid(self) -> list[Drawn]:
        """Return all of a grid, in an order that is drawn: it may be cut short."""
        names = [one.name for one in self.space]
        every = list(itertools.product(*(one.points() for one in self.space)))
        order = np.random.default_rng(self.seed).permutation(len(every))
        return [dict(zip(names, every[i], strict=True)) for i in order]


def key_of(drawn: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return what tells one choice of parameters from others."""
    return tuple(sorted(drawn.items()))

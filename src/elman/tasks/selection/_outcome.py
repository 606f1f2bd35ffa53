"""What was chosen beside what it started from, on the part that nothing has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman.tasks._chance import beyond_chance
from elman.tasks.fit._seed import seed_of

from ._sampling import key_of
from ._space import values_of
from ._trial import Watch, fitted, place_of
from ._trials import Trials


@dataclass(frozen=True)
class Scored:
    """The scores of one choice of parameters on the test part, one a seed."""

    scores: list[float]

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.mean(self.scores))

    @property
    def deviation(self) -> float | None:
        """Their standard deviation, of two and more."""
        return float(np.std(self.scores, ddof=1)) if len(self.scores) > 1 else None

    def words(self) -> str:
        """Return mean and deviation."""
        spread = self.deviation
        return f"{self.mean:.4g}" + ("" if spread is None else f" ± {spread:.2g}")

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"scores": self.scores, "mean": self.mean, "deviation": self.deviation}


def on_test(
    trials: Trials,
    name: str,
    drawn: Mapping[str, Any],
    seeds: int,
    say: Callable[[str], None],
    *,
    wanted: bool = False,
) -> tuple[Any, Scored]:
    """Return the estimator of the first seed if it is wanted, and the scores of all.

    A score that was found before an interruption is not made again.

    Parameters
    ----------
    trials : Trials
    name : str
        What these parameters are called.
    drawn : mapping
        The parameters as they were drawn; none of the estimator as it is.
    seeds : int
    say : callable
    wanted : bool
    """
    estimator, study = trials.estimator, trials.storage.study
    first = seed_of(estimator.random_state)
    values = values_of(trials.sampling.space, drawn) if drawn else {}
    model, scores = None, []
    for seed in range(first, first + seeds):
        # Whoever goes on with more trials may choose others.
        key = f"test {key_of(drawn)} {seed}"
        own_model = wanted and seed == first
        if own_model or key not in study.user_attrs:
            say(f"{trials.data.test.words}: {name}, seed {seed}")
            place = place_of(trials.storage.directory, key)
            own = {**values, "random_state": seed}
            test = trials.data.test
            copy, found = fitted(estimator, test, own, Watch(None), place)
            model = copy if own_model else model
            study.set_user_attr(key, found.score)
        scores.append(float(study.user_attrs[key]))
    return model, Scored(scores)


def verdict(chosen: Scored, default: Scored | None, metric: str) -> str:
    """Return whether the search was worth it, in a sentence.

    Parameters
    ----------
    chosen : Scored
    default : Scored or None
        None: the search chose what it started from.
    metric : str
    """
    if default is None:
        return (
            f"The search found nothing better than the parameters it started from:"
            f" {metric} {chosen.words()} on the test part."
        )
    both = (
        f"on the test part the chosen parameters have {metric} {chosen.words()}, those"
        f" it started from {default.words()}"
    )
    gains = np.subtract(chosen.scores, default.scores)
    if len(gains) < 2:
        return f"One seed cannot tell whether the search helped: {both}."
    if not beyond_chance(float(gains.mean()), [gains]):
        return (
            "The search did not beat the parameters it started from by more than seeds"
            f" do: {both}, over {len(gains)} seeds."
        )
    if gains.mean() < 0:
        return f"The search chose worse parameters than it started from: {both}."
    return f"The search helped by more than seeds do: {both}, over {len(gains)} seeds."


def bias(score: float, tried: int, test: float, metric: str) -> str:
    """Return what is to be thought of the score that decided, in a sentence."""
    return (
        f"In the folds the chosen parameters had {metric} {score:.4g}, the"
        f" best of {tried} trials, and the best of many is too good by chance; what to"
        f" expect is {test:.4g}, on the test part, which no trial has seen."
    )


def importances(trials: Sequence[Any], study: Any, seed: int) -> dict[str, float]:
    """Return how much of the differences between trials each parameter explains."""
    import optuna

    varied = {
        name
        for trial in trials
        for name in trial.params
        if len({one.params[name] for one in trials}) > 1
    }
    if len(trials) < _FEW or not varied or len({t.value for t in trials}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(
        study, evaluator=evaluator, params=sorted(varied)
    )
    return {name: float(share) for name, share in found.items()}


_FEW = 8

"""What a search makes of how far the gradients of its trials reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elman.diagnosis import Need
from elman.tasks.fit._reach import Judge, Reach, judging

_REACH = "reach"


class Reaching:
    """Hears of each trial how far its gradients reach, before it is trained.

    A trial is hopeless if a network that has no linear model beside it reaches less
    than half of what the data need, surely, and training on a copy does not lengthen
    that. It is skipped while the best trial so far reaches what is needed: where one
    that does not is best, the search itself shows that reach does not decide.

    Parameters
    ----------
    folds : int
        Fits of a trial.
    skips : bool
        Whether a hopeless trial is not trained.
    """

    def __init__(self, folds: int, skips: bool) -> None:
        self._folds, self._skips = folds, skips
        self._needs: dict[str, Need] = {}

    @contextmanager
    def heard(self, estimator: Any, trial: Any, best: Any | None) -> Iterator[None]:
        """Hear of the fit in this block, and write it down with the trial.

        Parameters
        ----------
        estimator : Estimator
            With the trial's parameters.
        trial : optuna Trial
        best : FrozenTrial or None
            The best so far.

        Raises
        ------
        Hopeless
            The trial need not be trained.
        """
        alone = getattr(estimator, "highway", None) == "none"
        known = None if best is None else reach_of(best.user_attrs)
        ends = self._skips and alone and known is not None and not known.short
        judge = Judge(ends, self._folds, self._needs)
        try:
            with judging(judge):
                yield
        finally:
            if judge.reach is not None:
                trial.set_user_attr(_REACH, judge.reach.plain())


def reach_of(attributes: Mapping[str, Any]) -> Reach | None:
    """Return how far the gradients of a trial reached, None if that is not known."""
    found = attributes.get(_REACH)
    if found is None:
        return None
    practised = tuple((int(n), float(steps)) for n, steps in found["practised"])
    return Reach(found["steps"], found["needed"], practised)


def again(trial: Any, before: Mapping[str, Any]) -> None:
    """Write down what was heard of a trial before it was interrupted."""
    if _REACH in before:
        trial.set_user_attr(_REACH, before[_REACH])


def and_reach(attributes: Mapping[str, Any]) -> str:
    """Return how far gradients reached in words that follow others, if not enough."""
    reach = reach_of(attributes)
    return f", {reach.words()}" if reach is not None and reach.short else ""

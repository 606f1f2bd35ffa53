"""What every estimator is: scikit-learn's contract, parameters from one table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from elman._modes import own_modes

from . import _store
from .fit._threads import suitable_threads
from .fit._training import WithTraining
from .parameters import described

_PLACE = "    {parameters}\n"


Learned = TypeVar("Learned")


@dataclass(frozen=True)
class Steps(Generic[Learned]):
    """What a task does in ``fit``, in order, once parameters and data are checked.

    Parameters
    ----------
    work : float
        Floating-point operations that follow one another in a batch: they decide
        on the number of threads.
    learn : callable
        Returns everything that was learned: splits, prepares, chooses the start,
        trains.
    take : callable
        Keeps it in the estimator. Whatever happens to the scores, from here on there
        is a model to keep.
    report : callable
        Scores it beside baselines, and returns the results.
    """

    work: float
    learn: Callable[[], Learned]
    take: Callable[[Learned], None]
    report: Callable[[Learned], dict[str, Any]]


class Estimator(WithTraining, BaseEstimator):
    """Base of the estimators: ``__init__`` stores its arguments, ``fit`` checks them.

    Where a subclass's docstring says ``{parameters}``, the section on parameters is
    put from their table.
    """

    task: str
    results_: dict[str, Any]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__doc__ and _PLACE in cls.__doc__:  # there is none under python -OO
            section = textwrap.indent(described(cls), "    ")
            cls.__doc__ = cls.__doc__.replace(_PLACE, f"{section}\n")

    def _fit(self, steps: Steps[Learned]) -> Self:
        """Go through the steps of a task: the one order for all of them."""
        with suitable_threads(steps.work):
            learned = steps.learn()
            steps.take(learned)
            self.results_ = steps.report(learned)
        return self

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Store what ``__init__`` was given, as it is: its ``locals()``."""
        for name, value in arguments.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    @own_modes()
    def save(self, directory: str | Path) -> Path:
        """Write a run directory that `elman.load` opens in any process.

        Parameters
        ----------
        directory : path
            Made if it is not there.

        Returns
        -------
        Path
            The directory.
        """
        check_is_fitted(self, "network_")
        estimator: Any = self
        return _store.save(estimator, directory)

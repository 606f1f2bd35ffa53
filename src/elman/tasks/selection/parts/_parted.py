"""The data of any task, in the parts that a search needs."""

from __future__ import annotations

from typing import Any

from elman._arguments import whole_number
from elman.tasks._registry import TASKS

from ._fold import Data


def parted(
    estimator: Any,
    data: tuple[Any, ...],
    *,
    folds: int,
    seed: int,
    test: Any = None,
    **fit: Any,
) -> Data:
    """Return what is learned from and scored, by what the estimator's data are.

    Parameters
    ----------
    estimator : Estimator
    data : tuple
        What ``fit`` takes first.
    folds : int
        2 at least.
    seed : int
    test : object
        A share, or the test part itself; None: the usual share.
    fit
        What else ``fit`` takes, and ``split``, a name for the test part.
    """
    whole_number("folds", folds, 2)
    if test is not None:
        fit["test"] = test
    kind = TASKS[estimator.task].data
    if kind == "series":
        from ._series import SeriesData

        return SeriesData(estimator, *data, folds=folds, **fit)
    if kind == "sequences":
        from ._sequences import SequenceData

        return SequenceData(estimator.task, *data, folds=folds, seed=seed, **fit)
    from ._texts import PairData, TextData

    if kind == "text":
        return TextData(*data, folds=folds, **fit)
    return PairData(*data, folds=folds, seed=seed, **fit)

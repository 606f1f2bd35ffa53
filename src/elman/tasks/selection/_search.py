"""Search for parameters: trials in folds, and a test part that they never see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from elman._arguments import whole_number

from ._budget import Budget
from ._found import Found
from ._opened import OpenSearch
from ._sampling import Sampling
from ._space import space_of
from ._storage import need_optuna
from .together._address import address_of


def search(
    estimator: Any,
    *data: Any,
    space: Mapping[str, Any] | None = None,
    sampler: str = "tpe",
    trials: int | None = None,
    seconds: float | None = None,
    epochs: int | None = None,
    folds: int = 3,
    test: Any = None,
    seeds: int = 3,
    prune: bool = True,
    skip_hopeless: bool = True,
    directory: str | Path | None = None,
    seed: int = 0,
    study: str | None = None,
    workers: int = 1,
    say: Callable[[str], None] | None = None,
    **fit: Any,
) -> Found:
    """Choose an estimator's parameters by what they reach on data not learned from.

    A trial fits the estimator with other parameters in every fold and is judged by
    the mean of its scores; scales, vocabulary and the end of the training are found
    inside the fold. The first trial is the estimator as it is. What is chosen is
    fitted on all folds and scored on the test part beside the estimator as it was.

    Parameters
    ----------
    estimator : Estimator
        Any of Elman's. What is not tried stays as it is.
    *data
        What ``fit`` takes first: a frame; X and y; a text; sources and targets.
    space : mapping or None
        From a parameter, or its option's name, to a range such as ``"16..256:log"``, to
        values such as ``["gru", "lstm"]``, or both as one text. None: learning rate,
        units, cell, layers and dropout, in the ranges of the table of parameters.
    sampler : {"tpe", "random", "grid"}
        How values are drawn; a grid takes four values of a range.
    trials, seconds, epochs : int, float, int or None
        When to stop: after so many trials, or when all fits of trials together took so
        long; whichever comes first. None of them: 20 trials.
    folds : int
        Rolling origins of a series, with a gap; else parts that are left out in turn.
    test : object
        A share to hold out to the end, or the test part itself: of a series as for
        ``fit``, of sequences and pairs a tuple, of a text another one. None: 0.15 of a
        series, 0.2 of sequences, 0.1 of text and pairs.
    seeds : int
        Fits on all folds of the chosen parameters, and of those it started from.
    prune : bool
        Drop a trial whose validation loss in the first fold is above the median of the
        others' at the same epoch.
    skip_hopeless : bool
        Do not train a network whose gradients reach less than half of what the data
        are measured to need, at its start and after some steps on a copy, while the
        best trial so far reaches that. What has linear models beside it, as every
        forecast has, is trained all the same.
    directory : path or None
        Where trials are kept as they are finished. The same search there goes on with
        them; a greater budget is the same search. Another process that searches there
        joins: each draws trials of its own, and the budget is that of all together.
    seed : int
        Draws folds, test part and trials.
    study : str or None
        A database that several machines share, ``postgresql://USER@HOST/DATABASE``,
        where trials are kept; checkpoints stay in ``directory``. ``?study=NAME`` at its
        end tells several searches in one database apart.
    workers : int
        Processes that search at once on this machine, each with one thread; more are
        started for it. Callbacks of the estimator see the fits of this process alone.
    say : callable or None
        Told of every trial in a line.
    **fit
        What else ``fit`` takes, such as ``target`` or ``groups``.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        An argument cannot be used, the data are too few, or no trial was finished.
    RunDirectoryError
        The directory holds another search.

    Examples
    --------
    >>> import elman, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 8, 1))
    >>> y = np.where(X.mean((1, 2)) > 0, "up", "down")
    >>> model = elman.SequenceClassifier(epochs=2, hidden_size=8, init="default")
    >>> found = elman.search(model, X, y, space={"lr": "1e-3..1e-1:log"}, trials=2)
    >>> sorted(found.params)
    ['learning_rate']
    """
    opened = OpenSearch(
        estimator,
        *data,
        space=space,
        sampler=sampler,
        trials=trials,
        seconds=seconds,
        epochs=epochs,
        folds=folds,
        test=test,
        seeds=seeds,
        prune=prune,
        skip_hopeless=skip_hopeless,
        directory=directory,
        seed=seed,
        study=study,
        workers=workers,
        say=say,
        **fit,
    )
    with opened:
        ended = opened.run()
        with opened.last():
            return opened.found(ended)


def check_search(task: str, asked: Mapping[str, Any]) -> None:
    """Raise for arguments of `search` that cannot be used, before data are read.

    Parameters
    ----------
    task : str
    asked : mapping
        The arguments by their names.
    """
    need_optuna()
    space = space_of(task, asked.get("space") or None)
    Budget(*(asked.get(name) for name in ("trials", "seconds", "epochs")))
    Sampling(asked.get("sampler", "tpe"), space, 0, None)
    whole_number("folds", asked.get("folds", 3), 2)
    whole_number("seeds", asked.get("seeds", 3))
    whole_number("workers", asked.get("workers", 1))
    if asked.get("study"):
        address_of(asked["study"])

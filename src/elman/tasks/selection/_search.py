"""Search for parameters: trials in folds, and a test part that they never see."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import elman
from elman._arguments import whole_number
from elman._errors import InputError
from elman._plain import plain
from elman.cells import Cell, stored
from elman.tasks._estimator import Estimator
from elman.tasks._registry import TASKS

from ._budget import Budget
from ._found import Found
from ._outcome import Scored, bias, importances, on_test, verdict
from ._sampling import Sampling
from ._space import Space, drawn_of, space_of, values_of
from ._storage import Storage, need_optuna
from ._trial import folds_of
from ._trials import Trials
from .parts._fold import Data, plain_copy
from .parts._parted import parted

# Not part of what a model is.
_FREE = ("progress", "callbacks", "checkpoints")


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
    directory: str | Path | None = None,
    seed: int = 0,
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
    directory : path or None
        Where trials are kept as they are finished. The same search there goes on with
        them; a greater budget is the same search.
    seed : int
        Draws folds, test part and trials.
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
    if not isinstance(estimator, Estimator):
        raise InputError(
            f"search takes an estimator of Elman, got {type(estimator).__name__};"
            " pipelines and others are searched by sklearn.model_selection.GridSearchCV"
        )
    need_optuna()
    whole_number("seeds", seeds)
    whole_number("seed", seed, 0)
    budget = Budget(trials, seconds, epochs)
    tried = space_of(estimator.task, space)
    parts = parted(estimator, data, folds=folds, seed=seed, test=test, **fit)
    base = parts.settled(plain_copy(estimator))
    sampling = Sampling(sampler, tried, seed, drawn_of(tried, base))
    from optuna.pruners import MedianPruner

    storage = Storage(
        None if directory is None else Path(directory),
        _identity(base, parts, tried, sampler, seed),
        MedianPruner(n_startup_trials=5, n_warmup_steps=2),
    )
    base.set_params(callbacks=estimator.callbacks)
    tell = say or (lambda text: None)
    try:
        run = Trials(base, parts, sampling, storage, budget, prune, tell)
        return _chosen(run, seeds, run.run(), tell)
    finally:
        storage.close()


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


def _chosen(run: Trials, seeds: int, ended: str, say: Callable[[str], None]) -> Found:
    """Return what the trials say is best, beside what they started from."""
    complete, sampling = run.complete(), run.sampling
    best, metric = complete[0], TASKS[run.estimator.task].score
    values = values_of(sampling.space, best.params)
    changed = dict(best.params) != sampling.first
    drawn = best.params if changed else {}
    model, chosen = on_test(run, "chosen", drawn, seeds, say, wanted=True)
    default: Scored | None = None
    if changed:
        _, default = on_test(run, "default", {}, seeds, say)
    tried = run.tried()
    results = plain(
        {
            "metric": metric,
            "sampler": sampling.sampler,
            "space": {one.name: one.words() for one in sampling.space},
            "budget": run.budget.words(),
            "ended": ended,
            "folds": run.data.words,
            "test": run.data.test.words,
            "trials": [_row(trial, sampling.space) for trial in tried],
            "chosen": {
                "params": {name: _named(value) for name, value in values.items()},
                "options": [one.option(values[one.name]) for one in sampling.space],
                "trial": best.number,
                "score": best.value,
                **chosen.plain(),
            },
            "default": None if default is None else default.plain(),
            "importance": importances(complete, run.storage.study, sampling.seed),
            "verdict": verdict(chosen, default, metric),
            "bias": bias(best.value, len(tried), chosen.mean, metric),
        }
    )
    model.results_["search"] = results
    return Found(model, values, float(best.value), results)


def _row(trial: Any, space: Space) -> dict[str, Any]:
    """Return a trial as plain values."""
    folds = folds_of(trial.user_attrs)
    values = values_of(space, trial.params)
    done = trial.state.name == "COMPLETE"
    cut = trial.user_attrs.get("cut", (0, 0.0))
    return {
        "number": trial.number,
        "params": {name: _named(value) for name, value in values.items()},
        "score": trial.value if done else None,
        "ended": "finished" if done else trial.user_attrs.get("error") or "dropped",
        "folds": [folds[k].score for k in sorted(folds)],
        "epochs": sum(one.epochs for one in folds.values()) + cut[0],
        "seconds": sum(one.seconds for one in folds.values()) + cut[1],
        "losses": [
            [epoch, -value]
            for epoch, value in sorted(trial.intermediate_values.items())
        ],
    }


def _named(value: Any) -> Any:
    """Return a value as plain data; a cell by its name."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value.item() if hasattr(value, "item") else value)


def _identity(
    estimator: Any, data: Data, space: Space, sampler: str, seed: int
) -> dict[str, str]:
    """Return what makes a search this search, in words for people."""
    params = estimator.get_params(deep=False).items()
    return {
        "version of Elman": elman.__version__,
        "data": data.digest(),
        "folds or test part": f"{data.words}; {data.test.words}",
        "values to try": "; ".join(f"{one.name}={one.words()}" for one in space),
        "parameters": f"{type(estimator).__name__}("
        + ", ".join(f"{k}={_text(v)}" for k, v in params if k not in _FREE)
        + ")",
        "sampler": sampler,
        "seed": str(seed),
    }


def _text(value: Any) -> str:
    if isinstance(value, Cell):
        return json.dumps(stored(value), ensure_ascii=False)
    return value.__name__ if isinstance(value, type) else repr(value)

"""A search from its first trial to the choice, in one process of those that search."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import elman
from elman._arguments import whole_number
from elman._errors import InputError
from elman._plain import plain
from elman.cells import Cell, stored
from elman.tasks._estimator import Estimator
from elman.tasks._registry import TASKS
from elman.tasks.fit._memory import Memory, remembering

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
from .together._workers import Workers

# Not part of what a model is.
_FREE = ("progress", "callbacks", "checkpoints")
# Of a study: where the choice is kept.
_KEPT = "kept"


class OpenSearch:
    """A search that this process takes part in, alone or beside others.

    As a context manager: what it has begun is free for others at the end.

    Parameters
    ----------
    estimator : Estimator
    *data
        What ``fit`` takes first.
    space, sampler, trials, seconds, epochs, folds, test, seeds, prune, directory, seed
        As for `search`.
    skip_hopeless, study, workers
        As for `search`.
    say : callable or None
        As for `search`.
    **fit
        What else ``fit`` takes.

    Raises
    ------
    InputError
        An argument cannot be used, or the data are too few.
    RunDirectoryError
        The directory holds another search.
    """

    def __init__(
        self,
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
    ) -> None:
        if not isinstance(estimator, Estimator):
            raise InputError(
                f"search takes an estimator of Elman, got {type(estimator).__name__};"
                " pipelines and others are searched by"
                " sklearn.model_selection.GridSearchCV"
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

        self.seeds, self._number = seeds, whole_number("workers", workers)
        self._say = say or (lambda text: None)
        self._made: Path | None = None
        if workers > 1 and directory is None and study is None:
            self._made = Path(tempfile.mkdtemp(prefix="elman-search-"))
        place = self._made or (None if directory is None else Path(directory))
        identity = _identity(base, parts, tried, sampler, seed)
        pruner = MedianPruner(n_startup_trials=5, n_warmup_steps=2)
        storage = Storage(place, identity, pruner, study, self._say)
        asked = {
            **{"space": space, "sampler": sampler, "trials": trials, "seed": seed},
            **{"seconds": seconds, "epochs": epochs, "folds": folds, "test": test},
            **{"prune": prune, "directory": place, "study": study},
            "skip_hopeless": skip_hopeless,
        }
        kept = plain_copy(estimator)
        self._told = {"estimator": kept, "data": data, "asked": asked, "fit": fit}
        base.set_params(callbacks=estimator.callbacks)
        self.trials = Trials(
            base, parts, sampling, storage, budget, prune, self._say, skip_hopeless
        )
        self._kept = self._kept_at()

    def __enter__(self) -> Self:
        """Return the search; its fits share what does not depend on what is tried."""
        self._shared = remembering(Memory())
        self._shared.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave it to others."""
        self._shared.__exit__(None, None, None)
        self.trials.storage.close()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def run(self) -> str:
        """Try until the budget is over, and return why it ended: see `Trials.run`."""
        if self._number == 1:
            return self.trials.run()
        import torch

        threads, interrupted = torch.get_num_threads(), True
        workers = Workers(self._number - 1, self._told, self._say)
        try:
            torch.set_num_threads(1)
            self.trials.look = workers.look
            ended = self.trials.run()
            interrupted = False
            return ended
        finally:
            torch.set_num_threads(threads)
            workers.end(interrupted)
            workers.look()

    def last(self) -> AbstractContextManager[object]:
        """Keep other processes from the last part meanwhile; wait for one at it."""
        return self.trials.storage.peers.last()

    def kept_elsewhere(self) -> str | None:
        """Return where another process has kept the choice since this one began."""
        kept = self._kept_at()
        return None if kept == self._kept else kept

    def keep_at(self, place: str) -> None:
        """Let other processes know where the choice is kept."""
        self.trials.storage.study.set_user_attr(_KEPT, place)

    def _kept_at(self) -> str | None:
        return self.trials.storage.study.user_attrs.get(_KEPT)

    def found(self, ended: str) -> Found:
        """Return what the trials say is best, beside what they started from.

        A score on the test part that another process has made is not made again.

        Parameters
        ----------
        ended : str
            Why the trials did.
        """
        return _chosen(self.trials, self.seeds, ended, self._say)


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
        "reach": trial.user_attrs.get("reach"),
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

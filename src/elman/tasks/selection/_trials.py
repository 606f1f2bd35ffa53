"""The trials of a search until its budget is over, beside those of other processes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from elman._errors import InputError
from elman.tasks.fit._reach import Hopeless

from ._budget import Budget, OverBudget
from ._reaching import Reaching, again, and_reach
from ._sampling import Sampling, key_of
from ._space import values_of
from ._storage import Storage
from ._trial import Fitted, Watch, fitted, folds_of, keep, place_of
from .parts._fold import Data, plain_copy
from .together._address import LostError

# Losses of trials that differ in one of these are not of one kind.
_OWN_LOSS = {
    "loss",
    "scale",
    "quantiles",
    "class_weight",
    "context",
    "decoder",
    "validation_fraction",
}

# A trial, and the folds it has been through before.
_Begun = tuple[Any, dict[int, Fitted]]
# Of a study: the seconds that were over in the middle of a trial.
_CUT = "over"


@dataclass
class Trials:
    """Tries parameters in every fold, and keeps what comes of it.

    Parameters
    ----------
    estimator : Estimator
    data : Data
    sampling : Sampling
    storage : Storage
    budget : Budget
    prune : bool
        Whether a trial ends whose validation loss in the first fold is above the
        median of the others' at the same epoch.
    say : callable
        Told of every trial in a few words.
    skip_hopeless : bool
        Whether a trial is not trained whose gradients cannot reach what is needed.
    look : callable
        Called between two trials.
    """

    estimator: Any
    data: Data
    sampling: Sampling
    storage: Storage
    budget: Budget
    prune: bool
    say: Callable[[str], None]
    skip_hopeless: bool = True
    look: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        names = {one.name for one in self.sampling.space}
        self.prune = self.prune and not names & _OWN_LOSS
        self._reaching = Reaching(len(self.data.folds), self.skip_hopeless)

    def run(self) -> str:
        """Try until the budget is over; return why it ended.

        Trials of other processes count, and are waited for at the end.

        Raises
        ------
        InputError
            The estimator or the data cannot be used, or no trial was over in time.
        """
        while not isinstance(step := self._next(), str):
            self.look()
            if step is None:
                time.sleep(self.storage.peers.pause)
                continue
            try:
                self._through(*step)
            except OverBudget:
                self.storage.study.set_user_attr(_CUT, self.budget.seconds)
        if not self.complete():
            raise InputError(self._nothing())
        return step

    def _next(self) -> _Begun | str | None:
        return self.storage.peers.attempt(self._in_turn)

    def _in_turn(self) -> _Begun | str | None:
        """Return a trial to take through, or why there is none; None: wait for one."""
        with self.storage.peers.turn():
            self.storage.free()
            tried, running = self.tried(), self.storage.running()
            spent = self._spent()
            cut = self.storage.study.user_attrs.get(_CUT)
            late = cut is not None and self.budget.over(0, cut, 0)
            if late or self.budget.over(len(tried), *spent):
                ended = f"the budget of {self.budget.words()} is over"
                return None if running else ended
            if running and self.budget.over(len(tried) + len(running), *spent):
                return None
            drawn = self._left(tried) or self.sampling.next(tried, running)
            if drawn is not None:
                return self._begun(drawn)
            return None if running else "everything there is to try has been tried"

    def _left(self, tried: list[Any]) -> dict[str, Any] | None:
        """Return what was begun and not brought to its end, the oldest first."""
        names = {one.name for one in self.sampling.space}
        taken = {key_of(one.params) for one in (*tried, *self.storage.running())}
        for trial in self.storage.study.get_trials(deepcopy=False):
            left = trial.state.name == "FAIL" and set(trial.params) == names
            if left and key_of(trial.params) not in taken:
                return dict(trial.params)
        return None

    def _nothing(self) -> str:
        """Return why there is no trial with a score."""
        errors = [trial.user_attrs.get("error") for trial in self.tried()]
        if errors and all(errors):
            return f"no trial could be finished: {errors[0]}"
        return f"no trial was over within {self.budget.words()}; give a greater budget"

    def tried(self) -> list[Any]:
        """Return the trials that are over, and count."""
        from optuna.trial import TrialState

        return [
            trial
            for trial in self.storage.study.get_trials(deepcopy=False)
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
            or (trial.state == TrialState.FAIL and "error" in trial.user_attrs)
        ]

    def complete(self) -> list[Any]:
        """Return the trials with a score, the best first."""
        found = [trial for trial in self.tried() if trial.state.name == "COMPLETE"]
        return sorted(found, key=lambda trial: (-trial.value, trial.number))

    def _spent(self) -> tuple[float, int]:
        """Return the seconds and epochs of all fits, each counted once."""
        found: dict[Any, Fitted] = {}
        for trial in self.storage.study.get_trials(deepcopy=False):
            key = key_of(trial.params)
            for number, one in folds_of(trial.user_attrs).items():
                found[key, number] = one
            if "cut" in trial.user_attrs:
                found[key, "cut"] = Fitted(0.0, *trial.user_attrs["cut"])
        return (
            sum(one.seconds for one in found.values()),
            sum(one.epochs for one in found.values()),
        )

    def _begun(self, drawn: dict[str, Any]) -> _Begun:
        """Return a new trial of these parameters, and the folds it need not repeat."""
        from optuna.trial import TrialState

        study = self.storage.study
        names = {one.name: one.distribution() for one in self.sampling.space}
        before = [
            trial
            for trial in study.get_trials(deepcopy=False)
            if key_of(trial.params) == key_of(drawn) and trial.state == TrialState.FAIL
        ]
        study.enqueue_trial(drawn)
        # One that a process was killed before beginning comes first, and is left.
        ask = self.storage.peers.ask
        while key_of((trial := ask(study, names)).params) != key_of(drawn):
            study.tell(trial, state=TrialState.FAIL)
        self.storage.peers.begun(trial)
        done: dict[int, Fitted] = {}
        for one in before:
            done |= folds_of(one.user_attrs)
        if 0 in done:
            seen = max(before, key=lambda one: len(one.intermediate_values))
            again(trial, seen.user_attrs)
            for epoch, value in seen.intermediate_values.items():
                trial.report(value, epoch)
        return trial, done

    def _through(self, trial: Any, done: dict[int, Fitted]) -> None:
        """Take a trial through all folds."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        peers, study = self.storage.peers, self.storage.study
        again: _Begun | None = (trial, done)
        try:
            while again is not None:
                trial, done = again
                try:
                    self._folds(trial, done)
                    again = None
                except UpdateFinishedTrialError:
                    # The database heard nothing from this process for too long.
                    again = peers.attempt(lambda: self._again(trial, done))  # noqa: B023
        except BaseException:
            # Others need not find out that nobody is at it.
            peers.briefly(lambda: study.tell(trial, state=TrialState.FAIL))
            raise
        finally:
            peers.ended()

    def _again(self, trial: Any, done: dict[int, Fitted]) -> _Begun | None:
        """Return the trial begun again, unless another process has it or it is over."""
        with self.storage.peers.turn():
            self.storage.free()
            taken = (*self.tried(), *self.storage.running())
            if key_of(trial.params) in {key_of(one.params) for one in taken}:
                return None
            again, more = self._begun(dict(trial.params))
            return again, more | done

    def _folds(self, trial: Any, done: dict[int, Fitted]) -> None:
        import optuna
        from optuna.trial import TrialState

        study = self.storage.study
        values = values_of(self.sampling.space, trial.params)
        scores = []
        for number, fold in enumerate(self.data.folds):
            if number in done:
                keep(trial, number, done[number])
                scores.append(done[number].score)
                continue
            deadline = self.budget.deadline(self._spent()[0])
            watch = Watch(deadline, trial if self.prune and not number else None)
            place = place_of(self.storage.directory, key_of(trial.params), number)
            try:
                with self._heard(trial, values, number):
                    _, found = fitted(self.estimator, fold, values, watch, place)
            except Hopeless as event:
                trial.set_user_attr("cut", [0, watch.seconds])
                trial.set_user_attr("error", str(event))
                study.tell(trial, state=TrialState.PRUNED)
                self._told(trial, str(event))
                return
            except optuna.TrialPruned:
                trial.set_user_attr("cut", [watch.epochs, watch.seconds])
                study.tell(trial, state=TrialState.PRUNED)
                if place is not None:
                    shutil.rmtree(place, ignore_errors=True)
                self._told(trial, f"dropped after epoch {watch.epochs}")
                return
            except LostError:
                raise
            except (InputError, MemoryError) as error:
                self._failed(trial, f"{fold.words}: {error or 'no memory'}", error)
                return
            done[number] = found
            keep(trial, number, found)
            scores.append(found.score)
        score = float(np.mean(scores))
        if not np.isfinite(score):
            self._failed(trial, f"its score is {score}", None)
            return
        study.tell(trial, score)
        self._told(trial, f"{score:.4g}{and_reach(trial.user_attrs)}")

    def _heard(
        self, trial: Any, values: dict[str, Any], number: int
    ) -> AbstractContextManager[None]:
        """Hear in the first fold how far the gradients reach."""
        if number:
            return nullcontext()
        estimator = plain_copy(self.estimator).set_params(**values)
        return self._reaching.heard(estimator, trial, next(iter(self.complete()), None))

    def _failed(self, trial: Any, reason: str, error: Exception | None) -> None:
        from optuna.trial import TrialState

        first = not self.tried() and len(self.storage.running()) == 1
        # What fails at once for the estimator as it is would fail for all others.
        if first and error is not None:
            raise error
        trial.set_user_attr("error", " ".join(reason.split())[:300])
        self.storage.study.tell(trial, state=TrialState.FAIL)
        self._told(trial, f"failed: {reason:.200}")

    def _told(self, trial: Any, what: str) -> None:
        best = self.complete()
        number, limit = len(self.tried()), self.budget.trials
        values = ", ".join(f"{name}={_short(v)}" for name, v in trial.params.items())
        of = "" if limit is None else f" of {limit}"
        so_far = f", best {best[0].value:.4g}" if best else ""
        self.say(f"trial {number}{of}: {what} ({values}){so_far}")


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

"""Folds of sequences: classes in their proportions, groups as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from elman._errors import InputError
from elman.data import drawn_groups
from elman.tasks._registry import TASKS
from elman.tasks.sequence._fit import split_rows

from ._fold import Fold, check_folds, digest_of

Rows = NDArray[np.int64]


class SequenceData:
    """Sequences with labels, and the part of them that the search never sees.

    Parameters
    ----------
    task : str
    X, y : array-like or list
        As for ``fit``.
    folds : int
    seed : int
        Draws folds and test part.
    test : float or tuple
        A share to hold out, or X and y of the test part.
    groups : array-like or None
        Never on two sides at once.
    sample_weight : array-like or None
    split : str or None
        What to call the test part.

    Raises
    ------
    InputError
        Too few sequences, groups or members of a class.
    """

    def __init__(
        self,
        task: str,
        X: Any,
        y: Any,
        *,
        folds: int,
        seed: int,
        test: Any = 0.2,
        groups: Any = None,
        sample_weight: Any = None,
        split: str | None = None,
    ) -> None:
        count = len(X)
        if len(y) != count:
            raise InputError(f"X has {count} sequences and y {len(y)} labels")
        self.X, self.y, self.weights = X, y, sample_weight
        self.groups = None if groups is None else np.asarray(groups)
        if self.groups is not None and self.groups.shape != (count,):
            raise InputError(f"groups must be ({count},), one for each sequence")
        self._classes = _classes(task, y)
        if isinstance(test, float):
            self._rows, held = self._parted(test, seed)
            self._given = (_take(X, held), _take(y, held))
        else:
            self._rows, self._given = np.arange(count), tuple(test)
        kind = "grouped" if groups is not None else "random"
        if self._classes is not None:
            kind += ", classes in proportion"
        self.words = f"{folds} folds of {len(self._rows)} sequences, {kind}"
        self.folds = [
            self._fold(self._rows[learned], self._rows[scored], number)
            for number, (learned, scored) in enumerate(self._split(folds, seed), 1)
        ]
        name = split or f"test, {len(self._given[0])} sequences held out"
        self.test = Fold(name, self._fitting(self._rows), self._scoring(name))

    def settled(self, estimator: Any) -> Any:
        """Return the estimator: nothing of it hangs on the fold."""
        return estimator

    def digest(self) -> str:
        """Return what tells these data from others."""
        return digest_of([*self.X, *self.y, str(self.groups), *self._given[1]])

    def _parted(self, share: float, seed: int) -> tuple[Rows, Rows]:
        count = len(self.X)
        if self.groups is None:
            rows, held = split_rows(self._classes, count, share, seed)
        else:
            inside = drawn_groups(self.groups, self._classes, share, seed)
            rows, held = np.flatnonzero(~inside), np.flatnonzero(inside)
        if not len(held):
            raise InputError(
                f"nothing can be held out of {count} sequences to score the chosen"
                " parameters on: give more sequences or groups, or a test part"
            )
        return rows, held

    def _split(self, folds: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
        rows = self._rows
        classes = None if self._classes is None else self._classes[rows]
        groups = None if self.groups is None else self.groups[rows]
        if groups is not None:
            check_folds(folds, len(np.unique(groups)), "groups")
        check_folds(folds, len(rows), "sequences")
        if classes is not None and groups is None:
            names, counts = np.unique(classes, return_counts=True)
            if (least := int(counts.min())) < folds:
                raise InputError(
                    f"class {names[counts.argmin()]!s} has {least} of the sequences to"
                    f" search with, fewer than {folds} folds; give fewer folds"
                )
        more = {"shuffle": True, "random_state": seed}
        if groups is None:
            kind = KFold if classes is None else StratifiedKFold
            yield from kind(folds, **more).split(rows, classes)
            return
        kind = GroupKFold if classes is None else StratifiedGroupKFold
        for learned, scored in kind(folds, **more).split(rows, classes, groups):
            missing = set() if classes is None else set(classes) - set(classes[learned])
            if missing:
                raise InputError(
                    f"class {min(missing)!s} has all its sequences in one group, which"
                    " a fold leaves out: there is nothing to learn it from; leave the"
                    " class or the groups out"
                )
            yield learned, scored

    def _fold(self, learned: Rows, scored: Rows, number: int) -> Fold:
        part = (_take(self.X, scored), _take(self.y, scored))
        words = f"fold {number}: {len(learned)} sequences, scored on {len(scored)}"
        return Fold(words, self._fitting(learned), lambda e: float(e.score(*part)))

    def _fitting(self, rows: Rows) -> Any:
        def fit(estimator: Any) -> None:
            more = {"sample_weight": self.weights, "groups": self.groups}
            given = {k: _take(v, rows) for k, v in more.items() if v is not None}
            estimator.fit(_take(self.X, rows), _take(self.y, rows), **given)

        return fit

    def _scoring(self, name: str) -> Any:
        def score(estimator: Any) -> float:
            estimator.evaluate(*self._given, split=name)
            return float(estimator.score(*self._given))

        return score


def _classes(task: str, y: Any) -> NDArray[Any] | None:
    """Return the classes of whole sequences, where that is what is predicted."""
    if TASKS[task].labels != "classes":
        return None
    whole = all(np.ndim(one) == 0 for one in y)
    return np.asarray(y) if whole else None


def _take(values: Any, rows: Rows) -> Any:
    """Return some of the rows, in the container they came in."""
    if hasattr(values, "taken"):  # features of recordings
        return values.taken(rows)
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    if isinstance(values, list | tuple):
        return [values[i] for i in rows]
    return values[rows]

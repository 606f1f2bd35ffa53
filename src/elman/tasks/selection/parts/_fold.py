"""One fit, and the score of it on what it did not see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from elman._errors import InputError


@dataclass(frozen=True)
class Fold:
    """One fit, and the score of it on what it did not see.

    Attributes
    ----------
    words : str
        What is learned from, and what is scored.
    fit : callable
        Fits the estimator it is given.
    score : callable
        Returns the score of the fitted estimator; more is better.
    """

    words: str
    fit: Callable[[Any], Any]
    score: Callable[[Any], float]


class Data(Protocol):
    """Data of one kind, in the parts that a search needs.

    Attributes
    ----------
    folds : list of Fold
        None of them has to do with the test part.
    test : Fold
        Learns from everything else, is scored on the test part, and leaves these
        scores in the estimator's results.
    words : str
        How the folds are made.
    """

    folds: list[Fold]
    test: Fold
    words: str

    def settled(self, estimator: Any) -> Any:
        """Return a copy in which what would else differ from fold to fold is fixed."""
        ...

    def digest(self) -> str:
        """Return what tells these data from others."""
        ...


def plain_copy(estimator: Any) -> Any:
    """Return an estimator with the same parameters, silent and without checkpoints."""
    callbacks = estimator.callbacks
    copy = clone(estimator.set_params(callbacks=()))
    estimator.set_params(callbacks=callbacks)
    return copy.set_params(progress=False, checkpoints=None)


def digest_of(values: Iterable[Any]) -> str:
    """Return a digest of arrays, texts and whatever has a text."""
    found = hashlib.sha256()
    for value in values:
        if hasattr(value, "__array__"):
            array = np.asarray(value)
            found.update(f"{array.dtype} {array.shape}\n".encode())
            if array.dtype.hasobject:
                found.update("\n".join(map(str, array.ravel().tolist())).encode())
            else:
                found.update(np.ascontiguousarray(array).tobytes())
        else:
            found.update(f"{type(value).__name__} {value!s}\n".encode())
    return found.hexdigest()


def check_folds(folds: int, count: int, what: str) -> None:
    """Raise unless there is something of each fold.

    Raises
    ------
    InputError
        There are fewer than ``folds``.
    """
    if count < folds:
        raise InputError(
            f"{folds} folds need {folds} {what} at least, and there are {count}; give"
            " fewer folds"
        )

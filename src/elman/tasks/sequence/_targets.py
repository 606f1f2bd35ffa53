"""What a sequence estimator accepts as y: one target a sequence, or one a step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from torch import Tensor

from elman._arguments import LARGEST
from elman._errors import InputError

from .given._input import as_array, has_rows, refuse_masked

Output = Literal["auto", "sequence", "step"]


@dataclass(frozen=True)
class Targets:
    """Targets in one form.

    Attributes
    ----------
    values : ndarray
        One row a sequence, or one a step with the sequences end to end:
        (n, …) or (ΣT_i, …).
    lengths : ndarray or None
        int64 (n,): the steps of each sequence, when each step has a target.
    flat : bool
        Regression: whether y came without an axis for several targets.
    unseen : tuple of str
        Classes that training did not have, numbered after those it had.
    weights : ndarray or None
        How much each row of ``values`` counts in the loss, 1 on average.
    groups : ndarray or None
        int64 (n,): sequences of one number are not parted.
    """

    values: NDArray[Any]
    lengths: NDArray[np.int64] | None
    flat: bool = True
    unseen: tuple[str, ...] = ()
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None

    @property
    def per_step(self) -> bool:
        """Whether each step has a target of its own."""
        return self.lengths is not None

    def take(self, index: NDArray[np.int64]) -> Targets:
        """Return the targets of the sequences numbered ``index``."""
        if self.lengths is None:
            rows = index
        else:
            ends = np.cumsum(self.lengths)
            parts = np.split(np.arange(len(self.values)), ends[:-1])
            rows = np.concatenate([parts[i] for i in index])
        return replace(
            self,
            values=self.values[rows],
            lengths=None if self.lengths is None else self.lengths[index],
            weights=None if self.weights is None else self.weights[rows],
            groups=None if self.groups is None else self.groups[index],
        )

    def rearranged(self, rows: NDArray[np.int64]) -> Targets:
        """Return the same sequences with the rows of ``values`` in another order."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, values=self.values[rows], weights=weights)

    def with_values(self, values: NDArray[Any]) -> Targets:
        """Return the same layout with other values."""
        return replace(self, values=values)

    def tensor(self) -> Tensor:
        """Return the values as a float32 tensor, or int64 for class numbers.

        Weights are a last column: (n, K + 1), or (n, 2) of class numbers.
        """
        if self.weights is not None:
            values = self.values.reshape(len(self.values), -1)
            both = np.concatenate([values, self.weights[:, None]], 1)
            return torch.from_numpy(both.astype(np.float32))
        # Steps are padded with NaN, which only a floating type holds.
        if self.values.dtype.kind == "i" and not self.per_step:
            return torch.from_numpy(self.values.astype(np.int64))
        return torch.from_numpy(self.values.astype(np.float32))


def class_targets(
    y: Any, lengths: NDArray[np.int64], output: Output, least: int = 2
) -> tuple[Targets, NDArray[Any]]:
    """Return class numbers and the sorted classes they stand for.

    ``least`` is how many classes there have to be.

    Raises
    ------
    InputError
        If y does not fit X, has missing labels, or knows only one class.
    """
    raw, steps = _layout(y, lengths, output, trailing=0)
    if np.iscomplexobj(raw):
        raise InputError(f"Complex data not supported: y is {raw.dtype}")
    try:
        labels = np.asarray(column_or_1d(raw, warn=True))
    except ValueError as error:
        raise InputError(f"y: {error}; give one label a sequence, or a step") from error
    _no_missing(labels)
    try:
        check_classification_targets(labels)
        classes, numbers = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"y: {error}; labels are all text or all whole numbers"
        ) from error
    if len(classes) < least:
        raise InputError(
            f"y holds one class only, {classes.tolist()[0]!r}: there is nothing to "
            "tell apart; give sequences of at least two classes"
        )
    return Targets(numbers.astype(np.int64), steps), classes


def number_targets(y: Any, lengths: NDArray[np.int64], output: Output) -> Targets:
    """Return numbers, (n, K) or (ΣT_i, K).

    Raises
    ------
    InputError
        If y does not fit X, or is not finite. A step's target may be NaN, which
        says that it has none.
    """
    raw, steps = _layout(y, lengths, output, trailing=1)
    if np.iscomplexobj(raw):
        raise InputError(f"Complex data not supported: y is {raw.dtype}")
    if what := _times_in(raw):
        raise InputError(
            f"y holds {what}, not numbers; give numbers in a unit of your choice, such "
            "as (y - y.min()) / np.timedelta64(1, 'D') for days"
        )
    if raw.ndim > 2:
        raise InputError(
            f"y has shape {np.shape(y)}; expected one number a sequence or a step, or "
            "several in one more axis"
        )
    try:
        values = raw.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"y is not numbers: {error}") from error
    large = np.abs(values) > LARGEST
    if large.any():
        row = np.argwhere(large)[0][0]
        raise InputError(
            f"Input y contains infinity (inf), or a value beyond {LARGEST:g}, first "
            f"in row {row}; drop or replace it"
        )
    missing = np.isnan(values)
    if missing.any() and (steps is None or missing.all()):
        raise InputError(
            f"Input y contains NaN, first in row {np.argwhere(missing)[0][0]}; drop "
            "the sequences without a target"
        )
    flat = values.ndim == 1
    return Targets(values[:, None] if flat else values, steps, flat)


def _layout(
    y: Any, lengths: NDArray[np.int64], output: Output, trailing: int
) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
    """Return y with one row a target, and the lengths if each step has one.

    ``trailing`` is how many axes one target may have.
    """
    if output not in ("auto", "sequence", "step"):
        raise InputError(f"output must be 'auto', 'sequence' or 'step', got {output!r}")
    if y is None:
        raise InputError(
            "requires y to be passed, but the target y is None; give one target a "
            "sequence"
        )
    refuse_masked(y, "y")
    if isinstance(y, Tensor) or not hasattr(y, "__len__"):
        y = as_array(y, "y")
    if not has_rows(y):
        raise InputError(f"y must hold one target a sequence, got {y!r}")
    rows = None if output == "sequence" else _ragged(y)
    count = len(rows) if rows is not None else len(y)
    if count != len(lengths):
        raise InputError(
            f"X holds {len(lengths)} sequences and y {count} targets; give one for each"
        )
    if rows is None:
        try:
            whole = np.asarray(y)
        except ValueError as error:
            raise InputError(
                "y holds arrays of different lengths: one target a step, so say "
                "output='step'"
            ) from error
        if _is_per_step(whole, lengths, output, trailing):
            rows = list(whole)
        else:
            return whole, None
    for i, (row, steps) in enumerate(zip(rows, lengths, strict=True)):
        if len(row) != steps:
            raise InputError(
                f"y[{i}] has {len(row)} targets and X[{i}] {steps} steps; give one for "
                "each step, or one number or label for the whole sequence"
            )
    try:
        return np.concatenate(rows), lengths
    except ValueError as error:
        raise InputError(f"y: targets of different shapes ({error})") from error


def _times_in(y: NDArray[Any]) -> str | None:
    """Return what kind of dates or durations y holds, if it does."""
    if y.dtype.kind in "mM":
        return f"dates ({y.dtype})" if y.dtype.kind == "M" else f"durations ({y.dtype})"
    if y.dtype == object:
        for value in y.flat:
            if isinstance(value, np.datetime64 | dt.date | dt.time):
                return f"dates (such as {value})"
            if isinstance(value, np.timedelta64 | dt.timedelta):
                return f"durations (such as {value})"
    return None


def _is_per_step(
    y: NDArray[Any], lengths: NDArray[np.int64], output: Output, trailing: int
) -> bool:
    fits = y.ndim >= 2 and bool((lengths == y.shape[1]).all())
    if output == "step" and not fits:
        raise InputError(
            f"output='step', but y has shape {y.shape}; give an array of one target a "
            "step for each sequence"
        )
    if output != "auto" or not fits:
        return output == "step"
    if y.ndim - 1 <= trailing and y.shape[1] > 1:
        raise InputError(
            f"y of shape {y.shape} may be {y.shape[1]} targets a sequence or one at "
            f"each of {y.shape[1]} steps; say which with output='sequence' or "
            "output='step'"
        )
    return y.shape[1] > 1 or y.ndim > 2


def _ragged(y: Any) -> list[NDArray[Any]] | None:
    """Return y as separate arrays if that is how it comes."""
    separate = isinstance(y, list | tuple) or (
        isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1
    )
    if not separate or not len(y) or not has_rows(y[0]):
        return None
    if not isinstance(y[0], np.ndarray) and len({len(row) for row in y}) == 1:
        return None  # a table written as lists
    return [np.asarray(row) for row in y]


def _no_missing(labels: NDArray[Any]) -> None:
    missing: Sequence[bool] | NDArray[np.bool_]
    if labels.dtype.kind == "f":
        if np.isinf(labels).any():
            raise InputError("Input y contains infinity (inf); labels are finite")
        missing = np.isnan(labels)
    elif labels.dtype == object:
        missing = [v is None or v != v for v in labels]
    else:
        return
    if np.any(missing):
        raise InputError(
            f"Input y contains NaN, first in row {int(np.argmax(missing))}; drop the "
            "sequences without a label"
        )


def known_classes(
    found: Targets, classes: NDArray[Any], known: NDArray[Any]
) -> Targets:
    """Return targets numbered as the network knows their classes.

    A class it does not know gets a number after those it does: whatever it
    predicts there is wrong.

    Parameters
    ----------
    found : Targets
        Numbered by ``classes``.
    classes, known : ndarray
        Sorted labels of these targets, and of the training.

    Raises
    ------
    InputError
        One is text or times and the other numbers, so that nothing can be right.
    """
    given, asked = _kind_of(classes), _kind_of(known)
    if given != asked:
        raise InputError(
            f"y cannot be compared with the classes {known.tolist()[:9]} the network "
            f"was fitted with: y holds {given}, such as {classes.tolist()[0]!r:.40}, "
            f"they are {asked}; give labels of that kind"
        )
    unseen = ~np.isin(classes, known)
    place = np.zeros(len(classes), np.int64)
    place[~unseen] = np.searchsorted(known, classes[~unseen])
    place[unseen] = len(known) + np.arange(int(unseen.sum()))
    names = tuple(str(label) for label in classes[unseen].tolist())
    return replace(found, values=place[found.values], unseen=names)


def unseen_note(truth: Targets, known: int) -> str:
    """Return one line about classes that training did not have.

    Parameters
    ----------
    truth : Targets
        From `known_classes`, with at least one such class.
    known : int
        How many classes training had.
    """
    count = int((truth.values >= known).sum())
    several = len(truth.unseen) > 1
    names = ", ".join(map(repr, truth.unseen[:5])) + ", …" * (len(truth.unseen) > 5)
    what = "steps" if truth.per_step else "sequences"
    return (
        f"the class{'es' if several else ''} {names} ({count:,} of "
        f"{len(truth.values):,} {what} scored) {'are' if several else 'is'} not among "
        f"the {known} trained on: each of these counts as wrong"
    )


def _is_text(labels: NDArray[Any]) -> bool:
    return isinstance(labels.tolist()[0], str | bytes)


def _kind_of(labels: NDArray[Any]) -> str:
    if _is_text(labels):
        return "text"
    return "times" if labels.dtype.kind in "mM" else "numbers"

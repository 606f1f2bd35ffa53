"""How much each class and each sequence counts in the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman._errors import InputError, did_you_mean

from ._targets import Targets
from .given._input import Array, refuse_masked

Loss = Callable[[Tensor, Tensor], Tensor]
Weights = NDArray[np.float64]


def check_class_weight(value: object) -> None:
    """Raise unless a value is None, "balanced" or a mapping of classes to weights.

    Raises
    ------
    InputError
        It is something else, or a weight is negative or not finite.
    """
    if value is None or (isinstance(value, str) and value == "balanced"):
        return
    if not isinstance(value, Mapping):
        hint = did_you_mean(value, ["balanced"]) if isinstance(value, str) else ""
        raise InputError(
            "class_weight must be None, 'balanced' or a mapping of classes to weights, "
            f"such as {{'rare': 10.0}}, got {value!r:.60}{hint}"
        )
    for label, weight in value.items():
        fine = isinstance(weight, int | float | np.number)
        if not fine or not 0 <= float(weight) < np.inf:
            raise InputError(
                f"class_weight: the weight of {label!r} must be a number of at least "
                f"0, got {weight!r:.60}"
            )


def class_weights(
    value: Any, targets: Targets, classes: NDArray[Any]
) -> Weights | None:
    """Return a weight for each class, or None where all count the same.

    "balanced" is scikit-learn's: targets / (classes · targets of the class). A
    class that a mapping leaves out has weight 1.

    Raises
    ------
    InputError
        A mapping names a class that y does not have.
    """
    if value is None:
        return None
    counts = np.bincount(targets.values, minlength=len(classes))
    if isinstance(value, str):
        balanced: Weights = counts.sum() / (len(classes) * counts)
        return balanced
    weights = np.ones(len(classes))
    place = {label: i for i, label in enumerate(classes.tolist())}
    for label, weight in value.items():
        if label not in place:
            names = {str(name) for name in place}
            hint = did_you_mean(str(label), names)
            kind = f", which is {type(label).__name__}" if str(label) in names else hint
            raise InputError(
                f"class_weight names the class {label!r}{kind}; y has "
                f"{', '.join(map(repr, classes.tolist()[:9]))}"
            )
        weights[place[label]] = float(weight)
    return weights


def sample_weights(value: Any, count: int) -> Weights | None:
    """Return a weight for each sequence, or None where all count the same.

    Raises
    ------
    InputError
        There is not one number of at least 0 for each sequence, or all are 0.
    """
    if value is None:
        return None
    refuse_masked(value, "sample_weight")
    try:
        weights = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"sample_weight is not numbers ({error})") from error
    if weights.shape != (count,):
        raise InputError(
            f"sample_weight has shape {weights.shape}; give one number for each of "
            f"the {count} sequences"
        )
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"sample_weight[{row}] is {weights[row]:g}; weights are finite and at "
            "least 0"
        )
    if not weights.any():
        raise InputError(
            "sample_weight is zero everywhere; nothing is left to learn from"
        )
    return weights


def weighted(targets: Targets, by_class: Weights | None, by_row: Weights | None) -> Any:
    """Return the weight of each target, with mean 1; None where all are the same.

    Parameters
    ----------
    targets : Targets
    by_class : ndarray or None
        (classes,).
    by_row : ndarray or None
        (n,): of each sequence, which all of its steps share.
    """
    if by_class is None and by_row is None:
        return None
    weights = np.ones(len(targets.values))
    if by_class is not None:
        weights = weights * by_class[targets.values]
    if by_row is not None:
        steps = targets.lengths
        weights = weights * (by_row if steps is None else np.repeat(by_row, steps))
    if not weights.any():
        raise InputError(
            "class_weight and sample_weight leave no sequence with a weight above 0; "
            "nothing is left to learn from"
        )
    return weights / weights.mean()


def without_weightless(
    sequences: Sequence[Array], targets: Targets
) -> tuple[Sequence[Array], Targets, list[str]]:
    """Return the sequences that count, their targets, and a note of the others.

    A sequence without weight must not set a scale either, be a neighbour, or take a
    place among those held out.

    Parameters
    ----------
    sequences : sequence of ndarray
        (T_i, C).
    targets : Targets
        With weights from `weighted`, or None.

    Raises
    ------
    InputError
        Fewer than two count.
    """
    if targets.weights is None:
        return sequences, targets, []
    counts = targets.weights > 0
    if targets.lengths is not None:
        ends = np.cumsum(targets.lengths)[:-1]
        counts = np.array([part.any() for part in np.split(counts, ends)])
    if counts.all():
        return sequences, targets, []
    rows = np.flatnonzero(counts)
    if len(rows) < 2:
        raise InputError(
            f"class_weight and sample_weight leave {len(rows)} of {len(counts):,} "
            "sequences with a weight above 0; at least 2 have to count, and better 20"
        )
    kept = targets.take(rows)
    assert kept.weights is not None  # noqa: S101 - as those of targets
    kept = replace(kept, weights=kept.weights / kept.weights.mean())
    many = len(counts) - len(rows)
    note = f"sequences of weight 0 are left out: {many:,} of {len(counts):,}"
    return [sequences[int(i)] for i in rows], kept, [note]

"""Groups of sequences, such as speakers: never in two parts of the data at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import drawn_groups
from elman.tasks.sequence._fit import split_rows
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._kind import Kind

from ._input import as_array, refuse_masked

Rows = NDArray[np.int64]

# Of one group there is no telling what is chance between groups.
_LEAST = 2


def group_numbers(groups: Any, count: int) -> tuple[Rows | None, list[str]]:
    """Return a number for each sequence, and what is to be said of the groups.

    Parameters
    ----------
    groups : array-like or None
        (count,): numbers or texts.
    count : int

    Raises
    ------
    InputError
        There is not one for each sequence, or one is missing.
    """
    if groups is None:
        return None, []
    refuse_masked(groups, "groups")
    given = as_array(groups, "groups")
    if given.shape != (count,):
        raise InputError(
            f"groups has shape {given.shape}; give one value for each of the"
            f" {count} sequences"
        )
    missing = [i for i, value in enumerate(given.tolist()) if value != value]
    missing += [i for i, value in enumerate(given.tolist()) if value is None]
    if missing:
        raise InputError(
            f"groups[{missing[0]}] is missing; give each sequence a group of its own"
            " if it has none"
        )
    try:
        _, numbers = np.unique(given, return_inverse=True)
    except TypeError:
        raise InputError("groups are texts or numbers, not both") from None
    many = int(numbers.max()) + 1
    if many > 1:
        return numbers.astype(np.int64), []
    return None, ["all sequences are of one group: a part of it was held out"]


def parted(
    kind: Kind, targets: Targets, count: int, fraction: float, seed: int
) -> tuple[Rows, Rows]:
    """Return training and validation rows; groups are held out as a whole.

    Parameters
    ----------
    kind : Kind
    targets : Targets
    count : int
    fraction : float
    seed : int
    """
    classes = kind.groups(targets)
    if targets.groups is None:
        return split_rows(classes, count, fraction, seed)
    held = drawn_groups(targets.groups, classes, fraction, seed, _LEAST)
    return np.flatnonzero(~held), np.flatnonzero(held)

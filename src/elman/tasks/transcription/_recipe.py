"""How many steps are read as one, and whether the labels still fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman._errors import InputError
from elman.diagnosis import Need
from elman.models.ctc import ctc_targets, steps_needed
from elman.tasks.parameters import checked
from elman.tasks.sequence._recipe import Recipe, recipe_of
from elman.tasks.sequence.given._input import Array

from ._alphabet import Alphabet, Row
from ._objective import label_loss

_MOST = 8
# Steps to a label that are left, in the middle of the sequences and at least.
_USUAL, _LEAST = 8, 2


@dataclass(frozen=True)
class LabelRows:
    """The numbers of each sequence's labels, as training takes them.

    Attributes
    ----------
    rows : list of list of int
    steps : ndarray
        int64 (n,): the steps of each sequence that the network reads.
    groups : ndarray or None
        int64 (n,): which of them are not to be parted.
    """

    rows: list[list[int]]
    steps: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None
    per_step: bool = False

    def take(self, index: NDArray[np.int64]) -> LabelRows:
        """Return those of the sequences numbered ``index``."""
        groups = None if self.groups is None else self.groups[index]
        return LabelRows([self.rows[i] for i in index], self.steps[index], groups)

    def tensor(self) -> Tensor:
        """Return them as the loss takes them."""
        return ctc_targets(self.rows, self.steps.tolist())


def label_rows(
    sequences: Sequence[Array], rows: list[list[int]], frames: int | str
) -> tuple[LabelRows, int]:
    """Return the targets of training, and how many steps are read as one.

    "auto": as many as leave 8 steps to a label in the middle of the sequences, and
    to each sequence twice what its labels need; 8 at most.

    Parameters
    ----------
    sequences : sequence of ndarray
    rows : list of list of int
    frames : int or "auto"

    Raises
    ------
    InputError
        The labels of a sequence do not fit into its steps.
    """
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    needed = np.array([steps_needed(np.array(row, np.int64)) for row in rows])
    if frames == "auto":
        share = lengths / np.maximum(needed, 1)
        most = min(np.median(share) / _USUAL, share.min() / _LEAST, _MOST)
        frames = max(int(most), 1)
    frames = int(frames)
    steps = -(-lengths // frames)
    short = np.flatnonzero(steps < needed)
    if len(short):
        at = int(short[0])
        repeats = int(needed[at]) - len(rows[at])
        again = f", {repeats} of them as the one before" if repeats else ""
        read = f", {steps[at]:,} with frames={frames}" if frames > 1 else ""
        more = f" ({len(short):,} sequences in all)" if len(short) > 1 else ""
        raise InputError(
            f"y[{at}] has {len(rows[at]):,} labels{again}, which take {needed[at]:,}"
            f" steps, and X[{at}] has {lengths[at]:,} steps{read}{more}; leave it out,"
            " or give more steps a second" + (", or a smaller frames" if read else "")
        )
    return LabelRows(rows, steps), frames


def recipe_for(
    estimator: Any,
    sequences: Sequence[Array],
    alphabet: Alphabet,
    texts: Sequence[Row],
    groups: NDArray[np.int64] | None,
) -> tuple[Recipe, LabelRows]:
    """Return a transcriber's parameters, checked, and the targets of its training.

    Parameters
    ----------
    estimator : SequenceTranscriber
        Read, not changed.
    sequences : sequence of ndarray
    alphabet : Alphabet
    texts : sequence
        The labels of each.
    groups : ndarray or None

    Raises
    ------
    InputError
        A parameter is out of range, or labels do not fit into their steps.
    """
    numbers = [alphabet.numbers(row) for row in texts]
    targets, frames = label_rows(sequences, numbers, checked(estimator)["frames"])
    longest, outputs = int(targets.steps.max()), len(alphabet.labels) + 1
    recipe = recipe_of(estimator, label_loss, outputs, True, len(sequences), longest)
    counts = np.array([max(len(row), 1) for row in numbers])
    lasts = max(1, round(float(np.median(targets.steps / counts))))
    need = Need(lasts, "the steps that a label lasts, in the middle of the sequences")
    targets = replace(targets, groups=groups)
    return replace(recipe, frames=frames, need=need), targets

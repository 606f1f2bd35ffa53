"""What a network looked at: how its answer changes when steps are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks.sequence._fit import network_outputs
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence.columns._fields import OTHER
from elman.tasks.sequence.given._input import Array

from ._lost import lost_by

_MOST_PARTS = 64


def looked_at(estimator: Any, sequence: Array) -> NDArray[np.float64]:
    """Return how much each step counts for the network's answer, from 0 to 1.

    A step, or of longer sequences a part of them, is hidden: its numbers are set to the
    mean, its categories to one that is not known. It counts by what the answer loses;
    the greatest is 1, and one that speaks against the answer 0.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted, with one target a sequence.
    sequence : ndarray
        (T, C), as the estimator reads it.
    """
    preparation: Preparation = estimator.preparation_
    (whole,) = preparation.apply([sequence])
    parts = np.array_split(np.arange(len(whole)), min(len(whole), _MOST_PARTS))
    hidden = [whole]
    for part in parts:
        other = whole.copy()
        other[part] = _nothing(preparation, whole.shape[1])
        hidden.append(other)
    outputs = np.stack(network_outputs(estimator.network_, hidden))
    change = lost_by(outputs, bool(estimator.kind_.names))
    most = float(change.max())
    found = np.empty(len(whole))
    for part, value in zip(parts, change, strict=True):
        found[part] = value / most if most > 0 else 0.0
    return found


def _nothing(preparation: Preparation, columns: int) -> NDArray[np.float32]:
    """Return what stands where a step is hidden."""
    found = np.zeros(columns, np.float32)
    fields = sum(preparation.codes)
    start = preparation.channels
    for count in preparation.codes:
        found[start] = OTHER
        start += count
    if preparation.gaps is not None:
        found[preparation.channels + fields :] = 1.0
    return found


def shown_examples(
    estimator: Any, sequences: Sequence[Array], examples: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return examples with what stands at their steps, and what was looked at.

    Events and letters by name, with their times; pictures as they are. Others stay.

    Parameters
    ----------
    estimator : SequenceEstimator
    sequences : sequence of ndarray
    examples : sequence of dict
        Each with the number of its sequence, ``row``.
    """
    columns, image = estimator.columns_, estimator.image
    named = columns is not None and columns.fields
    if estimator.per_step_ or not (named or image == "rows"):
        return list(examples)
    found = []
    for example in examples:
        sequence = sequences[example["row"]]
        weight = looked_at(estimator, sequence)
        shown = {**example, "weight": np.round(weight, 4).tolist()}
        if named:
            shown["values"] = []
            shown["events"] = columns.named(sequence)
            shown["times"] = _times(sequence, columns.layout.elapsed)
        else:
            shown["values"] = []
            shown["picture"] = np.nan_to_num(sequence).round(4).tolist()
        found.append(shown)
    return found


def _times(sequence: Array, elapsed: int | None) -> list[float] | None:
    if elapsed is None:
        return None
    moments = np.cumsum(np.nan_to_num(sequence[:, elapsed]))
    return [float(moment) for moment in moments]

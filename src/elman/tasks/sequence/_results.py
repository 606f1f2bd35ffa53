"""What a sequence estimator reports: plain data for the run directory and page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from elman import ops
from elman._plain import plain
from elman.models import SequenceNetwork

from ._fit import network_outputs
from ._preparation import Preparation
from .given._input import Array

_MOST_EXAMPLES, _MOST_CHANNELS, _MOST_POINTS = 8, 3, 400
_MOST_LISTED = 20_000


def confusion(
    labels: Sequence[str], truth: NDArray[Any], predicted: NDArray[Any]
) -> dict[str, Any]:
    """Return the confusion matrix: rows are the truth, columns the prediction."""
    matrix = confusion_matrix(truth, predicted, labels=np.arange(len(labels)))
    return {"labels": list(labels), "matrix": matrix.tolist()}


def pairs(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, Any]:
    """Return truth and prediction of the first target, at most 20,000 of them."""
    known = np.flatnonzero(~np.isnan(truth[:, 0]))
    known = known[:: -(-len(known) // _MOST_LISTED) or 1]
    return {
        "truth": truth[known, 0].tolist(),
        "prediction": predicted[known, 0].tolist(),
    }


def lengths(sequences: Sequence[Array]) -> list[int]:
    """Return the sequences' lengths, at most 20,000 of them."""
    return [len(s) for s in sequences[:: -(-len(sequences) // _MOST_LISTED)]]


def sequence_examples(
    sequences: Sequence[Array], labels: Sequence[Any], order: Sequence[int]
) -> list[dict[str, Any]]:
    """Return some of the sequences, three channels of each, thinned to draw."""
    shown = []
    for i in list(order)[:_MOST_EXAMPLES]:
        thin = sequences[i][:: -(-len(sequences[i]) // _MOST_POINTS), :_MOST_CHANNELS]
        values = plain(thin.T)
        shown.append({"label": labels[i], "values": values, "row": int(i)})
    return shown


def histogram(values: NDArray[np.float64]) -> dict[str, list[float]]:
    """Return counts and edges of the first target."""
    known = values[~np.isnan(values[:, 0]), 0]
    counts, edges = np.histogram(known, bins=min(30, max(5, len(known) // 10)))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def path_of(network: SequenceNetwork, preparation: Preparation, sequence: Array) -> str:
    """Return the path the recurrent layers took for a sequence."""
    with ops.record_paths() as ran:
        network_outputs(network, preparation.apply([sequence]))
    return ran[0] if ran else "torch"

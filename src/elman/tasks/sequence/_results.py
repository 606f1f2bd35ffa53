"""What a sequence estimator reports: plain data for the run directory and page."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

import elman
from elman import ops

from ._fit import Fitted, network_outputs, parameter_count
from ._input import Array

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
        values = [[_plain(v) for v in channel] for channel in thin.T]
        shown.append({"label": labels[i], "values": values})
    return shown


def histogram(values: NDArray[np.float64]) -> dict[str, list[float]]:
    """Return counts and edges of the first target."""
    known = values[~np.isnan(values[:, 0]), 0]
    counts, edges = np.histogram(known, bins=min(30, max(5, len(known) // 10)))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def training_report(fitted: Fitted) -> dict[str, Any]:
    """Return the history and how it ended."""
    result = fitted.result
    history = [{k: _plain(v) for k, v in row.items()} for row in result.history]
    return {
        "history": history,
        "best_epoch": result.best_epoch,
        "stopped": result.stopped,
        "diverged": fitted.diverged,
        "flow": fitted.flow,
        "seconds": result.seconds,
        "parameters": parameter_count(fitted.network),
        "init": fitted.start.init,
        "refit_epochs": fitted.refit_epochs,
    }


def environment(fitted: Fitted, sequence: Array, seed: int) -> dict[str, Any]:
    """Return the versions, threads and path that produced the run."""
    with ops.record_paths() as ran:
        network_outputs(fitted.network, fitted.preparation.apply([sequence]))
    return {
        "elman": elman.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "path": ran[0] if ran else "torch",
        "command": None,
        "seed": seed,
    }


def _plain(value: Any) -> Any:
    """Return a JSON-able number, None for one that is not finite."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value

"""What a sequence estimator reports: plain data for the run directory and page."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

import elman
from elman import ops

from ._sequence_fit import Fitted, network_outputs, parameter_count
from ._sequence_input import Array

Scores = Callable[[NDArray[Any], NDArray[Any]], dict[str, float]]

_MOST_EXAMPLES, _MOST_CHANNELS, _MOST_POINTS = 8, 3, 400
_MOST_LISTED = 20_000


def class_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return accuracy, and F1 averaged over the classes."""
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "macro F1": float(
            f1_score(truth, predicted, average="macro", zero_division=0.0)
        ),
    }


def number_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return errors in the target's units; several targets are averaged."""
    known = ~np.isnan(truth).any(axis=1)
    truth, predicted = truth[known], predicted[known]
    scores = {
        "RMSE": float(root_mean_squared_error(truth, predicted)),
        "MAE": float(mean_absolute_error(truth, predicted)),
    }
    if len(truth) > 1:
        scores["R2"] = float(r2_score(truth, predicted))
    return scores


def score_table(
    truth: NDArray[Any],
    network: NDArray[Any],
    baselines: dict[str, NDArray[Any]],
    split: str,
    classify: bool,
) -> dict[str, Any]:
    """Return the scores of network and baselines on the same rows, and who won."""
    measure: Scores = class_scores if classify else number_scores
    rows: list[dict[str, Any]] = [
        {"model": "network", "kind": "network", "values": measure(truth, network)}
    ]
    rows += [
        {"model": name, "kind": "baseline", "values": measure(truth, predicted)}
        for name, predicted in baselines.items()
    ]
    metric = "accuracy" if classify else "RMSE"
    sign = -1.0 if classify else 1.0
    # min() keeps the first of equals: the network, where it is level.
    winner = min(rows, key=lambda row: sign * row["values"][metric])
    return {
        "metric": metric,
        "lower_is_better": not classify,
        "split": split,
        "rows": rows,
        "winner": winner["model"],
        "verdict": _verdict(rows, winner, classify),
    }


def _verdict(rows: list[dict[str, Any]], winner: dict[str, Any], classify: bool) -> str:
    metric = "accuracy" if classify else "RMSE"
    network, others = rows[0], rows[1:]

    def words(row: dict[str, Any]) -> str:
        value = row["values"][metric]
        return f"{100 * value:.1f} %" if classify else f"{value:.4g}"

    what = "is right for" if classify else "errs by"
    tail = "" if classify else " (RMSE)"
    if not others:
        return f"The network {what} {words(network)}{tail}."
    sign = -1.0 if classify else 1.0
    best = min(others, key=lambda row: sign * row["values"][metric])
    if winner["kind"] == "baseline":
        return (
            f"A baseline wins: {winner['model']} {what} {words(winner)}{tail}, the "
            f"network {what} {words(network)}. "
            "Use it, or change the network."
        )
    level = network["values"][metric] == best["values"][metric]
    verb = "is level with" if level else "beats"
    return (
        f"The network {what} {words(network)}{tail} and {verb} the best baseline "
        f"({best['model']}, {words(best)})."
    )


def confusion(
    labels: NDArray[Any], truth: NDArray[Any], predicted: NDArray[Any]
) -> dict[str, Any]:
    """Return the confusion matrix: rows are the truth, columns the prediction."""
    matrix = confusion_matrix(truth, predicted, labels=np.arange(len(labels)))
    return {"labels": [str(v) for v in labels], "matrix": matrix.tolist()}


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
        "path": ran[0] if ran else "composite",
        "command": None,
        "seed": seed,
    }


def _plain(value: Any) -> Any:
    """Return a JSON-able number, None for one that is not finite."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value

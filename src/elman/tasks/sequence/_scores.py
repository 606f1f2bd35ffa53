"""Scores of a sequence network beside simple models, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

Scores = Callable[[NDArray[Any], NDArray[Any]], dict[str, float]]

WHOLE = "Elman"
"""What linear models and network together are called."""

ACCURACY, BALANCED, RMSE = "accuracy", "balanced accuracy", "RMSE"
# The largest class over the smallest, from which accuracy alone misleads.
_UNEQUAL = 2.0


def class_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return accuracy, its mean over the classes, and F1 averaged over them."""
    return {
        ACCURACY: float(accuracy_score(truth, predicted)),
        BALANCED: balanced_accuracy(truth, predicted),
        "macro F1": float(
            f1_score(truth, predicted, average="macro", zero_division=0.0)
        ),
    }


def balanced_accuracy(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the share that is right of each class, averaged over those there are."""
    right = truth == predicted
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def number_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return errors in the target's units; several targets are averaged."""
    known = ~np.isnan(truth).any(axis=1)
    truth, predicted = truth[known], predicted[known]
    scores = {
        RMSE: float(root_mean_squared_error(truth, predicted)),
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
    metric: str,
    classes: Sequence[str] = (),
    known: int = 0,
    *,
    whole: str = "network",
    parts: Mapping[str, NDArray[Any]] | None = None,
) -> dict[str, Any]:
    """Return the scores of network and baselines on the same rows, and who won.

    Parameters
    ----------
    truth, network : ndarray
        Class numbers (n,), or numbers (n, K).
    baselines : dict of str to ndarray
    split : str
        What the rows are, in words.
    metric : {"accuracy", "balanced accuracy", "RMSE"}
        Decides who won.
    classes : sequence of str
        The names of the classes, unseen ones last; empty for numbers.
    known : int
        How many of them training had.
    whole : str
        What ``network`` holds the predictions of, by name.
    parts : mapping of str to ndarray, optional
        Predictions of what it is made of; they are shown, and do not win.
    """
    classify = metric != RMSE
    measure: Scores = class_scores if classify else number_scores
    rows: list[dict[str, Any]] = [
        {"model": whole, "kind": "network", "values": measure(truth, network)}
    ]
    rows += [
        {"model": name, "kind": "baseline", "values": measure(truth, predicted)}
        for name, predicted in baselines.items()
    ]
    shown = [
        {"model": name, "kind": "part", "values": measure(truth, predicted)}
        for name, predicted in (parts or {}).items()
    ]
    sign = -1.0 if classify else 1.0
    # min() keeps the first of equals: the network, where it is level.
    winner = min(rows, key=lambda row: sign * row["values"][metric])
    verdict = [_verdict(rows, winner, metric)]
    if classify:
        names = classes[:known]
        verdict += _about_classes(rows[0], truth, network, metric, classes, names)
    return {
        "metric": metric,
        "lower_is_better": not classify,
        "split": split,
        "rows": [rows[0], *shown, *rows[1:]],
        "winner": winner["model"],
        "verdict": " ".join(verdict),
    }


def _verdict(rows: list[dict[str, Any]], winner: dict[str, Any], metric: str) -> str:
    network, others = rows[0], rows[1:]
    name = _called(network)

    def words(row: dict[str, Any]) -> str:
        value = row["values"][metric]
        return f"{value:.4g}" if metric == RMSE else f"{100 * value:.1f} %"

    what = "errs by" if metric == RMSE else "is right for"
    tail = {RMSE: " (RMSE)", BALANCED: f" ({BALANCED})"}.get(metric, "")
    if not others:
        return f"{name} {what} {words(network)}{tail}."
    sign = 1.0 if metric == RMSE else -1.0
    best = min(others, key=lambda row: sign * row["values"][metric])
    if winner["kind"] == "baseline":
        return (
            f"A baseline wins: {winner['model']} {what} {words(winner)}{tail}, "
            f"{name[0].lower() if name != WHOLE else name[0]}{name[1:]} {what} "
            f"{words(network)}. Use it, or change the network."
        )
    level = network["values"][metric] == best["values"][metric]
    verb = "is level with" if level else "beats"
    return (
        f"{name} {what} {words(network)}{tail} and {verb} the best baseline "
        f"({best['model']}, {words(best)})."
    )


def _called(row: dict[str, Any]) -> str:
    """Return what a sentence that begins with it calls the row."""
    return "The network" if row["model"] == "network" else str(row["model"])


def _about_classes(
    network: dict[str, Any],
    truth: NDArray[Any],
    predicted: NDArray[Any],
    metric: str,
    classes: Sequence[str],
    trained: Sequence[str],
) -> list[str]:
    """Return what accuracy alone does not say where classes are of unequal size."""
    counts = np.bincount(truth, minlength=len(classes))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return []
    most, least = int(counts.argmax()), int(counts[there].min())
    said = []
    if metric == ACCURACY and counts[most] >= _UNEQUAL * least:
        share = 100 * counts[most] / counts.sum()
        value = 100 * network["values"][BALANCED]
        own = WHOLE if network["model"] == WHOLE else "the network"
        said.append(
            f"Always saying {classes[most]!r} is right for {share:.1f} %; averaged "
            f"over the classes ({BALANCED}), {own} is right for {value:.1f} %, "
            f"a guess for {100 / len(there):.1f} %."
        )
    never = np.setdiff1d(there[there < len(trained)], predicted)
    if len(never):
        listed = ", ".join(f"{classes[i]!r} ({counts[i]:,})" for i in never[:5])
        more = f" and {len(never) - 5} more" if len(never) > 5 else ""
        several = "es" if len(never) > 1 else ""
        rare = metric == ACCURACY and counts[most] >= _UNEQUAL * counts[never].min()
        remedy = " class_weight 'balanced' makes every class count the same."
        said.append(
            f"It never predicts the class{several} {listed}{more}."
            + (remedy if rare else "")
        )
    return said

"""What the results show of recordings: some of them, and what their features keep."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.data import FrontEnd, bands_of
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._front_end import front_end_of
from elman.tasks.sequence.given._input import Array

from ._leaned import leaned_on

_MOST = 6
_COLUMNS = 160


def sounds_of(X: Any) -> dict[str, Any] | None:
    """Return what is known of recordings before anything is fitted; else None."""
    front_end = front_end_of(X)
    if front_end is None:
        return None
    kept = getattr(X, "kept", None)
    return {
        "front_end": front_end.describe(),
        "features": front_end.in_words(),
        "channels": front_end.width,
        **({"kept": kept} if kept else {}),
    }


def heard(
    estimator: Any,
    sequences: list[Array],
    truth: Targets,
    predicted: NDArray[Any],
    split: str,
) -> dict[str, Any]:
    """Return a few recordings, with what the answers leaned on.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted on recordings, one target each.
    sequences : list of ndarray
        Features, (T_i, width).
    truth : Targets
    predicted : ndarray
        As the estimator decided.
    split : str
        What the recordings are, in words.
    """
    front_end: FrontEnd = estimator.front_end_
    names, values = estimator.kind_.names, truth.values
    rows = _chosen(values, predicted, bool(names))

    def called(value: Any) -> Any:
        if names:
            number = int(value)
            return names[number] if number < len(names) else "another"
        return float(np.ravel(value)[0])

    drawn = []
    for i in rows:
        counts = leaned_on(estimator, sequences[i])
        bands = bands_of(front_end, sequences[i])
        pieces = min(_COLUMNS, len(bands))
        parts = np.array_split(np.arange(len(bands)), pieces)
        drawn.append(
            {
                "label": called(values[i]),
                "predicted": called(predicted[i]),
                "seconds": float((len(bands) - 1) * front_end.hop + front_end.window),
                "values": [bands[p].mean(0).round(2).tolist() for p in parts],
                "counts": [round(float(counts[p].mean()), 4) for p in parts],
            }
        )
    return {"split": split, "examples": drawn}


def _chosen(truth: NDArray[Any], predicted: NDArray[Any], classes: bool) -> list[int]:
    """Return rows to show: of classes one of each, and two that are wrong."""
    if not classes:
        order = np.argsort(truth[:, 0] if truth.ndim > 1 else truth, kind="stable")
        places = np.linspace(0, len(order) - 1, min(_MOST, len(order))).astype(int)
        return [int(i) for i in np.unique(order[places])]
    right = truth == predicted
    wrong = np.flatnonzero(~right)[:2]
    firsts = [int(np.argmax(right & (truth == c))) for c in np.unique(truth[right])]
    shown = firsts[: _MOST - len(wrong)]
    return [*shown, *(int(i) for i in wrong)]

"""Scores of a sequence network beside simple models, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from elman.tasks._verdict import verdict

from ._targets import Targets
from .kinds._kind import Kind

WHOLE = "Elman"
"""What linear models and network together are called."""


def score_table(
    kind: Kind,
    truth: Targets,
    network: NDArray[Any],
    baselines: Mapping[str, NDArray[Any]],
    split: str,
    *,
    whole: str = "network",
    parts: Mapping[str, NDArray[Any]] | None = None,
) -> dict[str, Any]:
    """Return the scores of network and baselines on the same rows, and who won.

    Parameters
    ----------
    kind : Kind
        How they are scored, and by what it is decided who won.
    truth : Targets
    network : ndarray
        Class numbers (n,), or numbers (n, K).
    baselines : mapping of str to ndarray
    split : str
        What the rows are, in words.
    whole : str
        What ``network`` holds the predictions of, by name.
    parts : mapping of str to ndarray, optional
        Predictions of what it is made of; they are shown, and do not win.
    """
    every = [
        (whole, "network", network),
        *((name, "part", found) for name, found in (parts or {}).items()),
        *((name, "baseline", found) for name, found in baselines.items()),
    ]
    rows: list[dict[str, Any]] = [
        {"model": name, "kind": of, "values": kind.scores(truth.values, predicted)}
        for name, of, predicted in every
    ]
    winner, sentence = verdict(
        [row for row in rows if row["kind"] != "part"],
        kind.metric,
        lower_is_better=kind.lower_is_better,
    )
    called = "the network" if whole == "network" else whole
    return {
        "metric": kind.metric,
        "lower_is_better": kind.lower_is_better,
        "split": split,
        "rows": rows,
        "winner": winner,
        "verdict": " ".join([sentence, *kind.remarks(truth, network, called)]),
    }

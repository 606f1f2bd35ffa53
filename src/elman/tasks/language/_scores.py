"""Scores of a language model on a text, beside n-grams."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.tasks._verdict import verdict
from elman.tasks.tokens._vocabulary import Ids, Vocabulary

from ._ngrams import MOST, kneser_ney, orders_of

UNITS = {
    "characters": "character",
    "bytes": "byte",
    "words": "word",
    "subwords": "piece",
}
"""What one token is called."""

_NAMES = {1: "how often each is"}


def metric_of(kind: str) -> str:
    """Return the name of the score that decides."""
    return f"nats a {UNITS[kind]}"


def values_of(
    nats: NDArray[np.float64], kind: str, characters: int
) -> dict[str, float]:
    """Return the scores of a text from the surprise at each of its tokens.

    Parameters
    ----------
    nats : ndarray
    kind : str
        Of tokens.
    characters : int
        Of the text.
    """
    mean = float(nats.mean())
    return {
        metric_of(kind): mean,
        "bits a character": float(nats.sum()) / math.log(2) / characters,
        "perplexity": math.exp(min(mean, 700.0)),
    }


def score_table(
    vocabulary: Vocabulary,
    ids: Ids,
    nats: NDArray[np.float64],
    characters: int,
    split: str,
    training: Ids | None,
) -> dict[str, Any]:
    """Return the scores of network and n-grams on the same text, and who won.

    Parameters
    ----------
    vocabulary : Vocabulary
    ids : ndarray
        The text's tokens.
    nats : ndarray
        The network's surprise at each.
    characters : int
        Of the text.
    split : str
        What the text is, in words.
    training : ndarray or None
        What the n-grams are counted in; without it there are none.
    """
    kind = vocabulary.kind
    rows: list[dict[str, Any]] = [
        {
            "model": "network",
            "kind": "network",
            "values": values_of(nats, kind, characters),
        }
    ]
    if training is not None:
        found = kneser_ney(training, ids, vocabulary.size, orders_of(kind))
        for order, theirs in found.items():
            rows.append(
                {
                    "model": _NAMES.get(order, f"{order}-gram"),
                    "kind": "baseline",
                    "values": values_of(theirs, kind, characters),
                }
            )
    winner, sentence = verdict(rows, metric_of(kind))
    return {
        "metric": metric_of(kind),
        "lower_is_better": True,
        "split": split,
        "rows": rows,
        "winner": winner,
        "verdict": sentence,
    }


def notes_of(training: Ids | None) -> list[str]:
    """Return what is to be known of the n-grams."""
    said = ["n-grams are smoothed by modified Kneser–Ney"]
    if training is not None and len(training) > MOST:
        said.append(f"they are counted in the last {MOST:,} tokens of the text")
    return ["; ".join(said)]

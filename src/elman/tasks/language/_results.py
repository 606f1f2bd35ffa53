"""What a language model reports: plain data for the run directory and page."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman._plain import plain
from elman.models import LanguageNetwork, title_of
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.fit._writer import Fitted, ran_on
from elman.tasks.tokens._guess import by_frequency
from elman.tasks.tokens._vocabulary import UNKNOWN, Ids, Vocabulary

from ._recipe import Recipe
from ._scores import UNITS, notes_of, score_table
from ._surprise import surprise

_SHOWN = 1200  # characters that are coloured


def report(
    estimator: Any, recipe: Recipe, fitted: Fitted[LanguageNetwork]
) -> dict[str, Any]:
    """Return the results of a fit, the held-out part scored.

    Parameters
    ----------
    estimator : LanguageModel
    recipe : Recipe
    fitted : Fitted
    """
    network, vocabulary = fitted.network, recipe.vocabulary
    results: dict[str, Any] = {
        "task": estimator.task,
        "title": f"The next {_unit(recipe)} of a text of {_all(recipe):,} characters",
        "question": _question(estimator, recipe),
        "notes": [
            *([fitted.start.note] if fitted.start.note else []),
            *fitted.run.notes,
            *advice(fitted.run.result, by_frequency(recipe.training)),
        ],
        "data": {"characters": _all(recipe), "tokens": len(recipe.training)},
        "diagnosis": fitted.start.report(),
        "training": plain(training_report(fitted.run, network, init=fitted.start.init)),
        "samples": plain(fitted.samples),
        "environment": environment(
            recipe.settings.seed,
            ran_on(network, torch.zeros(1, 2, dtype=torch.int64)),
        ),
    }
    held_out = recipe.split.validation
    if not len(recipe.validation):
        results["notes"].append(
            "nothing was held out to stop training by or to score: it ran to its end"
        )
        return results
    split = (
        f"validation, the last {len(held_out):,} characters, which also chose the epoch"
    )
    found = recipe.validation, surprise(network, recipe.validation, vocabulary.start)
    results |= scored(vocabulary, held_out, found, split, recipe.training)
    results["notes"] += notes_of(recipe.training)
    return results


def scored(
    vocabulary: Vocabulary,
    text: str,
    found: tuple[Ids, NDArray[np.float64]],
    split: str,
    training: Ids | None,
) -> dict[str, Any]:
    """Return the parts of the results that say how well a text is predicted.

    Parameters
    ----------
    vocabulary : Vocabulary
    text : str
    found : tuple
        Its tokens, and the network's surprise at each.
    split : str
        What it is, in words.
    training : ndarray or None
        What n-grams are counted in.
    """
    ids, nats = found
    scores = score_table(vocabulary, ids, nats, len(text), split, training)
    scores["unknown"] = _unknown(vocabulary, ids, nats)
    if scores["unknown"] is not None:
        share = scores["unknown"]["share"]
        scores["verdict"] += (
            f" {share:.2%} of its tokens are {UNKNOWN}, with"
            f" {scores['unknown']['nats']:.2f} nats each."
        )
    return {"scores": scores, "surprise": _coloured(vocabulary, ids, nats)}


def _unknown(
    vocabulary: Vocabulary, ids: Ids, nats: NDArray[np.float64]
) -> dict[str, float] | None:
    """Return the share of unknown tokens, and their mean surprise."""
    if vocabulary.unknown is None:
        return None
    which = ids == vocabulary.unknown
    if not which.any():
        return None
    return {"share": float(which.mean()), "nats": float(nats[which].mean())}


def _coloured(
    vocabulary: Vocabulary, ids: Ids, nats: NDArray[np.float64]
) -> dict[str, Any]:
    """Return the beginning of a text by its tokens, and the surprise at each."""
    pieces = vocabulary.pieces(ids[:_SHOWN])
    total = np.cumsum([len(piece) for piece in pieces])
    count = int((total <= _SHOWN).sum())
    return {
        "unit": UNITS[vocabulary.kind],
        "pieces": pieces[:count],
        "nats": [round(float(value), 3) for value in nats[:count]],
    }


def _question(estimator: Any, recipe: Recipe) -> list[list[str]]:
    """Return what was asked, in pairs of words."""
    network = recipe.network
    layers = network["num_layers"]
    stacked = f", {layers} layers" if layers > 1 else ""
    share = 100 * estimator.validation_fraction
    return [
        ["Asked for", f"the next {_unit(recipe)}"],
        [
            "Text",
            f"{_all(recipe):,} characters: {len(recipe.training):,}"
            f" {recipe.vocabulary.kind} to train on, {recipe.vocabulary.size:,}"
            " different ones",
        ],
        [
            "Network",
            f"{title_of(network['cell'])}, {network['hidden_size']} units{stacked}"
            f", tokens as {network['embedding_size']} numbers",
        ],
        ["Trained on", f"{recipe.rows} streams, windows of about {recipe.window}"],
        ["Held out", f"the last {share:.0f} %, to choose the epoch and to score"],
        ["Seed", str(recipe.settings.seed)],
    ]


def _unit(recipe: Recipe) -> str:
    return UNITS[recipe.vocabulary.kind]


def _all(recipe: Recipe) -> int:
    return len(recipe.split.training) + len(recipe.split.validation)

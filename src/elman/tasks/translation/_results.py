"""What a translator reports: plain data for the run directory and page."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from elman._plain import plain
from elman.models import title_of
from elman.models.translation import END, TranslationNetwork
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.fit._writer import Fitted, ran_on
from elman.tasks.tokens._guess import by_frequency
from elman.tasks.tokens._vocabulary import Ids

from ._evaluated import scored
from ._recipe import Recipe
from ._side import Side
from ._translate import Search

_LONG = 60


def report(
    estimator: Any, recipe: Recipe, fitted: Fitted[TranslationNetwork], how: Search
) -> dict[str, Any]:
    """Return the results of a fit, the validation part scored.

    Parameters
    ----------
    estimator : Translator
    recipe : Recipe
    fitted : Fitted
    how : Search
    """
    network, training = fitted.network, recipe.training
    some = torch.ones(1, 2, dtype=torch.int64)
    results: dict[str, Any] = {
        "task": estimator.task,
        "title": f"Translation, learned from {len(training):,} pairs",
        "question": _question(recipe),
        "notes": [
            *recipe.notes,
            *_left_out(recipe),
            *([fitted.start.note] if fitted.start.note else []),
            *fitted.run.notes,
            *advice(fitted.run.result, by_frequency(_written(recipe))),
        ],
        "data": {
            "pairs": len(training),
            "source_tokens": sum(map(len, recipe.ids[0])),
            "target_tokens": sum(map(len, recipe.ids[1])),
        },
        "diagnosis": fitted.start.report(),
        "training": plain(training_report(fitted.run, network, init=fitted.start.init)),
        "samples": plain(fitted.samples),
        "environment": environment(
            recipe.settings.seed, ran_on(network, some, None, some)
        ),
    }
    if recipe.validation is None:
        results["notes"].append(
            "nothing was held out to stop training by or to score: it ran to its end"
        )
        return results
    return results | scored(
        network,
        (recipe.source, recipe.target),
        recipe.validation,
        how,
        recipe.judge,
        "validation, which also chose the epoch",
        training,
    )


def _question(recipe: Recipe) -> list[list[str]]:
    """Return what was asked, in pairs of words."""
    network, training = recipe.network, recipe.training
    cell, encoder = network["cell"], network["encoder"]
    layers = network["encoder_layers"], network["num_layers"]
    stacked = f", {layers[0]} layers" if layers[0] > 1 else ""
    behind = f", {layers[1]} of them" if layers[1] > 1 else ""
    held_out = recipe.validation
    return [
        ["Pairs", f"{len(training):,} to learn from, such as {_example(recipe)}"],
        ["Tokens", _tokens(recipe.source, recipe.target)],
        [
            "Network",
            f"read by a {title_of(encoder)} in both directions{stacked}; written by a"
            f" {title_of(cell)} before and behind the attention{behind};"
            f" {network['hidden_size']} units, tokens as {network['embedding_size']}"
            " numbers"
            + (", each read-out an input of the next" * network["input_feeding"]),
        ],
        ["Batches", f"{recipe.settings.tokens_per_batch:,} steps of pairs of a length"],
        [
            "Held out",
            "nothing"
            if held_out is None
            else f"{len(held_out):,} pairs, to choose the epoch",
        ],
        ["Seed", str(recipe.settings.seed)],
    ]


def _tokens(source: Side, target: Side) -> str:
    if source is target:
        return f"{source.size:,} {source.kind} for both sides"
    sides = (source, "to read"), (target, "to write")
    return ", ".join(f"{side.size:,} {side.kind} {what}" for side, what in sides)


def _example(recipe: Recipe) -> str:
    left, right = recipe.training.source[0], recipe.training.target[0]
    return " → ".join(
        text if len(text) <= _LONG else f"{text[:_LONG]}…" for text in (left, right)
    )


def _left_out(recipe: Recipe) -> list[str]:
    """Say which pairs were too long to learn from."""
    if not recipe.left_out:
        return []
    pairs = "pair is" if recipe.left_out == 1 else "pairs are"
    return [
        f"{recipe.left_out:,} {pairs} longer than {recipe.longest:,} tokens and not"
        " learned from (max_length); texts of any length are translated"
    ]


def _written(recipe: Recipe) -> Ids:
    """Return the tokens of all targets, an end after each."""
    ends = np.full(len(recipe.ids[1]), END)
    return np.concatenate([*recipe.ids[1], ends])

"""An estimator's parameters and pairs of texts, in the form that fitting needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from elman._errors import InputError
from elman.data import Pairs, held_out_pairs, met_before
from elman.models.translation import TranslationNetwork
from elman.tasks._encoders import check_init
from elman.tasks.fit._seed import seed_of
from elman.tasks.fit._threads import work_of
from elman.tasks.fit._training import settings_of
from elman.tasks.parameters import checked
from elman.tasks.tokens._kinds import vocabulary_of
from elman.tasks.tokens._vocabulary import Ids
from elman.training import Callback, Checkpoints, TrainingSettings

from . import _sizes as sizes
from ._examples import PairExamples, drawn_rows
from ._pairs import FEWEST, check_count
from ._scores import Judge
from ._side import Side

_SHAPE = ("cell", "num_layers", "heads", "input_feeding")
_DROPS = (
    *("dropout", "embedding_dropout", "output_dropout", "token_dropout"),
    "variational",
)
_MOST_HELD_OUT = 2000
_ADAM = {"optimizer": "adamw", "optimizer_options": {"betas": (0.9, 0.98)}}
# Steps of rising rate, and share of a run of so many epochs.
_WARM_UP, _WARM_UP_SHARE = 100, 0.05


@dataclass(frozen=True)
class Recipe:
    """Everything a fit needs, checked.

    Attributes
    ----------
    training : Pairs
    validation : Pairs or None
    source, target : Side
    ids : tuple
        Tokens of the training part's sources and of its targets.
    rows : list of int
        The pairs of the training part that are learned from.
    longest : int
        Tokens a text may have there.
    judge : Judge
        How translations are scored.
    network : dict
        Arguments of `TranslationNetwork`.
    smoothing : float
    subword_dropout : float
    init : str
    settings : TrainingSettings
    notes : list of str
    progress : bool
    callbacks : sequence of Callback
    checkpoints : Checkpoints or None
    """

    training: Pairs
    validation: Pairs | None
    source: Side
    target: Side
    ids: tuple[list[Ids], list[Ids]]
    rows: list[int]
    longest: int
    judge: Judge
    network: dict[str, Any]
    smoothing: float
    subword_dropout: float
    init: str
    settings: TrainingSettings
    notes: list[str]
    progress: bool
    callbacks: Sequence[Callback]
    checkpoints: Checkpoints | None

    @property
    def work(self) -> float:
        """Floating-point operations of a time step."""
        tokens = self.settings.tokens_per_batch or 1
        rows = tokens * len(self.ids[1]) // sum(len(row) + 1 for row in self.ids[1])
        units = self.network["hidden_size"]
        return work_of(self.network["cell"], max(rows, 1), units, units)

    def built(self) -> TranslationNetwork:
        """Return the network untrained."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            return TranslationNetwork(**self.network)

    @property
    def left_out(self) -> int:
        """Pairs too long to learn from."""
        return len(self.training) - len(self.rows)

    def examples(self) -> PairExamples:
        """Return the training part, each text in its own tokens."""
        return PairExamples(*self.ids)

    def trained_on(self) -> PairExamples:
        """Return the training part as it is trained on: subwords may be drawn anew."""
        if not self.subword_dropout:
            return self.examples()
        left, right = self.training.source, self.training.target
        texts = [left[row] for row in self.rows], [right[row] for row in self.rows]
        sides, seed = (self.source, self.target), self.settings.seed
        drawn = drawn_rows(sides, texts, self.subword_dropout, seed)
        return PairExamples(*self.ids, drawn)

    def held_out(self) -> PairExamples | None:
        """Return the validation part, to judge epochs by."""
        if self.validation is None:
            return None
        source = self.source.encode_all(self.validation.source)
        target = self.target.encode_all(self.validation.target)
        lengths = [max(map(len, pair)) for pair in zip(source, target, strict=True)]
        order = [i for i in np.argsort(lengths) if lengths[i] <= self.longest]
        # Side by side with those of its length, a pair needs little padding.
        return PairExamples([source[i] for i in order], [target[i] for i in order])


def recipe_of(estimator: Any, pairs: Pairs, validation: Pairs | None) -> Recipe:
    """Check a translator's parameters, and read the pairs by them.

    Parameters
    ----------
    estimator : Translator
        Read, not changed.
    pairs : Pairs
    validation : Pairs or None
        None: a share of the pairs.

    Raises
    ------
    InputError
        A parameter is outside its range, or there are too few pairs.
    """
    values = checked(estimator)
    check_init(values["init"], values["cell"])
    check_count(pairs)
    seed = seed_of(values["random_state"])
    notes = list(pairs.notes)
    training, held_out = pairs, validation
    if validation is None:
        share = values["validation_fraction"]
        training, held_out = held_out_pairs(pairs, share, _MOST_HELD_OUT, seed, FEWEST)
    elif met := met_before(pairs, validation):
        notes.append(
            f"{met:,} of {len(validation):,} sources of the validation part are in the"
            " training part too"
        )
    source, target = _sides(values, training)
    judge = Judge.of(values["metric"], training, (source.kind, target.kind))
    ids = source.encode_all(training.source), target.encode_all(training.target)
    lengths = [max(map(len, pair)) for pair in zip(*ids, strict=True)]
    longest = values["max_length"]
    longest = sizes.longest_for(lengths) if longest == "auto" else longest
    kept = [row for row, length in enumerate(lengths) if length <= longest]
    if not kept:
        raise InputError(
            f"max_length={longest} leaves out every pair: the shortest has"
            f" {min(lengths)} tokens on its longer side"
        )
    return Recipe(
        training=training,
        validation=held_out if held_out is None or len(held_out) else None,
        source=source,
        target=target,
        ids=([ids[0][row] for row in kept], [ids[1][row] for row in kept]),
        rows=kept,
        longest=longest,
        judge=judge,
        network=_network(values, source, target, _characters(training)),
        smoothing=values["label_smoothing"],
        subword_dropout=_subword_dropout(values, source, target),
        settings=_settings(
            estimator, values, sum(lengths[row] + 1 for row in kept), seed
        ),
        notes=notes,
        **{k: values[k] for k in ("init", "progress", "callbacks", "checkpoints")},
    )


def _subword_dropout(values: dict[str, Any], source: Side, target: Side) -> float:
    dropout = float(values["subword_dropout"])
    kinds = source.kind, target.kind
    if dropout and "subwords" not in kinds:
        raise InputError(
            f"subword_dropout={dropout:g} needs tokens of subwords, and there are"
            f" {' and '.join(dict.fromkeys(kinds))}; leave it out, or give"
            " tokens='subwords'"
        )
    return dropout


def _settings(
    estimator: Any, values: dict[str, Any], tokens: int, seed: int
) -> TrainingSettings:
    """Return how the loop trains on pairs with so many tokens on the longer side."""
    batch = sizes.tokens_per_batch_for(tokens)
    own = {} if "optimizer" in (values["training"] or {}) else _ADAM
    return settings_of(
        estimator,
        {**values, "random_state": seed},
        counted={"schedule": "cosine", "warm_up": _WARM_UP_SHARE},
        settles={
            "average": "ema",
            "warm_up": min(_WARM_UP, max(tokens // batch, 1)),
        },
        tokens_per_batch=batch,
        **own,
    )


def _sides(values: dict[str, Any], pairs: Pairs) -> tuple[Side, Side]:
    """Return the vocabularies of the training part."""
    kinds = sizes.kinds_for(pairs.source, pairs.target)
    asked = values["tokens"], values["target_tokens"] or values["tokens"]
    source, target = (
        rule if kind == "auto" else kind
        for rule, kind in zip(kinds, asked, strict=True)
    )
    joint = values["joint"]
    if joint == "auto":
        joint = source == target == "subwords"
    if joint and source != target:
        raise InputError(
            f"joint=True asks for one vocabulary of both sides, and one has {source},"
            f" the other {target}; leave it out, or give both the same tokens"
        )
    texts = pairs.source, pairs.target
    if joint:
        both = Side(_vocabulary(values, source, [*texts[0], *texts[1]]))
        return both, both
    return Side(_vocabulary(values, source, texts[0])), Side(
        _vocabulary(values, target, texts[1])
    )


def _vocabulary(values: dict[str, Any], kind: str, texts: Sequence[str]) -> Any:
    size, least = values["vocabulary_size"], values["min_count"]
    lead = "" if kind == "characters" else " "
    text = "\n".join(lead + text for text in texts)
    return vocabulary_of(
        kind,
        text,
        sizes.vocabulary_size_for(kind, len(text)) if size == "auto" else size,
        sizes.LEAST_COUNTS[kind] if least == "auto" else least,
    )


def _network(
    values: dict[str, Any], source: Side, target: Side, characters: int
) -> dict[str, Any]:
    """Return the arguments of the network."""
    hidden, embedding = values["hidden_size"], values["embedding_size"]
    if hidden == "auto":
        hidden = sizes.hidden_size_for(characters)
    if embedding == "auto":
        largest = max(source.size, target.size)
        embedding = sizes.embedding_size_for(hidden, largest)
    encoder = values["cell"] if values["encoder"] is None else values["encoder"]
    layers, encoder_size = values["encoder_layers"], values["encoder_size"]
    if layers == "auto":
        layers = sizes.encoder_layers_for(encoder)
    if encoder_size == "auto":
        encoder_size = sizes.encoder_size_for(encoder, hidden)
    return {
        **{name: values[name] for name in (*_SHAPE, *_DROPS)},
        "encoder": encoder,
        "encoder_size": encoder_size,
        "encoder_layers": layers,
        "source_vocabulary": source.size,
        "target_vocabulary": target.size,
        "embedding_size": embedding,
        "hidden_size": hidden,
        "shared": source is target,
        "tied": values["tied"],
    }


def _characters(pairs: Pairs) -> int:
    return sum(map(len, pairs.source)) + sum(map(len, pairs.target))

"""An estimator's parameters and a text, in the form that fitting needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from elman._errors import InputError
from elman.models import KINDS, LanguageNetwork
from elman.tasks._encoders import check_init, encoder_of
from elman.tasks.fit._threads import work_of
from elman.tasks.fit._training import settings_of
from elman.tasks.parameters import checked
from elman.tasks.tokens._kinds import vocabulary_of
from elman.tasks.tokens._vocabulary import Ids, Vocabulary
from elman.training import Callback, Checkpoints, Streams, TrainingSettings

from . import _sizes as sizes
from ._text import Split, check_length

_DROPOUTS = ("dropout", "embedding_dropout", "state_dropout", "weight_dropout")
_SHAPE = ("cell", *_DROPOUTS, "context")
# Rows of a validation, each at least so long that its start is of little weight.
_MOST_ROWS, _LEAST_STEPS, _VALIDATION_STEPS = 32, 2000, 200


@dataclass(frozen=True)
class Recipe:
    """Everything a fit needs, checked.

    Attributes
    ----------
    split : Split
    vocabulary : Vocabulary
        Of the training part.
    training, validation : ndarray
        Their tokens; no validation, no tokens.
    network : dict
        Arguments of `LanguageNetwork`.
    rows, window : int
        Streams side by side, steps of a gradient.
    init : str
    settings : TrainingSettings
    progress : bool
    callbacks : sequence of Callback
    checkpoints : Checkpoints or None
    """

    split: Split
    vocabulary: Vocabulary
    training: Ids
    validation: Ids
    network: dict[str, Any]
    rows: int
    window: int
    init: str
    settings: TrainingSettings
    progress: bool
    callbacks: Sequence[Callback]
    checkpoints: Checkpoints | None

    @property
    def work(self) -> float:
        """Floating-point operations of a time step."""
        network = self.network
        sides = network["embedding_size"], network["hidden_size"]
        return work_of(network["cell"], self.rows, *sides)

    def built(self) -> LanguageNetwork:
        """Return the network untrained."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            return LanguageNetwork(**self.network)

    def streams(self) -> Streams:
        """Return the training part as streams."""
        tokens = torch.from_numpy(self.training)
        return Streams(
            tokens[:-1],
            tokens[1:],
            rows=self.rows,
            steps=self.window,
            random_lengths=True,
        )

    def held_out(self) -> Streams | None:
        """Return the validation part as streams, to judge epochs by."""
        count = len(self.validation) - 1
        if count < 1:
            return None
        tokens = torch.from_numpy(self.validation)
        rows = min(max(count // _LEAST_STEPS, 1), _MOST_ROWS)
        return Streams(tokens[:-1], tokens[1:], rows=rows, steps=_VALIDATION_STEPS)


def recipe_of(estimator: Any, text: str) -> Recipe:
    """Check a language model's parameters, and read the text by them.

    Parameters
    ----------
    estimator : LanguageModel
        Read, not changed.
    text : str

    Raises
    ------
    InputError
        A parameter is outside its range, or the text too short.
    """
    values = checked(estimator)
    values["cell"] = encoder_of(estimator)
    check_init(values["init"], values["cell"])
    check_length(text)
    kind = values["tokens"]
    split = Split.of(text, values["validation_fraction"])
    characters = len(split.training)
    size, least = values["vocabulary_size"], values["min_count"]
    vocabulary = vocabulary_of(
        kind,
        split.training,
        sizes.vocabulary_size_for(kind, characters) if size == "auto" else size,
        sizes.LEAST_COUNTS[kind] if least == "auto" else least,
    )
    training = vocabulary.encode(split.training)
    settings = settings_of(
        estimator,
        values,
        optimizer="adamw",
        counted={"schedule": "cosine", "warm_up": 20},
        settles={"average": "ema", "warm_up": 20},
    )
    window = values["window"]
    if window == "auto":
        window = sizes.window_for(kind, values["cell"])
    window = min(window, max(len(training) // 8, 2))
    network = _network(values, vocabulary.size, characters, window)
    rows = values["batch_size"]
    if rows == "auto":
        rows = sizes.batch_size_for(len(training), window)
    if rows >= len(training):
        raise InputError(
            f"batch_size={rows:,} asks for more streams than there are tokens to train"
            f" on, {len(training):,}; give fewer"
        )
    return Recipe(
        split=split,
        vocabulary=vocabulary,
        training=training,
        validation=vocabulary.encode(split.validation),
        network=network,
        rows=rows,
        window=window,
        settings=settings,
        **{k: values[k] for k in ("init", "progress", "callbacks", "checkpoints")},
    )


def _network(
    values: dict[str, Any], size: int, characters: int, window: int
) -> dict[str, Any]:
    """Return the arguments of the network."""
    cell, layers = values["cell"], values["num_layers"]
    layers = max(layers, sizes.fewest_layers(cell, window))
    tied = sizes.is_tied(size) if values["tied"] == "auto" else values["tied"]
    embedding, hidden = values["embedding_size"], values["hidden_size"]
    wanted = sizes.embedding_size_for(size) if embedding == "auto" else embedding
    if hidden == "auto":
        hidden = sizes.hidden_size_for(cell, characters, layers, wanted)
    if cell in KINDS:
        # What it is trained on is what it is to read at once ever after.
        values["context"] = max(window, 2)
    return {
        **{name: values[name] for name in _SHAPE if name in values},
        "num_layers": layers,
        "vocabulary": size,
        "embedding_size": min(wanted, hidden) if embedding == "auto" else embedding,
        "hidden_size": hidden,
        "tied": tied,
    }

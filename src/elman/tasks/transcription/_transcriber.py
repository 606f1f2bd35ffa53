"""Sequences to rows of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman._modes import own_modes
from elman.cells import Cell
from elman.models import SequenceNetwork
from elman.tasks._estimator import Steps
from elman.tasks._features import described_features, restore_features, take_features
from elman.tasks._networks import filled, tensors_of
from elman.tasks.parameters import checked
from elman.tasks.sequence._fit import Fitted, fit_network, network_outputs
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence._stretched import stretched_of
from elman.tasks.sequence.given._front_end import (
    described_front_end,
    front_end_of,
    restore_front_end,
)
from elman.tasks.sequence.given._groups import group_numbers, parted
from elman.tasks.sequence.given._input import (
    Array,
    as_sequences,
    channel_names,
    features_in,
    in_words,
)

from ._alphabet import Alphabet, Row
from ._answering import Answering
from ._baselines import WholeRows
from ._objective import ErrorRates
from ._read import Output
from ._recipe import recipe_for
from ._results import report


class SequenceTranscriber(Answering):
    r"""Say which labels a sequence holds, in their order, learned without their places.

    A network gives each step t the probability of every label and of none, the blank.
    What a path :math:`\pi` of one symbol a step says, :math:`B(\pi)`, is the path with
    repeats made one and then without the blanks; the labels y have the probability of
    all the paths that say them:

    .. math::

        p(y \mid x) = \sum_{\pi:\, B(\pi) = y}\ \prod_t
            \mathrm{softmax}(W h_t + b)_{\pi_t}

    and the network is trained on its logarithm: connectionist temporal classification
    (Graves, Fernández, Gomez and Schmidhuber 2006). Recordings into words, strokes of a
    pen into letters, movements into signs. Labels come in the order of the steps, and a
    sequence must have as many steps as labels, and one more between two that are the
    same.

    {parameters}

    Attributes
    ----------
    labels_ : list
        What can be said, sorted.
    frames_ : int
        Steps that are read as one.
    network_ : nn.Module
        The trained network.
    results_ : dict
        Diagnosis, history, scores beside baselines, alignments: plain data.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = ["".join(rng.choice(list("abc"), 3)) for _ in range(24)]
    >>> X = [np.repeat(np.eye(3)[["abc".index(c) for c in text]], 4, 0) for text in y]
    >>> model = SequenceTranscriber(hidden_size=8, epochs=2).fit(X, y)
    >>> len(model.predict(X[:3]))
    3
    """

    task = "transcribe"
    _epochs, _patience = 60, 15
    # A held-out sequence has several labels, so that fewer than of classes will do.
    _fewest = 10

    def __init__(
        self,
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int = 128,
        num_layers: int | Literal["auto"] = "auto",
        *,
        tokens: Literal["auto", "characters", "words"] = "auto",
        frames: int | Literal["auto"] = "auto",
        beam: int = 10,
        bidirectional: bool = True,
        dropout: float = 0.0,
        init: str = "auto",
        epochs: int | None = None,
        max_seconds: float | None = 600.0,
        batch_size: int | Literal["auto", "all"] = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.2,
        refit: bool = True,
        random_state: Any = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Any = (),
        checkpoints: Any = None,
        encoder: str | Cell | type[Cell] | None = None,
        augment: Literal["auto", "stretch", "none"] = "auto",
    ) -> None:
        self._keep(locals())

    @own_modes()
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train a network on sequences and what they say, some of them held out.

        Parameters
        ----------
        X : array-like or list
            (n, T, C); (n, T), taken as one channel; or n arrays (T_i, C) or
            (T_i,). NaN is a missing value.
        y : sequence
            n texts, or n lists of labels (str or int). One may be empty.
        groups : array-like or None
            (n,): a number or text for each sequence, such as who speaks. Whole groups
            are held out.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If X, y or a parameter cannot be used, or labels do not fit into the steps;
            the message says which, where, and what to do.
        """
        sequences = as_sequences(X)
        alphabet, texts = Alphabet.of(y, checked(self)["tokens"], len(sequences))
        count = len(sequences)
        grouped, said = group_numbers(groups, count)
        recipe, targets = recipe_for(self, sequences, alphabet, texts, grouped)
        frames = recipe.frames
        self.alphabet_, self.labels_ = alphabet, list(alphabet.labels)
        self.frames_, self.seed_ = frames, recipe.settings.seed
        self.channels_ = sequences[0].shape[1]
        self.channel_names_ = channel_names(X)
        take_features(self, *features_in(X, self.channels_))
        self.front_end_ = front_end_of(X)
        grown = stretched_of(
            checked(self)["augment"], self.front_end_, None, grouped is not None
        )
        recipe = replace(recipe, stretched=grown)
        kind: Any = self.kind_
        known: Any = targets
        rows = parted(kind, known, count, self.validation_fraction, self.seed_)
        held_out = [sequences[i] for i in rows[1]]

        def outputs_of(network: SequenceNetwork) -> list[Output]:
            if "prepared" not in kept:
                how = Preparation.fit([sequences[i] for i in rows[0]], frames)
                kept["prepared"] = how.apply(held_out)
            return network_outputs(network, kept["prepared"])

        kept: dict[str, Any] = {}
        rates = ErrorRates(outputs_of, [targets.rows[i] for i in rows[1]])
        if held_out:
            # First: its state then has the same name whatever the user's are.
            recipe = replace(recipe, callbacks=[rates, *recipe.callbacks])

        def take(fitted: Fitted) -> None:
            fitted.notes.extend(said)
            self.network_, self.preparation_ = fitted.network, fitted.preparation

        steps = Steps(
            recipe.work(self.channels_ * frames, count),
            lambda: fit_network(sequences, targets, *rows, recipe),
            take,
            lambda fitted: self._report(sequences, texts, rows, fitted, rates.found),
        )
        return self._fit(steps)

    def _report(
        self,
        sequences: Sequence[Array],
        texts: list[Row],
        rows: tuple[NDArray[np.int64], NDArray[np.int64]],
        fitted: Fitted,
        rates: list[dict[str, Any]],
    ) -> dict[str, Any]:
        self.results_ = report(self, sequences, texts, fitted, rates)
        training, held_out = (
            ([sequences[i] for i in part], [texts[i] for i in part]) for part in rows
        )
        how = fitted.first[1]
        self._baselines = WholeRows(how.apply(training[0]), training[1])
        if held_out[0]:
            split = f"validation: {in_words(held_out[0])}, which also chose the epoch"
            self._score(*held_out, split, fitted.first)
        else:
            self.results_["notes"].append(
                "nothing was held out to stop training by: it ran all epochs"
            )
        if fitted.refit_epochs:
            prepared = fitted.preparation.apply(sequences)
            self._baselines = WholeRows(prepared, texts)
        self.results_["notes"] += self._baselines.notes
        return self.results_

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {
            "seed": self.seed_,
            "channels": self.channels_,
            **described_features(self),
            "channel_names": self.channel_names_,
            **described_front_end(self),
            "labels": list(self.alphabet_.labels),
            "form": self.alphabet_.form,
            "spaced": self.alphabet_.spaced,
            "network": self.network_.config(),
        }, {**self.preparation_.tensors(), **tensors_of(self.network_)}

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.seed_, self.channels_ = fitted["seed"], fitted["channels"]
        restore_features(self, fitted, self.channels_)
        self.channel_names_ = fitted.get("channel_names")
        restore_front_end(self, fitted)
        labels = tuple(fitted["labels"])
        self.alphabet_ = Alphabet(labels, fitted["form"], fitted["spaced"])
        self.labels_ = list(labels)
        self.preparation_ = Preparation.from_tensors(tensors)
        self.frames_ = self.preparation_.frames
        self.network_ = filled(lambda: SequenceNetwork(**fitted["network"]), tensors)

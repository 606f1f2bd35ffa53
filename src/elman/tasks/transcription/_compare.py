"""The transcriber's network beside others: what a comparison asks of its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.tasks._edits import distance
from elman.tasks.sequence.comparison._compared import Comparison, compared
from elman.tasks.sequence.given._groups import group_numbers
from elman.tasks.sequence.given._input import in_words, known_sequences

from ._alphabet import Alphabet, Row
from ._evaluated import metric_of, values_of
from ._read import Output, found_in
from ._recipe import LabelRows, recipe_for


@dataclass(frozen=True)
class Truth:
    """The labels of the sequences that are scored, as rows of classes have it."""

    values: list[Row]
    lengths: None = None
    per_step: bool = False


@dataclass(frozen=True)
class Spoken:
    """Rows of labels, as a comparison asks of what is predicted.

    Parameters
    ----------
    alphabet : Alphabet
    beam : int
    """

    alphabet: Alphabet
    beam: int
    lower_is_better: bool = True

    @property
    def metric(self) -> str:
        """The score that decides."""
        return metric_of(self.alphabet)

    def groups(self, targets: LabelRows) -> None:
        """Return nothing that a held-out part should have of everything."""

    def scaled(self, targets: LabelRows, rows: NDArray[np.int64]) -> LabelRows:
        """Return the targets: labels have no scale."""
        return targets

    def read_out(self, outputs: Sequence[Output], per_step: bool) -> list[Row]:
        """Return the labels of each sequence."""
        return [self.alphabet.row(found) for found in found_in(outputs, self.beam)]

    def errors(self, truth: list[Row], found: list[Row]) -> NDArray[np.float64]:
        """Return the edits of each sequence, a label's share of all."""
        mean = sum(map(len, truth)) / len(truth) or 1.0
        return np.array([d / mean for d in map(distance, found, truth)])

    def scores(self, truth: list[Row], found: list[Row]) -> dict[str, float]:
        """Return every score by name."""
        return values_of(found, truth, self.alphabet)


def beside(
    estimator: Any,
    trained: tuple[Any, Any],
    tested: tuple[Any, Any],
    encoders: Iterable[Any] | str | None,
    *,
    groups: Any,
    seeds: int,
    seconds: float | None,
    split: str,
    checkpoints: Any,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return the network's scores beside those of others of its size.

    Parameters
    ----------
    estimator : SequenceTranscriber
        Fitted.
    trained, tested : tuple of X and y
    encoders, groups, seeds, seconds, split, checkpoints, say
        As the estimator takes them.

    Raises
    ------
    InputError
        y has other labels than those trained on.
    """
    alphabet = estimator.alphabet_
    sequences, others = (known_sequences(estimator, X) for X, _ in (trained, tested))
    texts = alphabet.rows(trained[1], len(sequences))
    if strangers := alphabet.strangers(texts):
        raise InputError(
            f"y has other labels than those trained on, such as {strangers[0]!r};"
            " compare takes what fit was given"
        )
    grouped, _ = group_numbers(groups, len(sequences))
    recipe, targets = recipe_for(estimator, sequences, alphabet, texts, grouped)
    kind: Any = estimator.kind_
    truth: Any = Truth(alphabet.rows(tested[1], len(others)))
    same: Any = targets
    how = Comparison(
        sequences,
        lambda: (kind, same),
        others,
        truth,
        recipe,
        estimator.num_layers,
        estimator.validation_fraction,
        checkpoints,
        say,
        seconds,
    )
    text = f"{split}: {in_words(others)}; beam of {estimator.beam}"
    return compared(estimator, how, encoders, seeds, text)

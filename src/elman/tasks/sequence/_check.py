"""Whether what is to be scored can be scored, asked before the training."""

from __future__ import annotations

import copy
from typing import Any

from elman._errors import InputError

from ._base import SequenceEstimator
from ._targets import unseen_note
from .columns._given import check_columns, read_given
from .given._front_end import front_end_of
from .given._input import channel_names, known_sequences
from .given._pictures import steps_of_pictures

Labelled = tuple[Any, Any]


def check_held_out(
    estimator: SequenceEstimator, train: Labelled, test: Labelled | None
) -> list[str]:
    """Raise unless an estimator can be fitted on one part and scored on another.

    Parameters
    ----------
    estimator : SequenceEstimator
        Not fitted; it stays as it is.
    train, test : tuple of X and y
        No test part: nothing is checked.

    Returns
    -------
    list of str
        What the scores will have to say, such as classes that training lacks.

    Raises
    ------
    InputError
        Other channels or targets in the test part, or none of its classes is
        among those of the training part.
    """
    if test is None:
        return []
    trial = copy.copy(estimator)
    sequences, trial.columns_ = read_given(
        steps_of_pictures(train[0], trial.image), check_columns(trial.columns)
    )
    kind, raw = trial._read(train[1], sequences)
    trial.kind_ = kind
    trial.channels_, trial.per_step_ = sequences[0].shape[1], raw.per_step
    trial.channel_names_ = channel_names(train[0])
    trial.front_end_ = front_end_of(train[0])
    truth = trial._read_known(test[1], known_sequences(trial, test[0]))
    if not truth.unseen:
        return []
    known = kind.names
    if bool((truth.values >= len(known)).all()):
        raise InputError(
            f"none of the test part's classes ({', '.join(truth.unseen[:5])}) is among "
            f"those of the training part ({', '.join(known[:5])}); give a test file of "
            "the same classes"
        )
    return [unseen_note(truth, len(known))]

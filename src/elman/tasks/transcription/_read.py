"""From what a network says of each sequence to its labels, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._errors import InputError
from elman.models import ctc
from elman.tasks.parameters import MOST_BEAM

from ._alphabet import Alphabet, Label

Output = NDArray[np.float32]


@dataclass(frozen=True)
class Transcription:
    """What a sequence says.

    Attributes
    ----------
    text : str
        The labels as one text.
    labels : list of str or int
    log_prob : float
        Of the labels, over all the paths that the search followed.
    spans : list of (int, int)
        Of each label the steps of the sequence that say it on the most probable path:
        the first, and the one after the last.
    """

    text: str
    labels: list[Label]
    log_prob: float
    spans: list[tuple[int, int]]


def found_in(outputs: Sequence[Output], beam: int) -> list[tuple[int, ...]]:
    """Return the numbers of the labels of each sequence.

    Parameters
    ----------
    outputs : sequence of ndarray
        (T_i, K) each.
    beam : int
        Beginnings that the search keeps; 1 takes each step's most probable symbol.
    """
    if whole_number("beam", beam, 1, MOST_BEAM) == 1:
        return [ctc.greedy(output) for output in outputs]
    return [ctc.search(output, beam)[0][0] for output in outputs]


def transcriptions(
    outputs: Sequence[Output],
    lengths: Sequence[int],
    alphabet: Alphabet,
    frames: int,
    beam: int,
    n_best: int,
) -> list[list[Transcription]]:
    """Return the most probable labels of each sequence, with all there is to them.

    Parameters
    ----------
    outputs : sequence of ndarray
    lengths : sequence of int
        The sequences' steps.
    alphabet : Alphabet
    frames : int
        Steps that were read as one.
    beam, n_best : int

    Raises
    ------
    InputError
        More are asked for than the search keeps.
    """
    whole_number("n_best", n_best)
    if n_best > whole_number("beam", beam, 1, MOST_BEAM):
        raise InputError(
            f"n_best={n_best} asks for more than the search keeps, beam={beam}; give"
            " beam= as many or more"
        )
    answers = []
    for output, length in zip(outputs, lengths, strict=True):
        best = ctc.search(output, beam, n_best) if beam > 1 else _likeliest(output)
        found = []
        for numbers, log_prob in best:
            spans, _ = ctc.aligned(output, numbers)
            row = alphabet.row(numbers)
            places = [(s * frames, min(e * frames, length)) for s, e in spans]
            found.append(Transcription(alphabet.text(row), row, log_prob, places))
        answers.append(found)
    return answers


def _likeliest(output: Output) -> list[tuple[tuple[int, ...], float]]:
    """Return what the most probable path says, and its own probability."""
    numbers = ctc.greedy(output)
    _, log_prob = ctc.aligned(output, numbers)
    return [(numbers, log_prob)]

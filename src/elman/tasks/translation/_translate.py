"""Translations of many texts: read, searched, written again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman._arguments import whole_number
from elman._errors import InputError
from elman.models import translation as net
from elman.models.translation import Decodes, Hypothesis
from elman.tasks.parameters import MOST_BEAM

from ._examples import padded
from ._side import Side

_STEPS = 4000  # of the sources of a batch, by hypotheses


class Translation(NamedTuple):
    """A translation, and where it looked.

    Attributes
    ----------
    text : str
    score : float
        By which it is compared with others of the same source.
    log_prob : float
        Nats.
    source : list of str
        The source's tokens, its end last.
    tokens : list of str
        Its own.
    attention : ndarray
        (U, S): how much each of its tokens looked at each of the source's.
    finished : bool
        Whether it ended by itself; else it was cut off.
    """

    text: str
    score: float
    log_prob: float
    source: list[str]
    tokens: list[str]
    attention: NDArray[np.float32]
    finished: bool


@dataclass(frozen=True)
class Search:
    """How translations are searched for.

    Parameters
    ----------
    beam : int
        Hypotheses of a sentence; 1 takes the likeliest token each time.
    n_best : int
        Translations of a sentence, at most ``beam``.
    length_penalty, coverage : float
        See `elman.models.translation.Scoring`.

    Raises
    ------
    InputError
        A value is out of range.
    """

    beam: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    coverage: float = 0.0

    def __post_init__(self) -> None:
        whole_number("beam", self.beam, 1, MOST_BEAM)
        if whole_number("n_best", self.n_best) > self.beam:
            raise InputError(
                f"n_best must be at most the beam, {self.beam}, got {self.n_best}; make"
                " the beam as wide"
            )
        net.Scoring(self.length_penalty, self.coverage)


def translations(
    network: Decodes,
    sides: tuple[Side, Side],
    texts: Sequence[str],
    how: Search,
) -> list[list[Translation]]:
    """Return the best translations of each text, the best first.

    Parameters
    ----------
    network : Decodes
        In evaluation mode.
    sides : tuple of Side
        Source and target.
    texts : sequence of str
        None of them empty.
    how : Search
    """
    source, target = sides
    ids = source.encode_all(texts)
    found: list[list[Translation]] = [[] for _ in texts]
    order = sorted(range(len(texts)), key=lambda row: len(ids[row]))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (
            (stop + 1 - start) * how.beam * len(ids[order[stop]]) <= _STEPS
        ):
            stop += 1
        rows = order[start:stop]
        tokens, lengths = padded([ids[row] for row in rows])
        for row, hypotheses in zip(
            rows, _search(network, tokens, lengths, how), strict=True
        ):
            pieces = source.split(texts[row])
            found[row] = [_written(one, pieces, target) for one in hypotheses]
        start = stop
    return found


def _search(
    network: Decodes, tokens: Tensor, lengths: Tensor, how: Search
) -> list[list[Hypothesis]]:
    penalty, coverage = how.length_penalty, how.coverage
    if how.beam == 1:
        found = net.greedy(
            network, tokens, lengths, length_penalty=penalty, coverage=coverage
        )
        return [[one] for one in found]
    return net.search(
        network,
        tokens,
        lengths,
        beam=how.beam,
        n_best=how.n_best,
        length_penalty=penalty,
        coverage=coverage,
    )


def _written(one: Hypothesis, pieces: list[str], target: Side) -> Translation:
    """Return a hypothesis as text; what is unknown is taken over from the source."""
    seen = one.attention.float().numpy()[: len(one.tokens)]
    looked = seen[:, : len(pieces)]
    if looked.size:
        instead = [pieces[place] for place in looked.argmax(1)]
    else:
        instead = [""] * len(one.tokens)
    tokens = target.pieces(one.tokens, instead)
    return Translation(
        target.text(tokens),
        float(one.score),
        float(one.log_prob),
        [*pieces, "⏎"],
        tokens,
        seen[:, : len(pieces) + 1],
        one.finished,
    )

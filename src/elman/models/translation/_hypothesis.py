"""Translations as found, how they compare, and what they are found with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from elman._arguments import number
from elman._errors import InputError

from ._special import PAD, START

NEVER = (PAD, START)
"""Padding and the start are no continuation of anything."""

_TIMES, _MORE = 2, 10


class Hypothesis(NamedTuple):
    """A translation.

    Attributes
    ----------
    tokens : list of int
        Without START and END.
    score : float
        By which it is compared with others.
    log_prob : float
        Nats: the sum over its tokens and, where it is finished, its END.
    attention : Tensor
        (U, S): where each token looked, S the length of the source itself.
    finished : bool
        Whether it ended by itself; else it was cut off.
    """

    tokens: list[int]
    score: float
    log_prob: float
    attention: Tensor
    finished: bool


class Decodes(Protocol):
    """What a search needs of a network; see `TranslationNetwork` for the shapes.

    ``encode`` returns something with rows, of each sentence one, whose ``state`` is
    what the first step is given; ``step`` takes and returns a state of as many rows
    as tokens. Both have ``rows(index)``.
    """

    def encode(self, source: Tensor, source_lengths: Tensor | None) -> Any:
        """Return what ``step`` needs of the sentences."""
        ...

    def step(self, tokens: Tensor, state: Any, memory: Any) -> tuple[Any, Any, Any]:
        """Return scores (R, V), attention (R, S) and the state after it."""
        ...


@dataclass(frozen=True)
class Scoring:
    r"""How hypotheses are compared: Wu et al. 2016 (arXiv:1609.08144), section 7.

    .. math::

        s(Y) = \frac{\log p(Y)}{((5 + |Y|) / 6)^\alpha}
            + \beta \sum_s \log \min\Bigl(1, \sum_u a_{us}\Bigr)

    with END among the tokens of Y. A plain division by :math:`|Y|^\alpha` makes the
    first tokens count most: one token of -1 nats and two of -1.9 together would
    exchange places, which is wrong for short targets such as dates or sounds; for
    sentences the two forms hardly differ.

    Parameters
    ----------
    length_penalty : float
        :math:`\alpha`, 0 or more; 0 compares probabilities.
    coverage : float
        :math:`\beta`, 0 or more: what it costs to look at a token of the source less
        than once.

    Raises
    ------
    InputError
        A value is out of range.
    """

    length_penalty: float = 1.0
    coverage: float = 0.0

    def __post_init__(self) -> None:
        number("length_penalty", self.length_penalty, zero=True)
        number("coverage", self.coverage, zero=True)

    def divisor(self, length: Any) -> Any:
        """Return what the logarithm is divided by at a length, a number or many."""
        return ((5 + length) / 6) ** self.length_penalty

    def missed(self, looked: Tensor, mask: Tensor) -> Tensor:
        """Return the second term (...) from the sums of attention (..., S).

        Parameters
        ----------
        looked : Tensor
        mask : Tensor
            Bool: true where a token belongs to its source.
        """
        # A token never looked at costs a finite amount: differences stay comparable.
        seen = looked.clamp(1e-6, 1.0).log()
        return self.coverage * seen.masked_fill(~mask, 0.0).sum(-1)


def most_tokens(lengths: Tensor) -> Tensor:
    """Return how many steps a translation has at most: twice its source and ten."""
    return _TIMES * lengths + _MORE


def check_lengths(source: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the lengths, int64 (B,).

    Raises
    ------
    InputError
        A source has no token.
    """
    if lengths is None:
        lengths = torch.full((len(source),), source.shape[1])
    short = (lengths < 1).nonzero().flatten()
    if len(short) or not source.shape[1]:
        which = int(short[0]) if len(short) else 0
        raise InputError(f"source: number {which} has no tokens; leave it out")
    return lengths


def check_numbers(best: Tensor) -> None:
    """Raise if what was found best at a step is no number.

    Raises
    ------
    InputError
        The network's scores are none.
    """
    if best.isnan().any():
        raise InputError(
            "network: its scores are not numbers, so there is nothing to choose by; "
            "its weights have diverged, train it again with a smaller learning rate"
        )

"""Pairs of token numbers, handed out in batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from elman.models import translation as net
from elman.tasks.tokens._vocabulary import Ids
from elman.training import digest_of

from ._drawn import DrawnRows
from ._side import Side


class _Ragged:
    """Rows of numbers of different lengths, end to end."""

    def __init__(self, rows: Sequence[Ids]) -> None:
        self.lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        ends = [np.array([net.PAD], np.int64)]
        self.values = torch.from_numpy(np.concatenate([*rows, *ends]))

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows padded with PAD, and their lengths."""
        lengths = self.lengths[index]
        steps = torch.arange(int(lengths.max()) if len(index) else 0)
        valid = steps < lengths[:, None]
        places = torch.where(valid, self.starts[index][:, None] + steps, -1)
        return self.values[places], lengths

    def parts(self) -> tuple[Tensor, ...]:
        """Return what tells these rows from others."""
        return self.values, self.lengths


class PairExamples:
    """Pairs as a `TranslationNetwork` is trained with them.

    A batch is ``((source, lengths, target), following)``: each source ends in END,
    each target begins with START, and ``following`` holds the token after each of its
    tokens, END after the last.

    Parameters
    ----------
    source, target : sequence of ndarray
        The numbers of each text's tokens.
    drawn : pair of DrawnRows or None
        In place of those, rows that are others each time, see `drawn_rows`.

    Attributes
    ----------
    lengths : Tensor
        int64 (n,): steps of the longer side of each pair.
    at_once : int
        Pairs that are to be evaluated at a time: the scores of every token of the
        vocabulary at every step fill memory.
    """

    at_once = 64

    def __init__(
        self,
        source: Sequence[Ids],
        target: Sequence[Ids],
        drawn: tuple[DrawnRows | None, DrawnRows | None] = (None, None),
    ) -> None:
        end, start = np.array([net.END]), np.array([net.START])
        self._source = drawn[0] or _Ragged([np.concatenate([r, end]) for r in source])
        self._target = drawn[1] or _Ragged(
            [np.concatenate([start, row, end]) for row in target]
        )
        self.lengths = torch.maximum(self._source.lengths, self._target.lengths - 1)

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.lengths)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """Return the pairs ``index``."""
        source, lengths = self._source.take(index)
        whole, _ = self._target.take(index)
        # A row's END is no input: what would follow is padding.
        given = whole[:, :-1]
        following = whole[:, 1:]
        return (
            source,
            lengths,
            given.masked_fill(given == net.END, net.PAD),
        ), following

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        return digest_of(*self._source.parts(), *self._target.parts())

    @property
    def tokens(self) -> int:
        """How many tokens are predicted in all."""
        return int(self._target.lengths.sum()) - len(self)


def padded(rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """Return sources as a network reads them, and their lengths."""
    end = np.array([net.END])
    ragged = _Ragged([np.concatenate([row, end]) for row in rows])
    return ragged.take(torch.arange(len(rows)))


def drawn_rows(
    sides: tuple[Side, Side],
    texts: tuple[Sequence[str], Sequence[str]],
    dropout: float,
    seed: int,
) -> tuple[DrawnRows | None, DrawnRows | None]:
    """Return both sides' texts in subwords that are drawn anew each time.

    Parameters
    ----------
    sides : tuple of Side
    texts : tuple of sequences of str
    dropout : float
        Share of the merges that are left out.
    seed : int
    """
    source, target = sides
    return (
        source.drawn(texts[0], dropout, seed, end=[net.END]),
        target.drawn(texts[1], dropout, seed, start=[net.START], end=[net.END]),
    )

"""Texts whose words are in other pieces each time they are read."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from elman.models.translation import PAD

# Of each word: as many ways as are drawn for it, fewer where there are very many words.
_MOST, _FEWEST, _ROOM = 32, 4, 2**20


class DrawnRows:
    """Rows of words, each of them in one of several ways to split it, drawn anew.

    The ways are drawn once for each word, as a dropout of merges does it, and one of
    them when a row is taken, by torch's generator. So it costs a look-up in training,
    and a resumed run, whose generator goes on, draws what an uninterrupted one does.

    Parameters
    ----------
    rows : iterable of lists of str
        The words of each text.
    draw : callable
        Returns the numbers of a word's pieces, others each time.
    start, end : sequence of int
        Tokens before and behind each row.

    Attributes
    ----------
    lengths : Tensor
        int64 (n,): tokens of each row in the mean over its draws, rounded.
    """

    def __init__(
        self,
        rows: Iterable[Sequence[str]],
        draw: Callable[[str], list[int]],
        *,
        start: Sequence[int] = (),
        end: Sequence[int] = (),
    ) -> None:
        numbers: dict[str, int] = {}
        # What stands at the ends is a word too, and split in one way.
        self._words = Flat(
            [0, *(numbers.setdefault(word, len(numbers) + 2) for word in row), 1]
            for row in rows
        )
        self._ways = ways = min(max(_ROOM // max(len(numbers), 1), _FEWEST), _MOST)
        edges = ([*edge] for edge in (start, end) for _ in range(ways))
        drawn = (draw(word) for word in numbers for _ in range(ways))
        self._pieces = Flat(chain(edges, drawn))
        count = len(self._words.lengths)
        mean = self._pieces.lengths.view(-1, ways).double().mean(1)
        which = torch.repeat_interleave(torch.arange(count), self._words.lengths)
        total = torch.zeros(count, dtype=torch.float64)
        total.index_add_(0, which, mean[self._words.values])
        self.lengths = total.round().long()

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows padded with PAD, and their lengths."""
        words, counts = self._words.take(index)
        drawn = words * self._ways + torch.randint(self._ways, (len(words),))
        values, sizes = self._pieces.take(drawn)
        which = torch.repeat_interleave(torch.arange(len(index)), counts)
        lengths = torch.zeros(len(index), dtype=torch.int64)
        lengths.index_add_(0, which, sizes)
        valid = torch.arange(int(lengths.max()) if len(index) else 0)
        padded = torch.full((len(index), len(valid)), PAD)
        padded[valid < lengths[:, None]] = values
        return padded, lengths

    def parts(self) -> tuple[Tensor, ...]:
        """Return what tells these rows from others."""
        both = self._words, self._pieces
        return tuple(part for one in both for part in (one.values, one.lengths))


class Flat:
    """Rows of numbers of different lengths, end to end.

    Parameters
    ----------
    rows : iterable of sequence of int

    Attributes
    ----------
    values : Tensor
        int64: all of them.
    lengths, starts : Tensor
        int64: of each row.
    """

    def __init__(self, rows: Iterable[Sequence[int]]) -> None:
        # Kept as numbers of the machine: lists of millions would fill memory.
        values, lengths = array("q"), array("q")
        for row in rows:
            values.extend(row)
            lengths.append(len(row))
        self.values, self.lengths = (
            torch.from_numpy(np.array(each, np.int64)) for each in (values, lengths)
        )
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values of some rows end to end, and their lengths."""
        lengths = self.lengths[index]
        before = torch.cumsum(lengths, 0) - lengths
        shift = torch.repeat_interleave(self.starts[index] - before, lengths)
        return self.values[shift + torch.arange(len(shift))], lengths

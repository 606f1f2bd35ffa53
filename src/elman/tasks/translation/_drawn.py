"""Texts whose words are in other pieces each time they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

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
    rows : sequence of lists of str
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
        rows: Sequence[Sequence[str]],
        draw: Callable[[str], list[int]],
        *,
        start: Sequence[int] = (),
        end: Sequence[int] = (),
    ) -> None:
        numbers: dict[str, int] = {}
        for row in rows:
            for word in row:
                numbers.setdefault(word, len(numbers))
        self._ways = ways = min(max(_ROOM // max(len(numbers), 1), _FEWEST), _MOST)
        drawn = [draw(word) for word in numbers for _ in range(ways)]
        # What stands at the ends is split in one way.
        drawn += [list(ends) for ends in (start, end) for _ in range(ways)]
        first, last = [len(numbers)], [len(numbers) + 1]
        self._words = Flat(
            [*first, *(numbers[word] for word in row), *last] for row in rows
        )
        self._pieces = Flat(drawn)
        mean = self._pieces.lengths.view(-1, ways).double().mean(1)
        which = torch.repeat_interleave(torch.arange(len(rows)), self._words.lengths)
        total = torch.zeros(len(rows), dtype=torch.float64)
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
        kept = list(rows)
        self.lengths = torch.tensor([len(row) for row in kept], dtype=torch.int64)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        self.values = torch.from_numpy(
            np.fromiter((n for row in kept for n in row), np.int64)
        )

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values of some rows end to end, and their lengths."""
        lengths = self.lengths[index]
        before = torch.cumsum(lengths, 0) - lengths
        shift = torch.repeat_interleave(self.starts[index] - before, lengths)
        return self.values[shift + torch.arange(len(shift))], lengths

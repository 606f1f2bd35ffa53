"""Parts of an input that are hidden together: steps in a row, channels beside."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """Steps ``start`` to ``stop - 1`` of some channels."""

    start: int
    stop: int
    channels: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many values it has."""
        return (self.stop - self.start) * len(self.channels)

    def parts(self, most: int = 2) -> list[Block]:
        """Return it split: by channels where there are several, else in time."""
        if len(self.channels) > 1:
            some = np.array_split(
                np.array(self.channels), min(most, len(self.channels))
            )
            return [
                Block(self.start, self.stop, tuple(int(c) for c in part))
                for part in some
            ]
        ends = np.linspace(self.start, self.stop, min(most, self.stop - self.start) + 1)
        edges = np.unique(ends.round().astype(int))
        return [
            Block(int(a), int(b), self.channels) for a, b in itertools.pairwise(edges)
        ]


@dataclass(frozen=True)
class Blocks:
    """A partition of an input (T, C).

    Attributes
    ----------
    steps, channels : int
        T and C.
    each : tuple of Block
        None of them overlap, and together they are all values.
    """

    steps: int
    channels: int
    each: tuple[Block, ...]

    @classmethod
    def grid(cls, steps: int, groups: list[list[int]], stretches: int) -> Blocks:
        """Return so many stretches of time for each group of channels.

        Parameters
        ----------
        steps : int
            T.
        groups : list of list of int
            Channels that are hidden together.
        stretches : int
            At most T.
        """
        edges = np.linspace(0, steps, min(stretches, steps) + 1).round().astype(int)
        each = tuple(
            Block(int(a), int(b), tuple(group))
            for a, b in itertools.pairwise(edges)
            for group in groups
        )
        return cls(steps, sum(map(len, groups)), each)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.each)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(T, C): the block of each value."""
        found = np.empty((self.steps, self.channels), np.int64)
        for i, block in enumerate(self.each):
            found[block.start : block.stop, list(block.channels)] = i
        return found

    def shown(self, masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (m, T, C): which values are shown, from blocks (m, len(self))."""
        return np.asarray(masks[:, self.labels])

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (…, T, C): a number for each block (…, n), evenly over its values."""
        sizes = np.array([block.size for block in self.each])
        return np.asarray((values / sizes)[..., self.labels])

    def split(self, chosen: NDArray[np.bool_], most: int = 2) -> Blocks:
        """Return the partition with the chosen blocks split, where they can be."""
        each: list[Block] = []
        for block, wanted in zip(self.each, chosen, strict=True):
            each += block.parts(most) if wanted and block.size > 1 else [block]
        return Blocks(self.steps, self.channels, tuple(each))

"""Long series, cut into parallel streams that are read chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman._arguments import whole_number
from elman._errors import InputError

from ._chunks import chunk_ends
from ._digest import digest_of
from ._gather import Array, gather


class Streams:
    r"""Long series as B parallel streams for truncated backpropagation.

    All series of an epoch lie end to end in a drawn order and are cut into B rows
    of equal length. Nothing is padded: where one series ends inside a row the next
    begins, and the row's state begins anew. A chunk is the next steps of every row.
    At most B - 1 steps an epoch, at the very end, are left out.

    Each update takes the loss of k₁ = ``steps`` steps, and its gradient reaches
    back over k₂ = ``gradient_steps``, the TBPTT(k₁, k₂) of Sutskever (2013), or
    BPTT(h; h') of Williams and Peng (1990). The k₂ - k₁ steps before a chunk are
    run again with the present weights.

    Parameters
    ----------
    inputs : Tensor, array, or tuple of them
        (N, …): all series end to end. A memory-mapped array is read as it is used.
    target : Tensor or array
        (N, …): a target for every step.
    lengths : sequence of int or None
        Steps of each series, N together. None: one series.
    rows : int
        B.
    steps : int
        k₁, steps between updates.
    gradient_steps : int or None
        k₂, at least k₁. None: k₁.
    random_lengths : bool
        Draw each chunk's length around ``steps``, and halve one in twenty, so that
        the cuts fall elsewhere in every epoch; the learning rate of a step is
        scaled with its length (Merity, Keskar and Socher 2017, arXiv:1708.02182).
    shuffle : bool
        Draw a new order of the series for every epoch.
    batch_first : bool
        Whether the module takes and returns (B, T, …) or (T, B, …).
    state_axis : int
        Axis of the rows in the state's tensors, 1 in `torch.nn`.

    Notes
    -----
    The module is called as ``module(*inputs, state)`` and returns ``(output,
    state)``; the state is None at first, or ``module.initial_state(rows)`` if there
    is such a method.
    """

    def __init__(
        self,
        inputs: Array | tuple[Array, ...],
        target: Array,
        lengths: Sequence[int] | None = None,
        *,
        rows: int = 16,
        steps: int = 64,
        gradient_steps: int | None = None,
        random_lengths: bool = False,
        shuffle: bool = True,
        batch_first: bool = True,
        state_axis: int = 1,
    ) -> None:
        self.inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        self.target = target
        count = len(target)
        for position, array in enumerate(self.inputs):
            if len(array) != count:
                raise InputError(
                    f"inputs[{position}] has {len(array)} steps and target {count}; "
                    "give one target a step"
                )
        self.rows = whole_number("rows", rows)
        self.steps = whole_number("steps", steps)
        self.gradient_steps = gradient_steps = (
            self.steps
            if gradient_steps is None
            else whole_number("gradient_steps", gradient_steps)
        )
        if gradient_steps < self.steps:
            raise InputError(
                f"gradient_steps must be at least steps ({self.steps}), or some "
                f"losses would have no gradient; got {gradient_steps}"
            )
        self.lengths = _checked_lengths(lengths, count)
        self.length = count // self.rows
        if not self.length:
            raise InputError(
                f"{count} steps are too few for {self.rows} streams; set rows lower"
            )
        self.random_lengths = random_lengths
        self.shuffle = shuffle
        self.batch_first = batch_first
        self.state_axis = state_axis

    @classmethod
    def of(
        cls, series: Sequence[tuple[Any, Any]], *, rows: int = 16, **options: Any
    ) -> Streams:
        """Return streams of several series in memory.

        Parameters
        ----------
        series : sequence of (inputs, target)
            Tensors or arrays (T_i, …), the inputs also a tuple of them.
        rows : int
        **options
            As for the class.
        """
        if not series:
            raise InputError("there are no series; give at least one")
        wide = [x if isinstance(x, tuple) else (x,) for x, _ in series]
        inputs = tuple(_joined(parts) for parts in zip(*wide, strict=True))
        target = _joined([y for _, y in series])
        lengths = [len(y) for _, y in series]
        return cls(inputs, target, lengths, rows=rows, **options)

    def __len__(self) -> int:
        """Return the steps of an epoch, over all rows."""
        return self.rows * self.length

    def digest(self) -> str:
        """Return what tells these streams from others, for checkpoints."""
        cuts = self.rows, self.steps, self.gradient_steps, self.random_lengths
        lengths = torch.as_tensor(self.lengths)
        return digest_of(*self.inputs, self.target, lengths, cuts, self.shuffle)

    @property
    def lead(self) -> int:
        """Steps before a chunk that its gradient reaches."""
        return self.gradient_steps - self.steps

    def ends(self, seed: int, epoch: int) -> list[int]:
        """Return where an epoch's chunks end, the last at the end of the rows.

        Parameters
        ----------
        seed, epoch : int
        """
        return chunk_ends(
            self.length, self.steps, random=self.random_lengths, seed=seed, epoch=epoch
        )

    def layout(self, seed: int, epoch: int) -> Layout:
        """Return where each step of an epoch's rows lies; epoch 0 is in order.

        Parameters
        ----------
        seed, epoch : int
        """
        order = torch.arange(len(self.lengths))
        if self.shuffle and epoch:
            order = torch.randperm(
                len(order),
                generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch),
            )
        return Layout(self.lengths, order, self.rows, self.length)

    def window(
        self, layout: Layout, start: int, stop: int
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return inputs and target of the steps from start to stop of every row.

        Parameters
        ----------
        layout : Layout
        start, stop : int
        """
        places = layout.places(start, stop)
        if not self.batch_first:
            places = places.T
        inputs = tuple(gather(array, places) for array in self.inputs)
        return inputs, gather(self.target, places)


class Layout:
    """The series of one epoch in their order, cut into rows.

    Parameters
    ----------
    lengths : Tensor
        int64 (S,): steps of each series.
    order : Tensor
        int64 (S,): a permutation.
    rows, length : int
        B, and the steps of each row.
    """

    def __init__(self, lengths: Tensor, order: Tensor, rows: int, length: int) -> None:
        stored = torch.cumsum(lengths, 0) - lengths
        self.ends = torch.cumsum(lengths[order], 0)
        self.begins = self.ends - lengths[order]
        self.shift = stored[order] - self.begins
        self.rows, self.length = rows, length

    def places(self, start: int, stop: int) -> Tensor:
        """Return (B, stop - start): where in the stored arrays each step lies."""
        row = torch.arange(self.rows)[:, None] * self.length
        position = row + torch.arange(start, stop)
        series = torch.searchsorted(self.ends, position, right=True)
        return position + self.shift[series]

    def resets(self, start: int, stop: int) -> dict[int, Tensor]:
        """Return for each step at which series begin the rows (B,) in which they do."""
        row = torch.arange(self.rows)[:, None] * self.length
        low = torch.searchsorted(self.begins, row + start)
        high = torch.searchsorted(self.begins, row + stop)
        found: dict[int, Tensor] = {}
        for r in range(self.rows):
            for begin in self.begins[int(low[r]) : int(high[r])].tolist():
                step = begin - r * self.length
                found.setdefault(step, torch.zeros(self.rows, dtype=torch.bool))[r] = (
                    True
                )
        return found


class StreamOrder:
    """The chunks of every epoch, as an order of batches.

    Parameters
    ----------
    streams : Streams
    seed : int
    """

    def __init__(self, streams: Streams, seed: int) -> None:
        self.streams = streams
        self.seed = seed

    def steps(self, epoch: int) -> int:
        """Return how many chunks the epoch has."""
        return len(self.streams.ends(self.seed, epoch))

    def batch(self, epoch: int, step: int) -> Tensor:
        """Return ``[epoch, start, stop]`` of a chunk."""
        ends = [0, *self.streams.ends(self.seed, epoch)]
        return torch.tensor([epoch, ends[step], ends[step + 1]])

    def about(self, epoch: int) -> dict[str, Any]:
        """Return nothing."""
        return {}


def _checked_lengths(lengths: Sequence[int] | None, count: int) -> Tensor:
    if lengths is None:
        return torch.tensor([count])
    found = torch.tensor([whole_number("lengths", length, 0) for length in lengths])
    if int(found.sum()) != count:
        raise InputError(
            f"lengths add up to {int(found.sum())}, but there are {count} steps"
        )
    return found[found > 0]


def _joined(parts: Sequence[Any]) -> Tensor:
    tensors = [
        p if isinstance(p, Tensor) else torch.from_numpy(np.asarray(p)) for p in parts
    ]
    return torch.cat(tensors)

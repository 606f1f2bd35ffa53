"""Take part of a large batch: a diagnosis needs no more than a few dozen rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ._cells import knows

MOST_ROWS = 64
"""Rows measured of a larger batch, evenly spread."""


def fewer_rows(
    model: nn.Module, inputs: Any, targets: Any
) -> Iterator[tuple[Any, Any, int]]:
    """Yield a smaller batch to try, with its number of rows, then the whole one.

    A smaller batch is tried when every input and target is a tensor with the
    same first axis, longer than 64, and all recurrent layers are batch first.
    The caller must check that the layers then saw that many rows.

    Yields
    ------
    inputs, targets, rows
        ``rows`` is 0 for the batch as it was given.
    """
    given = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    wanted = targets if isinstance(targets, (tuple, list)) else (targets,)
    everything = (*given, *wanted)
    plain = not isinstance(inputs, PackedSequence) and all(
        isinstance(x, Tensor) and x.dim() > 0 for x in everything
    )
    if plain and all(m.batch_first for m in model.modules() if knows(m)):
        sizes = {len(x) for x in everything}
        rows = sizes.pop()
        if not sizes and rows > MOST_ROWS:
            at = [i * rows // MOST_ROWS for i in range(MOST_ROWS)]
            some_in = tuple(x[at] for x in given)
            some_out = tuple(x[at] for x in wanted)
            yield (
                some_in if isinstance(inputs, (tuple, list)) else some_in[0],
                some_out if isinstance(targets, (tuple, list)) else some_out[0],
                MOST_ROWS,
            )
    yield inputs, targets, 0

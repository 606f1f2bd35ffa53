"""Fewer rows of a batch: enough to measure on, cheap enough for every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

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
    rows = rows_of(model, inputs, targets)
    if rows > MOST_ROWS:
        at = [i * rows // MOST_ROWS for i in range(MOST_ROWS)]
        yield take(inputs, at), take(targets, at), MOST_ROWS
    yield inputs, targets, 0


def rows_of(model: nn.Module, inputs: Any, targets: Any) -> int:
    """Return how many rows a batch has, or 0 where its first axis may not be rows."""
    leaves = [leaf for _, leaf in named_leaves("", (inputs, targets))]
    plain = all(isinstance(x, Tensor) and x.dim() > 0 for x in leaves)
    layers = [m for m in model.modules() if knows(m)]
    if not plain or not all(getattr(m, "batch_first", True) for m in layers):
        return 0
    if any(getattr(m, "stateful", False) for m in layers):
        return 0  # the state carried over has the rows of the whole batch
    sizes = {len(x) for x in leaves}
    return sizes.pop() if len(sizes) == 1 else 0


def take(batch: Any, rows: list[int]) -> Any:
    """Return some rows of every tensor of a batch."""
    return mapped(lambda x: x[rows], batch)


def mapped(change: Callable[[Tensor], Any], batch: Any) -> Any:
    """Return a batch of the same form with every tensor changed."""
    if isinstance(batch, Tensor):
        return change(batch)
    if isinstance(batch, Mapping):
        return {k: mapped(change, v) for k, v in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(mapped(change, v) for v in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(mapped(change, v) for v in batch)
    return batch


def named_leaves(name: str, batch: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a nested batch holds, each with its place: "inputs.0", "inputs.x"."""
    if isinstance(batch, Mapping):
        parts: Any = batch.items()
    elif isinstance(batch, tuple) and hasattr(batch, "_fields"):  # also packed
        parts = zip(batch._fields, batch, strict=True)
    elif isinstance(batch, (tuple, list)):
        parts = enumerate(batch)
    else:
        if batch is not None:
            yield name, batch
        return
    for key, value in parts:
        yield from named_leaves(f"{name}.{key}" if name else str(key), value)

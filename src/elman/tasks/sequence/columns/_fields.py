"""Numbers of values as rows of embeddings, as indicators, and in a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._columns import Layout, Shape, width_of

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

MISSING, OTHER, OWN = 0, 1, 2
"""Embeddings: of nothing, of values without their own, and the first of the others."""

_FEWEST = 2
_MOST_INDICATORS = 64


def embedded_rows(sequences: Sequence[Array], layout: Layout) -> tuple[Rows, ...]:
    """Return which embedding each value of each field has, others last.

    Those that at least two of the training sequences have get one of their own, the
    most frequent first.
    """
    found, start = [], layout.numbers
    for field in layout.fields:
        counts = np.zeros(field.values + 1, np.int64)
        for sequence in sequences:
            codes = sequence[:, start : start + field.count]
            met = np.unique(codes[~np.isnan(codes)].astype(np.int64))
            counts[met] += 1
        start += field.count
        own = np.flatnonzero(counts[:-1] >= _FEWEST)
        own = own[np.argsort(-counts[own], kind="stable")]
        rows = np.full(field.values + 1, OTHER, np.int64)
        rows[own] = OWN + np.arange(len(own))
        found.append(rows)
    return tuple(found)


def embeddings(rows: Rows) -> int:
    """Return how many embeddings a field has."""
    return int(max(rows.max(), OTHER)) + 1


def fields_of(layout: Layout, rows: Sequence[Rows]) -> list[list[int]]:
    """Return columns, embeddings and their width of each field, for a network."""
    return [
        [field.count, embeddings(own), width_of(embeddings(own))]
        for field, own in zip(layout.fields, rows, strict=True)
    ]


def indicators(
    fields: Sequence[NDArray[np.float32]], layout: Layout, rows: Sequence[Rows]
) -> list[NDArray[np.float32]]:
    """Return a column of 0 and 1 for each of the most frequent values of every field.

    A further one, the first, says that nothing is known, a second that the value is
    none of those with an embedding. Of a text every word has its column.
    """
    most = max(4, _MOST_INDICATORS // max(1, len(layout.fields)))
    found = []
    for codes, own in zip(fields, rows, strict=True):
        columns = np.arange(min(embeddings(own), OWN + most))
        each = codes[:, :, None] == columns
        found.append(each.any(1).astype(np.float32))
    return found


def layout_tensor(layout: Layout) -> Tensor:
    """Return a layout as whole numbers, for a file."""
    elapsed = -1 if layout.elapsed is None else layout.elapsed
    found = [layout.numbers, elapsed]
    for field in layout.fields:
        found += [field.count, field.values, int(field.bag)]
    return torch.tensor(found, dtype=torch.int64)


def layout_from(stored: Tensor) -> Layout:
    """Return what `layout_tensor` said."""
    numbers, elapsed, *rest = stored.tolist()
    shapes = tuple(
        Shape(rest[i], rest[i + 1], bool(rest[i + 2])) for i in range(0, len(rest), 3)
    )
    return Layout(numbers, None if elapsed < 0 else elapsed, shapes)

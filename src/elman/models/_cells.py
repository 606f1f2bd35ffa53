"""Every recurrent layer a network can be built from, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from elman import cells, layers
from elman._errors import InputError, did_you_mean
from elman.cells import Cell


class _Layers(Mapping[str, Callable[..., Any]]):
    """What builds the layers of each cell that the registry knows at the time."""

    def __getitem__(self, name: str | Cell) -> Callable[..., Any]:
        """Return ``build(input_size, hidden_size, **options)``; of a cell too."""
        if isinstance(name, Cell):
            return partial(layers.layer_of, name)
        if name in cells.STOCK:
            build: Callable[..., Any] = getattr(layers, name.upper())
            return build
        if name not in cells.names():
            raise KeyError(name)
        return partial(layers.layer_of, cells.cell(name))

    def __iter__(self) -> Iterator[str]:
        return iter((*cells.STOCK, *(n for n in cells.names() if n not in cells.STOCK)))

    def __len__(self) -> int:
        return len(cells.names())


CELLS = _Layers()
"""Every cell by the name an estimator knows it by; a user's own once registered."""


def check_cell(cell: object) -> str | Cell:
    """Return the name of a known cell, or a cell that was given itself.

    Raises
    ------
    InputError
        If there is no such cell; the nearest name is suggested.
    """
    found = cells.given(cell)
    if isinstance(found, Cell) or (isinstance(found, str) and found in CELLS):
        return found
    hint = did_you_mean(str(cell), cells.names())
    known = ", ".join(CELLS)
    raise InputError(f"cell must be one of {known}, or a Cell; got {cell!r}{hint}")

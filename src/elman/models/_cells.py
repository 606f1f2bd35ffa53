"""Every recurrent layer a network can be built from, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from elman import cells, layers
from elman._errors import InputError, did_you_mean


class _Layers(Mapping[str, Callable[..., Any]]):
    """What builds the layers of each cell that the registry knows at the time."""

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """Return ``build(input_size, hidden_size, **options)``."""
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


CELLS: Mapping[str, Callable[..., Any]] = _Layers()
"""Every cell by the name an estimator knows it by; a user's own once registered."""


def check_cell(cell: object) -> str:
    """Return the name of a known cell.

    Raises
    ------
    InputError
        If there is no such cell; the nearest name is suggested.
    """
    if not isinstance(cell, str) or cell not in CELLS:
        hint = did_you_mean(str(cell), CELLS)
        raise InputError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}{hint}")
    return cell

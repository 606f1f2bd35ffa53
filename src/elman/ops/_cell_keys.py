"""Cells by a word, so that a compiler can ask once about a cell."""

from __future__ import annotations

from weakref import WeakValueDictionary

from elman.cells import Cell

from ._asked_once import asked_once

_CELLS: WeakValueDictionary[str, Cell] = WeakValueDictionary()


def key_of(cell: Cell) -> str:
    """Return the word for a cell, which holds in this process while the cell is alive.

    Parameters
    ----------
    cell : Cell
    """
    key = f"{type(cell).__name__} {id(cell)}"
    _CELLS[key] = cell
    return key


def cell_of(key: str) -> Cell:
    """Return the cell that a word stands for.

    Parameters
    ----------
    key : str
    """
    return _CELLS[key]


@asked_once
def on_core(key: str) -> bool:
    """Say whether the core has all operations of a cell.

    Parameters
    ----------
    key : str
    """
    return _CELLS[key].on_core

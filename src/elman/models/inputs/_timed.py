"""Cells that take the time since the step before."""

from __future__ import annotations

from elman import cells
from elman.cells import Cell
from elman.models._cells import CELLS


def takes_time(cell: str | Cell) -> bool:
    """Return whether the last channel of a cell's input is the elapsed time."""
    return cell in CELLS and bool(getattr(cells.cell(cell), "timed", False))


def with_time(cell: str | Cell) -> str | Cell:
    """Return a cell named without options with ``timed`` on, where it has that option.

    A cell that was given itself stays as it was given.
    """
    if not isinstance(cell, str) or cell not in CELLS:
        return cell
    found = cells.cell(cell)
    return type(found)(timed=True) if hasattr(found, "timed") else cell

"""What is measured: every case of every group, by name, before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from elman import cells
from elman.cells import title as title

CELLS = {name.upper(): len(cells.gate_names(name)) for name in cells.STOCK}
"""The cells by torch's names, and how many products of H units each makes."""

OTHERS = tuple(name for name in cells.names() if name not in cells.STOCK)
"""The cells that torch has not, by the registry's names."""

EQUATIONS = tuple(cells.names())
"""Those of the group "cells", by the registry's names: all."""

GROUPS = {
    "grid": "Training step, float32",
    "thin": "Training step, one long row",
    "ragged": "Training step, lengths uniform in T/5 … T, against PackedSequence",
    "float64": "Training step, float64",
    "projection": "Training step, LSTM with a projection",
    "streaming": "One step of one row, against torch's cell",
    "loop": "Training loop: embedding, layer, linear, loss, backward, Adam",
    "memory": "Peak memory of a training step",
    "cells": "Training step of every cell, against its equations in plain torch",
}
"""The groups of cases and what their tables are called."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of one case.

    Attributes
    ----------
    batch, steps, inputs, hidden : int
        B, T, I and H.
    """

    batch: int
    steps: int
    inputs: int
    hidden: int

    def __str__(self) -> str:
        return f"{self.batch} × {self.steps}, {self.inputs} → {self.hidden}"


@dataclass(frozen=True)
class Case:
    """One row of a table, before it is measured.

    Attributes
    ----------
    group : str
        One of ``GROUPS``.
    cell : str
        One of ``CELLS``; in the group "cells" one of ``EQUATIONS``.
    sizes : Sizes
    variant : str
        What tells it from others of its group: of "streaming", "cell",
        "cell, graph" or "layer"; of "projection", the projected size.
    """

    group: str
    cell: str
    sizes: Sizes
    variant: str = ""

    @property
    def label(self) -> str:
        """What the row is called."""
        if self.group == "streaming":
            kind, _, more = self.variant.partition(", ")
            name = f"{self.cell}Cell" if kind == "cell" else self.cell
            more = f", {more}" if more else ""
            return f"{name} {self.sizes.inputs} → {self.sizes.hidden}{more}"
        more = f" → {self.variant}" if self.variant else ""
        return f"{title(self.cell)} {self.sizes}{more}"

    @property
    def operations(self) -> int | None:
        """Multiplications and additions of a training step, where all are products.

        6 T B G H (I + H): two a weight and row forward, four backward, the input's
        gradient included.
        """
        if self.group not in ("grid", "thin", "float64"):
            return None
        s = self.sizes
        return (
            6 * s.steps * s.batch * CELLS[self.cell] * s.hidden * (s.inputs + s.hidden)
        )


_SMALL, _LARGE = Sizes(32, 100, 64, 128), Sizes(64, 100, 128, 256)
SIZES = (
    Sizes(32, 100, 64, 64),
    _SMALL,
    _LARGE,
    Sizes(64, 50, 512, 512),
    Sizes(128, 100, 64, 64),
    Sizes(1, 200, 64, 128),
    Sizes(20, 35, 192, 192),
    Sizes(20, 35, 640, 640),
)
"""The sizes of training steps."""
_QUICK_GRID = (_SMALL, _LARGE, Sizes(1, 200, 64, 128), Sizes(20, 35, 192, 192))
_STEPS = ("cell", "cell, graph", "layer")


def cases(
    cells: Iterable[str],
    groups: Iterable[str],
    full: bool,
    sizes: Iterable[Sizes] = (),
) -> list[Case]:
    """Return what is to be measured, group by group.

    Parameters
    ----------
    cells : iterable of str
        Of ``CELLS`` and ``OTHERS``.
    groups : iterable of str
        Of ``GROUPS``.
    full : bool
        Every size; else the ones that take less than a minute together.
    sizes : iterable of Sizes
        These alone, in the groups "grid" and "cells".

    Returns
    -------
    list of Case
    """
    cells, groups, sizes = list(cells), set(groups), tuple(sizes)
    return [
        case
        for group in GROUPS
        if group in groups
        for cell in cells
        for case in _of_group(group, cell, full, sizes)
    ]


def _of_group(
    group: str, cell: str, full: bool, chosen: tuple[Sizes, ...]
) -> Iterator[Case]:
    if group == "cells":
        own = SIZES if full else (_SMALL,)
        yield from (Case(group, cell.lower(), s) for s in chosen or own)
    elif cell in OTHERS:
        return
    elif group == "grid":
        grid = SIZES if full else _QUICK_GRID
        yield from (Case(group, cell, s) for s in chosen or grid)
    elif group == "thin":
        yield Case(group, cell, Sizes(1, 2000, 64, 64))
    elif group == "streaming":
        for hidden in (64, 256):
            sizes = Sizes(1, 1, hidden, hidden)
            yield from (Case(group, cell, sizes, variant) for variant in _STEPS)
    elif group == "memory":
        yield from (Case(group, cell, s) for s in (_LARGE, Sizes(8, 10_000, 64, 64)))
    elif group != "projection":
        yield from (
            Case(group, cell, s) for s in ((_SMALL, _LARGE) if full else (_SMALL,))
        )
    elif cell == "LSTM":
        for s in (_SMALL, _LARGE) if full else (_SMALL,):
            yield Case(group, cell, s, str(s.hidden // 2))

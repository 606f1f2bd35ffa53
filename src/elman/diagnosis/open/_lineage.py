"""Which call of a module goes on where an earlier one of it left off.

A decoder called step by step, or a loop over a cell, is one sequence; a second
sentence through the same layer is another. The graph knows: a call goes on with a
sequence if its initial state was made from that sequence's last, by a few
operations at most (a mask, dropout, a reshaping).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

NEAR = 256
"""Nodes of the graph looked at between two calls of one sequence."""


class Lineage:
    """The last states of the sequences of one module, in the order they began."""

    def __init__(self) -> None:
        self._last: list[tuple[Any, ...]] = []

    def place(self, hx: Any) -> tuple[int, bool]:
        """Return the sequence a call with this state belongs to, and whether it is old.

        Parameters
        ----------
        hx : Tensor, tuple of Tensor or None
            The initial state the caller gave.
        """
        for node in _near(hx):
            for place in range(len(self._last) - 1, -1, -1):
                if node in self._last[place]:
                    return place, True
        self._last.append(())
        return len(self._last) - 1, False

    def fed(self, place: int, given: Any) -> bool:
        """Return whether an input was made from the last state of a sequence."""
        return any(node in self._last[place] for node in _near(given))

    def leave(self, place: int, state: Any) -> None:
        """Note the state a call of a sequence returned."""
        found = (s.grad_fn for s in tensors_of(state))
        self._last[place] = tuple(n for n in found if n is not None)


def _near(value: Any) -> Iterator[Any]:
    """Yield the nodes of the graph behind a state or an input, the nearest first."""
    nodes = [s.grad_fn for s in tensors_of(value) if s.grad_fn is not None]
    seen: set[Any] = set()
    for node in nodes:  # breadth first; the list grows as it is read
        if node in seen:
            continue
        seen.add(node)
        yield node
        if len(seen) >= NEAR:
            return
        nodes += [n for n, _ in node.next_functions if n is not None]


def tensors_of(state: Any) -> tuple[Tensor, ...]:
    """Return the tensors of a state, or of several: h, (h, c), or nothing."""
    if isinstance(state, (tuple, list)):
        return tuple(s for part in state for s in tensors_of(part))
    return (state,) if isinstance(state, Tensor) else ()

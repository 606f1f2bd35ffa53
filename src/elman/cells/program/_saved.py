"""What the forward pass keeps for the backward pass, and what that computes again.

A vector kept costs memory traffic, one computed again costs operations and whatever it
is computed from. The cheapest choice is a minimum cut: of every value, "needed" and
"computed again" are two nodes of a network, between them lies the cost of keeping it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from elman.cells.graph._graph import Node, ordered

from ._stages import BETWEEN

SAVE_COST = 35.0
"""Of writing a vector and reading it, in additions; measured between 20 and 40."""

_COSTS = {
    "div": 12.0,
    "sqrt": 12.0,
    "exp": 16.0,
    "log": 25.0,
    "sigmoid": 26.0,
    "tanh": 28.0,
    "softplus": 40.0,
    "sin": 40.0,
    "cos": 40.0,
}

_INFINITE = float("inf")


def cost(node: Node) -> float:
    """Return what an operation costs, in additions."""
    return _COSTS.get(node.op, 1.0)


def choose_saved(
    backward: Iterable[Node],
    forward: Collection[Node],
    free: Collection[Node],
    kept: Collection[Node],
) -> list[Node]:
    """Return what to keep, in the order of the step.

    Parameters
    ----------
    backward : iterable of Node
        What the backward pass computes.
    forward : collection of Node
        All that the forward pass computes, in its order.
    free : collection of Node
        What the backward pass has anyway.
    kept : collection of Node
        What is kept in any case; some of `forward`.
    """
    given = set(free) | set(kept)
    computed = set(forward)
    reached = ordered(backward, lambda n: n in given or n in computed)
    needed = [n for n in reached if n in computed and n not in given]
    found = {*kept, *_cut(needed, given)}
    return [n for n in forward if n in found]


def _cut(needed: list[Node], given: set[Node]) -> list[Node]:
    """Return the values to keep so that all needed ones can be had."""
    values = [n for n in ordered(needed, lambda n: n in given) if n not in given]
    if not values:
        return []
    place = {n: k for k, n in enumerate(values)}
    source, sink = 2 * len(values), 2 * len(values) + 1
    network = _Network(sink + 1)
    for n, k in place.items():
        network.join(2 * k, 2 * k + 1, SAVE_COST)
        again = _INFINITE if n.op in BETWEEN else cost(n)
        network.join(2 * k + 1, sink, again)
        if n.op != "linear":
            for arg in n.args:
                if arg in place:
                    network.join(2 * k + 1, 2 * place[arg], _INFINITE)
    for n in needed:
        network.join(source, 2 * place[n], _INFINITE)
    side = network.source_side(source, sink)
    return [n for n, k in place.items() if 2 * k in side and 2 * k + 1 not in side]


class _Network:
    """A flow network, cut at its narrowest: Edmonds and Karp 1972."""

    def __init__(self, size: int) -> None:
        self.room: list[dict[int, float]] = [{} for _ in range(size)]

    def join(self, a: int, b: int, capacity: float) -> None:
        self.room[a][b] = self.room[a].get(b, 0.0) + capacity
        self.room[b].setdefault(a, 0.0)

    def source_side(self, source: int, sink: int) -> set[int]:
        """Return the nodes before a minimum cut."""
        while True:
            came: dict[int, int] = {source: source}
            queue = deque([source])
            while queue and sink not in came:
                node = queue.popleft()
                for other, room in self.room[node].items():
                    if room > 0 and other not in came:
                        came[other] = node
                        queue.append(other)
            if sink not in came:
                return set(came)
            path = [sink]
            while path[-1] != source:
                path.append(came[path[-1]])
            pairs = list(zip(path[1:], path, strict=False))
            most = min(self.room[a][b] for a, b in pairs)
            for a, b in pairs:
                self.room[a][b] -= most
                self.room[b][a] += most

"""When each value of a pass is computed: pieces, and what has to happen between them.

A matrix product and a sum over a row need their whole argument before any of their
result can be used, so they stand between two pieces. A value is computed in the last
piece that allows for it, where its uses are; what nobody uses but who stores it, where
what it is made of is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from elman.cells.graph._graph import Node, ordered

BETWEEN = ("linear", "rowsum", "total", "back")
"""Operations that stand between pieces."""


@dataclass(frozen=True)
class Stages:
    """The pieces of a pass.

    Attributes
    ----------
    count : int
    order : tuple of Node
        All nodes, arguments first.
    piece : dict of Node to int
        Where a pointwise node is computed; from where on one of `BETWEEN` is known.
    last : dict of Node to int
        The last piece in which a root may be stored.
    """

    count: int
    order: tuple[Node, ...]
    piece: dict[Node, int]
    last: dict[Node, int]


def stages(
    roots: Sequence[Node],
    is_leaf: Callable[[Node], bool],
    needs: Callable[[Node], Sequence[Node]],
    scalars: Collection[Node] = (),
    early: Collection[Node] = (),
) -> Stages:
    """Return the pieces that compute the roots.

    Parameters
    ----------
    roots : sequence of Node
    is_leaf : callable
        Whether a node can be loaded in any piece.
    needs : callable
        Of a node of `BETWEEN`, the arguments that a piece before it must have stored.
    scalars : collection of Node
        Numbers of a row, which are computed between pieces.
    early : collection of Node
        Roots to be stored as soon as can be.
    """

    def there(node: Node, arg: Node) -> bool:
        """Return whether a total can follow an argument at once."""
        at_once = is_leaf(arg) or arg.op in BETWEEN or arg in scalars
        return node.op == "total" and at_once

    order = ordered(roots, lambda n: is_leaf(n))
    level: dict[Node, int] = {}
    for node in order:
        if is_leaf(node):
            level[node] = 0
        elif node.op in BETWEEN:
            ready = (level[a] + (not there(node, a)) for a in needs(node))
            level[node] = max(ready, default=0)
        else:
            level[node] = max((level[a] for a in node.args), default=0)
    final = max(level.values(), default=0)
    piece = dict.fromkeys(order, final)
    last = dict.fromkeys(order, final)
    for node in reversed(order):
        if is_leaf(node):
            continue
        if node.op in BETWEEN:
            for arg in needs(node):
                latest = piece[node] - (not there(node, arg))
                if not is_leaf(arg) or node.op != "total":
                    last[arg] = min(last[arg], latest)
                piece[arg] = min(piece[arg], latest)
        else:
            for arg in node.args:
                piece[arg] = min(piece[arg], piece[node])
    users = {a for n in order if not is_leaf(n) for a in n.args}
    for node in order:
        if node not in early or node in users or is_leaf(node) or node.op in BETWEEN:
            continue
        own = [a for a in node.args if not is_leaf(a)]
        if any(a.op not in BETWEEN and a not in scalars for a in own):
            piece[node] = max(level[node], *(piece[a] for a in own))
    return Stages(final + 1, tuple(order), piece, last)

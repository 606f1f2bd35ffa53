"""Products of several factors, written so that what they have in common is made once.

Reverse differentiation leaves a b c beside a c: as (a c) b the second is part of the
first. Factors are taken together pair by pair, the most common pair first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations

from ._graph import POINTWISE, Node, ordered

_MOST_ROUNDS = 200

Pair = tuple[Node, Node]


def share_factors(roots: Iterable[Node], fixed: Collection[Node]) -> dict[Node, Node]:
    """Return what every node below the roots becomes.

    Parameters
    ----------
    roots : iterable of Node
    fixed : collection of Node
        Products that stay as they are, such as those of the step itself.
    """
    first = list(roots)
    found = {node: node for node in ordered(first)}
    for _ in range(_MOST_ROUNDS):
        products = _Products([found[node] for node in first], fixed)
        pair = products.most_common()
        if pair is None:
            break
        new = products.sharing(pair)
        found = {node: new.get(now, now) for node, now in found.items()}
    return found


class _Products:
    """The products below some roots, each with all its factors."""

    def __init__(self, roots: list[Node], fixed: Collection[Node]) -> None:
        self.order, self.fixed = ordered(roots), fixed
        self.uses: dict[Node, int] = {}
        for node in self.order:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + 2
        free = [n for n in self.order if n.op == "mul" and n not in fixed]
        parts = {a for n in free for a in n.args if self._is_part(a)}
        self.trees = {n: self._tree(n) for n in free if n not in parts}
        self.bags = {n: self._factors(tree) for n, tree in self.trees.items()}
        self.pairs: dict[Pair, list[Node]] = {}
        for node, bag in self.bags.items():
            for pair in dict.fromkeys(combinations(bag, 2)):
                self.pairs.setdefault(pair, []).append(node)

    def _is_part(self, node: Node) -> bool:
        """Return whether a product is but a part of another."""
        return node.op == "mul" and self.uses[node] == 1 and node not in self.fixed

    def _tree(self, node: Node) -> list[Node]:
        found = [node]
        for arg in node.args:
            if self._is_part(arg):
                found += self._tree(arg)
        return found

    def _factors(self, tree: list[Node]) -> list[Node]:
        factors = [a for n in tree for a in n.args if not self._is_part(a)]
        return sorted(factors, key=lambda n: n.index)

    def most_common(self) -> Pair | None:
        """Return the pair of factors in most products, where one makes it anew."""
        best: Pair | None = None
        for pair, nodes in self.pairs.items():
            if len(nodes) < 2 or all(self._has(node, pair) for node in nodes):
                continue
            if best is None or len(nodes) > len(self.pairs[best]):
                best = pair
        return best

    def _has(self, node: Node, pair: Pair) -> bool:
        places = sorted(p.index for p in pair)
        return any(sorted(a.index for a in n.args) == places for n in self.trees[node])

    def sharing(self, pair: Pair) -> dict[Node, Node]:
        """Return what all nodes become when the pair is multiplied first."""
        chosen = set(self.pairs[pair])
        new: dict[Node, Node] = {}
        for node in self.order:
            args = tuple(new[a] for a in node.args)
            if node in chosen:
                bag = list(self.bags[node])
                for factor in pair:
                    bag.remove(factor)
                found = node.table.mul(new[pair[0]], new[pair[1]])
                for factor in bag:
                    found = node.table.mul(found, new[factor])
                new[node] = found
            elif args == node.args:
                new[node] = node
            elif node.op in POINTWISE:
                new[node] = node.table.apply(node.op, *args)
            else:
                new[node] = node.table.make(node.op, args, node.data)
        return new

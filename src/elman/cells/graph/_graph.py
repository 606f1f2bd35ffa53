"""The graph of one step: nodes without duplicates, simplified where that is exact.

A node is an operation on vectors of H units. Equal nodes of one `Table` are one
object, so common subexpressions are found by making them. Only rewritings are made
that change no value, NaN and infinity included: folding of constants, x + 0, x · 1,
x / 1, −(−x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

POINTWISE = (
    *("add", "sub", "mul", "div", "neg", "sigmoid", "tanh", "relu", "softplus"),
    *("exp", "log", "sqrt", "max", "min", "abs", "greater", "select", "step"),
    *("sign", "sin", "cos"),
)
"""Operations on each unit by itself; `select(c, a, b)` is a where c is not 0, else b.

`step` is 1 above 0, else 0, and NaN for NaN; `sign` likewise."""


@dataclass(frozen=True)
class Linear:
    """What a "linear" node holds: its arguments are what the matrices multiply.

    Attributes
    ----------
    name : str
        The gate: row blocks of the weights go by it.
    inputs : bool
        Whether W_x x belongs to the sum.
    bias : bool
        Whether b does.
    shared : bool
        Whether the weights multiply several values of a step. Each product is then a
        node of its own.
    place : int
        Of a shared product: which of the gate's matrices it is.
    """

    name: str
    inputs: bool
    bias: bool
    shared: bool = False
    place: int = 0


class Node:
    """One value of the step; made by a `Table`, compared by identity.

    Without arguments are constants, "const"; H, "width"; states "before" the step;
    parameters, "unit"; masks, "mask"; and dL/dstate, "dstate".
    """

    __slots__ = ("args", "data", "index", "op", "table")

    def __init__(
        self, table: Table, op: str, args: tuple[Node, ...], data: Any, index: int
    ) -> None:
        self.table, self.op, self.args, self.data = table, op, args, data
        self.index = index

    def __repr__(self) -> str:
        inner = [*map(repr, self.args)]
        if self.data is not None:
            inner.insert(0, str(self.data))
        return f"{self.op}({', '.join(inner)})"


class Table:
    """Makes nodes, each once, numbered in the order they were made."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}

    def make(self, op: str, args: Sequence[Node] = (), data: Any = None) -> Node:
        """Return the node as it is, not simplified."""
        args = tuple(args)
        places = [a.index for a in args]
        if op in ("add", "mul", "max", "min"):
            places.sort()
        # −0.0 equals 0.0 but is another constant; NaN does not even equal itself.
        key = (op, tuple(places), repr(data))
        node = self._nodes.get(key)
        if node is None:
            node = Node(self, op, args, data, len(self._nodes))
            self._nodes[key] = node
        return node

    @property
    def nodes(self) -> list[Node]:
        """All nodes, in the order they were made."""
        return list(self._nodes.values())

    def const(self, value: float) -> Node:
        """Return a constant."""
        return self.make("const", data=float(value))

    def apply(self, op: str, *args: Node) -> Node:
        """Return an operation on nodes, simplified."""
        rule = _RULES.get(op)
        found = rule(self, *args) if rule else None
        if found is not None:
            return found
        if op in _FOLD and all(a.op == "const" for a in args):
            value = _FOLD[op](*(a.data for a in args))
            if value is not None:
                return self.const(value)
        return self.make(op, args)

    def add(self, a: Node, b: Node) -> Node:
        """Return a + b."""
        return self.apply("add", a, b)

    def sub(self, a: Node, b: Node) -> Node:
        """Return a − b."""
        return self.apply("sub", a, b)

    def mul(self, a: Node, b: Node) -> Node:
        """Return a · b."""
        return self.apply("mul", a, b)

    def neg(self, a: Node) -> Node:
        """Return −a."""
        return self.apply("neg", a)


def is_const(node: Node, value: float) -> bool:
    """Return whether a node is this constant (either zero for 0)."""
    return node.op == "const" and node.data == value


def _add(table: Table, a: Node, b: Node) -> Node | None:
    for p, q in ((a, b), (b, a)):
        if is_const(p, 0.0):
            return q
        if p.op == "neg" and p.args[0].op != "const":
            return table.sub(q, p.args[0])
    return None


def _sub(table: Table, a: Node, b: Node) -> Node | None:
    if is_const(b, 0.0):
        return a
    if is_const(a, 0.0):
        return table.neg(b)
    if b.op == "neg":
        return table.add(a, b.args[0])
    return None


def _mul(table: Table, a: Node, b: Node) -> Node | None:
    for p, q in ((a, b), (b, a)):
        if is_const(p, 1.0):
            return q
        if is_const(p, -1.0):
            return table.neg(q)
        if p.op == "neg":
            return table.neg(table.mul(p.args[0], q))
    return None


def _div(table: Table, a: Node, b: Node) -> Node | None:
    return a if is_const(b, 1.0) else None


def _neg(table: Table, a: Node) -> Node | None:
    if a.op == "neg":
        return a.args[0]
    if a.op == "sub":
        return table.sub(a.args[1], a.args[0])
    return None


_RULES: dict[str, Callable[..., Node | None]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
}


def _divide(a: float, b: float) -> float | None:
    return a / b if b else None


def _root(a: float) -> float | None:
    return math.sqrt(a) if a >= 0 else None


def _exp(a: float) -> float | None:
    return math.exp(a) if a < 700 else None


_FOLD: dict[str, Callable[..., float | None]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divide,
    "neg": lambda a: -a,
    "sqrt": _root,
    "exp": _exp,
    "abs": abs,
}


def ordered(
    roots: Iterable[Node], stop: Callable[[Node], bool] | None = None
) -> list[Node]:
    """Return what `roots` need, arguments first, not looking past `stop`."""
    seen: set[Node] = set()
    found: list[Node] = []
    for root in roots:
        pending = [(root, False)]
        while pending:
            node, ready = pending.pop()
            if ready:
                found.append(node)
            elif node not in seen:
                seen.add(node)
                pending.append((node, True))
                if stop is None or not stop(node):
                    pending += [(a, False) for a in reversed(node.args)]
    return found


def replaced(
    roots: Iterable[Node], rule: Callable[[Node, tuple[Node, ...]], Node | None]
) -> dict[Node, Node]:
    """Return what every node below the roots becomes.

    Parameters
    ----------
    roots : iterable of Node
    rule : callable
        From a node and its new arguments to what replaces it, or None: it stays.
    """
    new: dict[Node, Node] = {}
    for node in ordered(roots):
        args = tuple(new[a] for a in node.args)
        changed = rule(node, args)
        if changed is None and args == node.args:
            changed = node
        elif changed is None and node.op in POINTWISE:
            changed = node.table.apply(node.op, *args)
        elif changed is None:
            changed = node.table.make(node.op, args, node.data)
        new[node] = changed
    return new


def without_norms(roots: Iterable[Node], *, detached: bool = True) -> dict[Node, Node]:
    """Return what every node becomes without "normed" nodes.

    Those stand for their first argument, and tell reverse differentiation a shorter way
    than through it.

    Parameters
    ----------
    roots : iterable of Node
    detached : bool
        Whether "detach" nodes stay.
    """
    leaving = ("normed",) if detached else ("normed", "detach")
    return replaced(roots, lambda n, args: args[0] if n.op in leaving else None)


def without_rules(roots: Iterable[Node]) -> dict[Node, Node]:
    """Return what every node becomes without those that only gradients know of.

    A "detach" node has the value of its argument, and stays a value of its own: two
    products, of a value and of it detached, are two. The core has no such operation,
    but the larger of twice the same.
    """

    def rule(node: Node, args: tuple[Node, ...]) -> Node | None:
        if node.op == "detach":
            return node.table.make("max", (args[0], args[0]))
        return args[0] if node.op == "normed" else None

    return replaced(roots, rule)

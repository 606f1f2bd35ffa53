"""The way back through a step: reverse differentiation of its graph.

Gradients are nodes of the same table, so what the step has computed and what several
gradients share appears once. New leaves are dL/d(state after the step), `dstate`, and
what a product hands back to its source, `back`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ._graph import Node, is_const, ordered
from ._layout import Product


@dataclass(frozen=True)
class Adjoint:
    """Gradients of one step; None where nothing depends on it.

    Attributes
    ----------
    slots : tuple of Node or None
        Of every slot of the products.
    before : tuple of Node or None
        Of every state before the step, without what products hand back to it.
    units : tuple of Node or None
        Of every given vector of one value a unit.
    backs : dict of int to Node
        What products hand back, by their number.
    """

    slots: tuple[Node | None, ...]
    before: tuple[Node | None, ...]
    units: tuple[Node | None, ...]
    backs: dict[int, Node]

    def nodes(self) -> list[Node]:
        """Return all of them."""
        found = (*self.slots, *self.before, *self.units, *self.backs.values())
        return [node for node in found if node is not None]

    def renewed(self, new: Mapping[Node, Node]) -> Adjoint:
        """Return them with their nodes replaced."""

        def each(nodes: Sequence[Node | None]) -> tuple[Node | None, ...]:
            return tuple(None if node is None else new[node] for node in nodes)

        return Adjoint(
            each(self.slots),
            each(self.before),
            each(self.units),
            {number: new[node] for number, node in self.backs.items()},
        )


def adjoint(
    after: Sequence[Node],
    slots: Sequence[Node],
    products: Sequence[Product],
    units: Collection[Node],
) -> Adjoint:
    """Return the gradients of a step.

    Parameters
    ----------
    after : sequence of Node
        The states after the step.
    slots : sequence of Node
        The "linear" nodes.
    products : sequence of Product
    units : collection of Node
        What counts as a given vector.
    """
    way = _Way()
    for k, node in enumerate(after):
        way.give(node, node.table.make("dstate", data=k))
    backs: dict[int, Node] = {}
    handed: dict[Node, list[tuple[int, Product]]] = {}
    for number, product in enumerate(products):
        if product.source is not None and product.source.op != "before":
            handed.setdefault(product.source, []).append((number, product))

    order = ordered(after, lambda node: node in units)
    for node in reversed(order):
        for number, product in handed.get(node, ()):
            given = [way.found.get(n) or node.table.const(0.0) for n in product.linears]
            backs[number] = node.table.make("back", given, number)
            way.give(node, backs[number])
        if node in units or node not in way.found or node.op == "linear":
            continue
        rule = _RULES.get(node.op)
        if rule is not None:
            rule(way, node, way.found[node])
    states = {node.data: way.found.get(node) for node in order if node.op == "before"}
    return Adjoint(
        tuple(way.found.get(node) for node in slots),
        tuple(states.get(k) for k in range(len(after))),
        tuple(way.found.get(node) for node in units),
        backs,
    )


def slopes(node: Node) -> dict[Node, Node]:
    """Return the derivative of a pointwise operation in each of its arguments.

    Arguments in which it is flat, such as those of a comparison, are left out; a sum
    over a row has no such derivatives.

    Parameters
    ----------
    node : Node
    """
    rule = _RULES.get(node.op)
    if rule is None or node.op == "rowsum":
        return {}
    way = _Way()
    rule(way, node, node.table.const(1.0))
    return way.found


class _Way:
    """Gradients so far."""

    def __init__(self) -> None:
        self.found: dict[Node, Node] = {}

    def give(self, node: Node, gradient: Node) -> None:
        if node.op in ("const", "width", "mask"):
            return
        known = self.found.get(node)
        table = node.table
        self.found[node] = gradient if known is None else table.add(known, gradient)


def _add(way: _Way, node: Node, g: Node) -> None:
    way.give(node.args[0], g)
    way.give(node.args[1], g)


def _sub(way: _Way, node: Node, g: Node) -> None:
    way.give(node.args[0], g)
    way.give(node.args[1], node.table.neg(g))


def _mul(way: _Way, node: Node, g: Node) -> None:
    a, b = node.args
    way.give(a, node.table.mul(g, b))
    way.give(b, node.table.mul(g, a))


def _div(way: _Way, node: Node, g: Node) -> None:
    t, (a, b) = node.table, node.args
    if is_const(a, 1.0):  # 1 / b: its square is at hand, no further division
        way.give(b, t.neg(t.mul(g, t.mul(node, node))))
        return
    over = t.apply("div", g, b)
    way.give(a, over)
    way.give(b, t.neg(t.mul(over, node)))


def _neg(way: _Way, node: Node, g: Node) -> None:
    way.give(node.args[0], node.table.neg(g))


def _sigmoid(way: _Way, node: Node, g: Node) -> None:
    # g e (1 − e), rounded once less as g e − (g e) e.
    t, along = node.table, node.table.mul(g, node)
    way.give(node.args[0], t.sub(along, t.mul(along, node)))


def _tanh(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.sub(g, t.mul(g, t.mul(node, node))))


def _relu(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    # The result is above 0 where the argument is; a NaN lets the gradient through.
    above = t.apply("step", node)
    way.give(node.args[0], t.apply("select", above, g, t.const(0.0)))


def _softplus(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.mul(g, t.apply("sigmoid", node.args[0])))


def _exp(way: _Way, node: Node, g: Node) -> None:
    way.give(node.args[0], node.table.mul(g, node))


def _log(way: _Way, node: Node, g: Node) -> None:
    way.give(node.args[0], node.table.apply("div", g, node.args[0]))


def _sqrt(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.mul(t.const(0.5), t.apply("div", g, node)))


def _abs(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.mul(g, t.apply("sign", node.args[0])))


def _extreme(way: _Way, node: Node, g: Node) -> None:
    """Give all to the one that counts, half to each of two equal ones."""
    t, (a, b) = node.table, node.args
    above, below = t.apply("greater", a, b), t.apply("greater", b, a)
    if node.op == "min":
        above, below = below, above
    half = t.const(0.5)
    share = t.add(half, t.mul(half, t.sub(above, below)))
    first = t.mul(g, share)
    way.give(a, first)
    way.give(b, t.sub(g, first))


def _select(way: _Way, node: Node, g: Node) -> None:
    t, (condition, a, b) = node.table, node.args
    zero = t.const(0.0)
    way.give(a, t.apply("select", condition, g, zero))
    way.give(b, t.apply("select", condition, zero, g))


def _sin(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.mul(g, t.apply("cos", node.args[0])))


def _cos(way: _Way, node: Node, g: Node) -> None:
    t = node.table
    way.give(node.args[0], t.neg(t.mul(g, t.apply("sin", node.args[0]))))


def _rowsum(way: _Way, node: Node, g: Node) -> None:
    # Every unit sees the sum: all their gradients come back to every summand.
    way.give(node.args[0], node.table.make("rowsum", (g,)))


def _normed(way: _Way, node: Node, g: Node) -> None:
    """Go back through a normalised value at once, with two sums of one level.

    Its sum is 0, which what it is made of does not know.
    """
    t, (normed, value, inverse) = node.table, node.args
    share = t.apply("div", t.const(1.0), t.make("width"))
    mean = t.mul(t.make("rowsum", (g,)), share)
    along = t.mul(t.make("rowsum", (t.mul(g, normed),)), share)
    rest = t.sub(t.sub(g, mean), t.mul(normed, along))
    way.give(value, t.mul(inverse, rest))


_RULES = {
    "normed": _normed,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "softplus": _softplus,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "abs": _abs,
    "max": _extreme,
    "min": _extreme,
    "select": _select,
    "sin": _sin,
    "cos": _cos,
    "rowsum": _rowsum,
}

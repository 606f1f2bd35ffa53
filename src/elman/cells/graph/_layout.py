"""Where everything of a step lies: parameters, the core's slots, its products.

A "linear" node is one slot, a vector that starts as its bias and to which products add.
The slots are put in an order in which the slots of each product stand side by side.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ._graph import Node

INPUT, BEFORE, AFTER, FRAME = range(4)
"""What a product multiplies: the core's numbers."""

INPUT_WEIGHT, STATE_WEIGHT, BIAS = "weight_ih", "weight_hh", "bias"
"""A layer's parameters, beside those of one value a unit."""


@dataclass(frozen=True)
class Block:
    """H rows of a parameter: which gate's, and which of its arguments they multiply.

    Attributes
    ----------
    gate : str
    inputs : bool
        Whether x takes part in the same sum.
    state : bool
        Whether anything else does.
    place : int
        Which argument beside x.
    """

    gate: str
    inputs: bool
    state: bool
    place: int = 0


@dataclass(frozen=True)
class Blocks:
    """The row blocks of a layer's parameters, in their order."""

    weight_ih: tuple[Block, ...]
    weight_hh: tuple[Block, ...]
    bias: tuple[Block, ...]

    def of(self, parameter: str) -> tuple[Block, ...]:
        """Return those of one parameter."""
        found: tuple[Block, ...] = getattr(self, parameter)
        return found


def blocks(linears: Sequence[Node]) -> Blocks:
    """Return the row blocks of the parameters of these "linear" nodes."""

    def block(node: Node, place: int = 0) -> Block:
        data = node.data
        if data.shared:
            return Block(data.name, True, True, data.place)
        return Block(data.name, data.inputs, bool(node.args), place)

    def once(found: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(dict.fromkeys(found))

    return Blocks(
        once(block(n) for n in linears if n.data.inputs),
        once(block(n, k) for n in linears for k in range(len(n.args))),
        once(block(n) for n in linears if n.data.bias),
    )


@dataclass(frozen=True)
class Places:
    """Which row block of a parameter belongs to each "linear" node.

    Attributes
    ----------
    weight_ih : mapping of Node to int
    weight_hh : mapping of (Node, Node) to int
        Of a node and one of its arguments.
    bias : mapping of Node to int
    """

    weight_ih: Mapping[Node, int]
    weight_hh: Mapping[tuple[Node, Node], int]
    bias: Mapping[Node, int]


def row_places(linears: Sequence[Node]) -> Places:
    """Return where the rows of "linear" nodes stand; shared ones stand in one place."""
    known = blocks(linears)

    def place(parameter: str, node: Node, number: int = 0) -> int:
        (own,) = blocks([node]).of(parameter)[number : number + 1]
        return known.of(parameter).index(own)

    return Places(
        {n: place(INPUT_WEIGHT, n) for n in linears if n.data.inputs},
        {(n, a): place(STATE_WEIGHT, n, k) for n in linears for k, a in _numbered(n)},
        {n: place(BIAS, n) for n in linears if n.data.bias},
    )


def _numbered(node: Node) -> Iterable[tuple[int, Node]]:
    return enumerate(node.args)


@dataclass(frozen=True)
class Weight:
    """One of the core's weight matrices: row blocks of a parameter.

    Attributes
    ----------
    parameter : str
    blocks : tuple of int
        Ascending.
    whole : bool
        Whether it is the parameter as it is.
    """

    parameter: str
    blocks: tuple[int, ...]
    whole: bool

    @functools.cached_property
    def together(self) -> bool:
        """Whether the blocks stand side by side in the parameter."""
        return self.blocks == tuple(range(self.blocks[0], self.blocks[-1] + 1))


@dataclass(frozen=True)
class Product:
    """A weight matrix times a source, added to slots side by side.

    Attributes
    ----------
    source : Node or None
        None: x.
    kind : int
        INPUT, BEFORE, AFTER or FRAME.
    first : int
        The first slot.
    linears : tuple of Node
        What the slots hold.
    rows : tuple of int
        The row block of the weight for each slot.
    weight : Weight
    """

    source: Node | None
    kind: int
    first: int
    linears: tuple[Node, ...]
    rows: tuple[int, ...]
    weight: Weight


def products(
    linears: Sequence[Node], after: Sequence[Node]
) -> tuple[tuple[Node, ...], tuple[Product, ...]]:
    """Return the slots in their order, and the products that feed them."""
    known = blocks(linears)
    rows_at = row_places(linears)
    places: dict[tuple[Node, Node | None], int] = {}
    places.update({(n, None): k for n, k in rows_at.weight_ih.items()})
    places.update({(n, source): k for (n, source), k in rows_at.weight_hh.items()})

    slots = _ordered(linears)
    sources: list[Node | None] = [None] if rows_at.weight_ih else []
    sources += dict.fromkeys(source for n in linears for source in n.args)
    found: list[Product] = []
    for source in sources:
        parameter = INPUT_WEIGHT if source is None else STATE_WEIGHT
        for first, run in _runs([_feeds(n, source) for n in slots]):
            fed = slots[first : first + run]
            own = sorted(places[n, source] for n in fed)
            whole = len(own) == len(known.of(parameter))
            rows = tuple(own.index(places[n, source]) for n in fed)
            weight = Weight(parameter, tuple(own), whole)
            kind = _kind(source, after)
            found.append(Product(source, kind, first, tuple(fed), rows, weight))
    return tuple(slots), tuple(found)


def _feeds(node: Node, source: Node | None) -> bool:
    return bool(node.data.inputs) if source is None else source in node.args


def _kind(source: Node | None, after: Sequence[Node]) -> int:
    if source is None:
        return INPUT
    if source.op == "before":
        return BEFORE
    return AFTER if source in after else FRAME


def _runs(feeds: Sequence[bool]) -> list[tuple[int, int]]:
    """Return first and length of every run of true values."""
    found = []
    for fed, group in itertools.groupby(range(len(feeds)), key=feeds.__getitem__):
        if fed:
            members = list(group)
            found.append((members[0], len(members)))
    return found


def _ordered(linears: Sequence[Node]) -> list[Node]:
    """Return the slots such that products are cut into as few runs as can be."""
    groups: dict[tuple[Node | None, ...], list[Node]] = {}
    for node in linears:
        key = ((None,) if node.data.inputs else ()) + node.args
        groups.setdefault(key, []).append(node)
    # Those that the input alone feeds first: chunks of steps fill them beforehand.
    keys = sorted(groups, key=lambda key: (None not in key, len(key)))
    sources = dict.fromkeys(source for key in keys for source in key)

    def cuts(order: Iterable[tuple[Node | None, ...]]) -> int:
        order = list(order)
        return sum(len(_runs([s in key for key in order])) for s in sources)

    if len(keys) <= 6:
        keys = list(min(itertools.permutations(keys), key=cuts))
    return [node for key in keys for node in groups[key]]

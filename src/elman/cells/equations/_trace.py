"""Reads a cell's equations: runs `step` on symbols and keeps the graph they leave."""

from __future__ import annotations

import functools
import inspect
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

from elman._errors import InputError
from elman.cells.graph._graph import POINTWISE, Linear, Node, Table, ordered

from ._blame import failed_step, step_error
from ._draws import Draw
from ._symbols import Input, Symbol, moves, node_of

if TYPE_CHECKING:
    from elman.cells._cell import Cell


@dataclass(frozen=True)
class Step:
    """The equations as a graph.

    Attributes
    ----------
    name : str
        Of the cell's class.
    states : tuple of str
    table : Table
        Where further nodes are made.
    after : tuple of Node
        The states after the step.
    gates : tuple of str
        The order of row blocks.
    linears : tuple of Node
        Every "linear" node, by gate, then in the order of the step.
    units : mapping of str to Draw
        Parameters of one value a unit, in the order of the step.
    values : mapping of str to Node
        Gates by name, as a trace shows them.
    heads : int
    dropped : tuple of int
        States that recurrent dropout may hide.
    """

    name: str
    states: tuple[str, ...]
    table: Table
    after: tuple[Node, ...]
    gates: tuple[str, ...]
    linears: tuple[Node, ...]
    units: Mapping[str, Draw]
    values: Mapping[str, Node]
    heads: int
    dropped: tuple[int, ...]

    def renewed(self, new: Mapping[Node, Node]) -> Step:
        """Return the step with its nodes replaced."""
        return replace(
            self,
            after=tuple(new[n] for n in self.after),
            linears=tuple(new[n] for n in self.linears),
            values={name: new[n] for name, n in self.values.items()},
        )

    @property
    def roots(self) -> tuple[Node, ...]:
        """All the nodes it names."""
        return (*self.after, *self.linears, *self.values.values())


class _Trace:
    """Gives a step symbols for its weights, and remembers which."""

    def __init__(self, table: Table, states: tuple[str, ...]) -> None:
        self.table, self.states = table, states
        self.linears: list[Node] = []
        self.units: dict[str, Draw] = {}
        self.named: dict[str, Node] = {}
        self.lines: dict[Node, InputError] = {}

    def linear(
        self, name: str, sources: tuple[Any, ...], bias: bool, shared: bool, first: int
    ) -> Symbol:
        _check_name("linear", name)
        if not sources:
            raise step_error(f'self.linear("{name}") needs x or a state to multiply')
        inputs = [s for s in sources if isinstance(s, Input)]
        if len(inputs) > 1:
            raise step_error(f'self.linear("{name}", ...) got x twice')
        args = [node_of(self.table, s) for s in sources if not isinstance(s, Input)]
        if len(set(args)) != len(args):
            raise step_error(f'self.linear("{name}", ...) got one value twice')
        for arg in args:
            if not moves(arg):
                raise step_error(
                    f'self.linear("{name}", ...) got a value that no state and no '
                    "input reaches; multiply states, x or what is computed from them"
                )
        if any(n.data.name == name and n.data.shared != shared for n in self.linears):
            raise step_error(
                f'self.linear("{name}", ...) stands with shared=True and without; '
                "write it at both, or give the second a name of its own"
            )
        if shared:
            return Symbol(self._shared(name, bool(inputs), args, bias, first))
        node = self.table.make("linear", args, Linear(name, bool(inputs), bias))
        for other in self.linears:
            if other.data.name != name or other is node:
                continue
            if other.data.inputs == bool(inputs) or (other.args and args):
                raise step_error(
                    f'self.linear("{name}", ...) stands a second time with other '
                    "values; give the second a name of its own, or write shared=True "
                    "at both for the same weights"
                )
        return Symbol(self._known(node))

    def _known(self, node: Node) -> Node:
        if node not in self.linears:
            self.linears.append(node)
            self.lines[node] = step_error(
                f'nothing depends on self.linear("{node.data.name}", ...): leave it '
                "out or use it"
            )
        return node

    def _shared(
        self, name: str, inputs: bool, args: list[Node], bias: bool, first: int
    ) -> Node:
        """Return a sum of products that are nodes of their own."""
        parts = []
        if inputs:
            own = Linear(name, True, bias, True)
            parts.append(self._known(self.table.make("linear", (), own)))
        for k, arg in enumerate(args, first):
            own = Linear(name, False, bias and not inputs and k == first, True, k)
            parts.append(self._known(self.table.make("linear", (arg,), own)))
        same = [n for n in self.linears if n.data.name == name]
        if len({(n.data.place, n.data.inputs, n.data.bias) for n in same}) > len(
            {(n.data.place, n.data.inputs) for n in same}
        ):
            raise step_error(
                f'self.linear("{name}", ..., shared=True) has to have x and bias at '
                "every place or at none, as one sum starts from them"
            )
        return functools.reduce(self.table.add, parts)

    def unit(self, name: str, init: Draw) -> Symbol:
        _check_name("unit", name)
        if not hasattr(init, "draw"):
            raise step_error(
                f'self.unit("{name}", init=...) takes a number or one of '
                f"elman.cells' draws such as Uniform(0, 1), got {init!r}"
            )
        if self.units.setdefault(name, init) != init:
            raise step_error(f'self.unit("{name}") has two different starts')
        node = self.table.make("unit", data=name)
        if node not in self.lines:
            self.lines[node] = step_error(
                f'nothing depends on self.unit("{name}"): leave it out or use it'
            )
        return Symbol(node)

    def gate(self, name: str, value: Any) -> Symbol:
        _check_name("gate", name)
        if name in self.states:
            raise step_error(f'self.gate("{name}", ...) has the name of a state')
        node = node_of(self.table, value)
        if (not node.args and node.op != "linear") or not moves(node):
            raise step_error(
                f'self.gate("{name}", ...) names a value that the step computes from x '
                "or a state; got a parameter, a number or a state as it was"
            )
        if self.named.setdefault(name, node) is not node:
            raise step_error(f'self.gate("{name}", ...) names two values')
        return Symbol(node)


def _check_name(what: str, name: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise step_error(
            f'self.{what} needs a name first, such as self.{what}("f", ...), got '
            f"{name!r}"
        )


class _Watched(Table):
    """Blames the line that makes the node of a number."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__()
        self.name, self.number = name, number

    def make(self, op: str, args: Sequence[Node] = (), data: Any = None) -> Node:
        """Return the node, unless it is the one."""
        node = super().make(op, args, data)
        if node.index == self.number:
            raise step_error(_changes(self.name))
        return node


def _changes(name: str) -> str:
    return (
        f"{name}.step has another value each time it is read, and it is read once: "
        "random numbers and clocks have no place in it; use self.unit(..., init=...) "
        "for what is drawn once, recurrent_dropout or zoneout for noise"
    )


def trace(cell: Cell) -> Step:
    """Return the graph of a cell's step.

    Raises
    ------
    InputError
        With the line of the step that cannot be read, and what may stand there.
    """
    _check_signature(cell)
    before = _generators()
    found, again = _trace(cell, Table()), _trace(cell, Table())
    pair = [_written(step.table) for step in (found, again)]
    if pair[0] != pair[1] or _generators() != before:
        name = type(cell).__name__
        places = enumerate(zip(*pair, strict=False))
        other = next((k for k, (a, b) in places if a != b), None)
        if other is not None:
            _trace(cell, _Watched(name, other))
        raise InputError(_changes(name))
    return found


def _generators() -> list[Any]:
    """Return the states of the generators that anybody may draw from.

    Not torch's: under its tracers there is no state to read.
    """
    found: list[Any] = [random.getstate()]
    if sys.modules.get("numpy") is not None:
        _, key, *rest = sys.modules["numpy"].random.get_state()
        found += [key.tobytes(), rest]
    return found


def _written(table: Table) -> list[tuple[str, tuple[int, ...], str]]:
    """Return what each node of a table is, in the order they were made."""
    return [(n.op, tuple(a.index for a in n.args), repr(n.data)) for n in table.nodes]


def _trace(cell: Cell, table: Table) -> Step:
    states, name = cell.states, type(cell).__name__
    run = _Trace(table, states)
    before = [Symbol(table.make("before", data=i)) for i in range(len(states))]
    try:
        found = cell.bound(run)(Input(), *before)
    except InputError:
        raise
    except Exception as error:
        raise failed_step(error) from error
    if len(found) != len(states):
        raise InputError(
            f"{name}.step returned {len(found)} value{'s' * (len(found) != 1)}, "
            f"its states are {', '.join(states)}; return one value for each, in this "
            "order"
        )
    for state, value in zip(states, found, strict=True):
        if isinstance(value, Input):
            raise InputError(
                f"{name}.step returned x for {state}, and x is as wide as the input, "
                f'not as the units; write self.linear("{state}", x)'
            )
        if not isinstance(value, Symbol | Real):
            raise InputError(
                f"{name}.step returned {value!r} for {state}; return the new {state}"
            )
    after = tuple(node_of(table, value) for value in found)
    reached = set(ordered(after))
    for node, unused in run.lines.items():
        if node not in reached:
            raise unused
    if not run.linears:
        raise InputError(
            f"{name}.step multiplies nothing by weights; the input enters by "
            'self.linear("name", x)'
        )
    if not any(node.data.inputs for node in run.linears):
        raise InputError(
            f'{name}.step does not use x; the input enters by self.linear("name", x)'
        )
    gates = _order(cell, run.linears)
    place = {gate: k for k, gate in enumerate(gates)}
    linears = sorted(run.linears, key=lambda node: place[node.data.name])
    values = _values(states, after, linears, run.named)
    dropped = _dropped(cell)
    return Step(
        name, states, table, after, gates, tuple(linears), run.units, values,
        cell.heads, dropped,
    )  # fmt: skip


def _check_signature(cell: Cell) -> None:
    name, states = type(cell).__name__, cell.states
    parameters = list(inspect.signature(cell.step).parameters.values())
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return
    takes = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if len(takes) != 1 + len(states):
        raise InputError(
            f"{name}.step takes {', '.join(['self', *(p.name for p in takes)])}; with "
            f"states = {states!r} it must be step(self, x, {', '.join(states)})"
        )


def _order(cell: Cell, linears: list[Node]) -> tuple[str, ...]:
    used = tuple(dict.fromkeys(node.data.name for node in linears))
    if cell.gates and set(cell.gates) != set(used):
        raise InputError(
            f"{type(cell).__name__}.gates names {', '.join(cell.gates)}, step uses "
            f"{', '.join(used)}; both must be the same"
        )
    return tuple(cell.gates) or used


def _dropped(cell: Cell) -> tuple[int, ...]:
    names = cell.states[:1] if cell.dropped is None else cell.dropped
    for name in names:
        if name not in cell.states:
            raise InputError(
                f"{type(cell).__name__}.dropped names {name!r}; the states are "
                f"{', '.join(cell.states)}"
            )
    return tuple(cell.states.index(name) for name in names)


_ACTIVATIONS = {
    "sigmoid",
    "tanh",
    "relu",
    "softplus",
    "exp",
    "log",
    "abs",
    "sin",
    "cos",
}
_ON_THE_WAY = {"add", "sub", "mul", "neg", "div"}


def _values(
    states: tuple[str, ...],
    after: tuple[Node, ...],
    linears: list[Node],
    named: Mapping[str, Node],
) -> dict[str, Node]:
    """Return what a trace shows as each gate.

    A gate that `step` names itself is that value; else what the first activation on
    the only way from its products makes of them.
    """
    uses: dict[Node, list[Node]] = {}
    for node in ordered(after):
        for arg in node.args:
            uses.setdefault(arg, []).append(node)
    found: dict[str, Node] = {}
    for start in linears:
        name, node = start.data.name, start
        while node.op not in _ACTIVATIONS:
            above = uses.get(node, [])
            if node in after or len(above) != 1 or above[0].op not in POINTWISE:
                node = start
                break
            node = above[0]
            if node.op not in _ON_THE_WAY | _ACTIVATIONS:
                node = start
                break
        if name not in found or found[name].op == "linear":
            found[name] = node
    found.update(named)
    return {
        name: node
        for name, node in found.items()
        if node not in after and name not in states
    }

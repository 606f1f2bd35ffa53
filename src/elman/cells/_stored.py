"""A cell as plain data: what a run directory keeps of it, no code among it.

Stored is the graph of the equations. A cell that is made of it again has the same
`step`, and so all that follows from one, also where its class is not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from elman._errors import InputError

from ._cell import Cell
from .equations import _draws, _transforms
from .equations._draws import Draw
from .equations._functions import Value
from .equations._symbols import Symbol, record
from .equations._transforms import Transform
from .graph._graph import POINTWISE, Linear, Node, ordered
from .numeric._operations import operation

VERSION = 3
"""Since 2 parameters may be transformed, since 3 weights shared and values detached.

A cell is written as the least of them that tells it.
"""

_KEPT = ("before", "linear", "unit", "const", "width", "rowsum", "normed", "detach")


def stored(cell: Cell) -> dict[str, Any]:
    """Return a cell as plain data: texts, numbers, lists and mappings of them.

    Parameters
    ----------
    cell : Cell

    Raises
    ------
    InputError
        If a parameter starts in a way that is not one of `elman.cells`.
    """
    step = cell.traced
    units, weights = starts(cell)
    transforms = {k: _plain_of(t, _transforms) for k, t in cell.transforms.items()}
    version = 2 if transforms else 1
    detached = any(n.op == "detach" for n in ordered(step.roots))
    if detached or any(n.data.shared for n in step.linears):
        version = VERSION
    return {
        "version": version,
        **({"transforms": transforms} if transforms else {}),
        **described(cell),
        "units": {name: _draw_of(d) for name, d in units.items()},
        "init": {name: _draw_of(d) for name, d in weights.items()},
        "limits": {name: list(pair) for name, pair in cell.limits.items()},
    }


def starts(cell: Cell) -> tuple[dict[str, Draw | float], dict[str, Draw | float]]:
    """Return how parameters of one value a unit start, and how the others do.

    Parameters
    ----------
    cell : Cell
    """
    own = cell.traced.units
    units = {name: cell.init.get(name, draw) for name, draw in own.items()}
    return units, {k: d for k, d in cell.init.items() if k not in own}


def described(cell: Cell) -> dict[str, Any]:
    """Return the equations as plain data, without how parameters start.

    Parameters
    ----------
    cell : Cell
    """
    step = cell.traced
    # In the order they were made, which the program's own follows.
    order = sorted(ordered(step.roots), key=lambda node: node.index)
    places = {node: k for k, node in enumerate(order)}
    return {
        "name": step.name,
        "source": cell.source,
        "states": list(step.states),
        "gates": list(step.gates),
        "heads": step.heads,
        "dropped": [step.states[k] for k in step.dropped],
        **({"parts": [list(names) for names in cell.parts]} if cell.parts else {}),
        "options": cell.chosen(),
        "written": cell.written_options(),
        "nodes": [[n.op, [places[a] for a in n.args], _data_of(n)] for n in order],
        "after": [places[n] for n in step.after],
        "values": {name: places[n] for name, n in step.values.items()},
    }


def restored(data: Mapping[str, Any]) -> Cell:
    """Return the cell of what `stored` returned.

    Parameters
    ----------
    data : mapping

    Raises
    ------
    InputError
        If it is not that.
    """
    version = data.get("version") if isinstance(data, Mapping) else None
    if version not in range(1, VERSION + 1):
        raise InputError(
            f"cell: stored in version {version!r}; this Elman reads 1 to {VERSION}"
        )
    try:
        found = made(
            data,
            units={str(k): _draw(d) for k, d in data["units"].items()},
            init={str(k): _draw(d) for k, d in data["init"].items()},
            limits={str(k): (a, b) for k, (a, b) in data["limits"].items()},
            transforms={
                str(k): _made(t, _transforms)
                for k, t in data.get("transforms", {}).items()
            },
        )
        whole = tuple(found.traced.states) == tuple(data["states"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"cell: its stored equations are damaged ({error})") from error
    if not whole:
        raise InputError("cell: its stored equations are damaged")
    return found


class _Stored(Cell):
    """A cell whose step is a stored graph."""

    _nodes: Sequence[tuple[str, Sequence[int], Any]] = ()
    _after: Sequence[int] = ()
    _values: Mapping[str, int] = {}
    _units: Mapping[str, Draw | float] = {}
    _written: Sequence[str] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, value in type(self).options().items():
            if getattr(self, name) != value:
                raise InputError(
                    f"{type(self).__name__} was stored with {name}={value!r}, which is "
                    "part of its equations by now; take the class itself for another"
                )

    def written_options(self) -> list[str]:
        """Return the options that differed from their defaults when it was stored."""
        return list(self._written)

    def step(self, x: Value, *states: Value) -> tuple[Value, ...]:
        """Return the new states, as the stored graph computes them."""
        for name, draw in self._units.items():
            self.unit(name, draw)
        found: list[Value] = []
        for op, args, data in self._nodes:
            found.append(self._value(op, [found[a] for a in args], data, x, states))
        for name, place in self._values.items():
            self.gate(name, found[place])
        return tuple(found[place] for place in self._after)

    def _value(
        self, op: str, args: list[Value], data: Any, x: Value, states: Sequence[Value]
    ) -> Value:
        if op == "before":
            return states[data]
        if op == "const":
            return float.fromhex(data)
        if op == "unit":
            return self.unit(data, self._units[data])
        if op == "linear":
            name, inputs, bias, *shared = data
            sources = (x, *args) if inputs else tuple(args)
            first = shared[0] if shared else 0
            return self._bound("linear").linear(
                name, sources, bias, bool(shared), first
            )
        if op == "width":
            like = states[0]
            if isinstance(like, Symbol):
                return Symbol(like.node.table.make("width"))
            return float(like.shape[-1])
        if any(isinstance(a, Symbol) for a in args):
            if op not in ("rowsum", "normed", "detach"):
                return record(op, *args)
            nodes = [a.node for a in args]
            return Symbol(nodes[0].table.make(op, nodes))
        return args[0] if op == "normed" else operation(op)(*args)


def made(
    data: Mapping[str, Any],
    *,
    units: Mapping[str, Draw | float],
    init: Mapping[str, Draw | float],
    limits: Mapping[str, tuple[float, float]],
    transforms: Mapping[str, Transform],
) -> Cell:
    """Return an instance of a class of the described name.

    Parameters
    ----------
    data : mapping
        As `described` returns it.
    units, init, limits, transforms : mapping
        How parameters start, and what is done to them.
    """
    options = {str(k): v for k, v in data["options"].items() if k != "heads"}
    nodes = []
    for k, (op, args, value) in enumerate(data["nodes"]):
        if op not in _KEPT + POINTWISE or any(not 0 <= a < k for a in args):
            raise ValueError(f"node {k}")
        nodes.append((op, tuple(args), value))
    members = {
        **options,
        "__doc__": f"A stored cell: {data['name']}.",
        "source": str(data["source"]),
        "states": tuple(map(str, data["states"])),
        "gates": tuple(map(str, data["gates"])),
        "dropped": tuple(map(str, data["dropped"])),
        "parts": tuple(tuple(map(str, names)) for names in data.get("parts", ())),
        "heads": int(data["heads"]),
        "init": dict(init),
        "limits": dict(limits),
        "transforms": dict(transforms),
        "_nodes": nodes,
        "_after": tuple(data["after"]),
        "_values": dict(data["values"]),
        "_written": tuple(map(str, data.get("written", ()))),
        "_units": dict(units),
    }
    found: Cell = type(str(data["name"]), (_Stored,), members)()
    return found


def _data_of(node: Node) -> Any:
    if isinstance(node.data, Linear):
        own = [node.data.name, node.data.inputs, node.data.bias]
        return [*own, node.data.place] if node.data.shared else own
    return node.data.hex() if isinstance(node.data, float) else node.data


def _draw_of(draw: Draw | float) -> Any:
    return float(draw) if isinstance(draw, int | float) else _plain_of(draw, _draws)


def _plain_of(value: Any, home: ModuleType) -> Any:
    """Return the name and the fields of one of the classes of a module."""
    name = type(value).__name__
    known = getattr(home, name, None) is type(value)
    if not dataclasses.is_dataclass(value) or not known:
        raise InputError(
            f"cell: a parameter is made by {value!r}, which cannot be stored; use one "
            "of elman.cells' own, such as Uniform(0, 1)"
        )
    return [name, dataclasses.asdict(value)]  # type: ignore[arg-type]


def _draw(data: Any) -> Draw | float:
    if isinstance(data, int | float):
        return float(data)
    return _made(data, _draws)  # type: ignore[no-any-return]


def _made(data: Any, home: ModuleType) -> Any:
    name, fields = data
    kind = getattr(home, name, None)
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
        raise ValueError(f"nothing is called {name!r}")
    return kind(**fields)

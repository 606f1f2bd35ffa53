"""A cell in a pickle: with its equations, so that it computes what it did when saved.

A pickle names a class, whose text may have changed or gone by the time it is read.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Mapping
from typing import Any

from elman._errors import InputError

from ._cell import Cell
from ._stored import __name__ as stored_module
from ._stored import described, made, starts


def reduced(cell: Cell) -> tuple[Any, ...]:
    """Return what a pickle holds of a cell: see `object.__reduce__`.

    Parameters
    ----------
    cell : Cell
    """
    kind = type(cell)
    state = {**cell.chosen(), **cell.__getstate__()}
    try:
        data = _data(cell)
    except InputError:  # it has no equations that could be read: nothing to lose
        data = {}
    return revived, (kind.__module__, kind.__qualname__, state, data)


def revived(
    module: str, name: str, state: Mapping[str, Any], data: Mapping[str, Any]
) -> Cell:
    """Return the cell of a pickle.

    Of its class where that still has the equations it was saved with; else of the saved
    equations, with a warning if the class is there and has others.

    Parameters
    ----------
    module, name : str
        Of its class.
    state : mapping
        Its attributes, all options among them.
    data : mapping
        As `reduced` packs it.

    Raises
    ------
    InputError
        If the class is not there and its equations were not saved.
    """
    kind = _class(module, name)
    if kind is not None:
        found = object.__new__(kind)
        found.__dict__.update(state)
        if not data or _same(found, data):
            return found
        warnings.warn(
            f"{name}: its class has other equations or options than when this was "
            "saved; the saved ones are used, as the weights belong to them",
            stacklevel=2,
        )
    if not data:
        raise InputError(
            f"{name}: its class is not in {module}, and its equations were not saved"
        )
    return _of(data)


def _data(cell: Cell) -> dict[str, Any]:
    units, init = starts(cell)
    own = {"limits": dict(cell.limits), "transforms": dict(cell.transforms)}
    return {**own, "units": units, "init": init, "equations": described(cell)}


def _of(data: Mapping[str, Any]) -> Cell:
    rest = {k: v for k, v in data.items() if k != "equations"}
    return made(data["equations"], **rest)


def _class(module: str, name: str) -> type[Cell] | None:
    """Return a class by its name, or None if there is none."""
    if module == stored_module:  # it was made of stored equations
        return None
    try:
        home: Any = importlib.import_module(module)
        found = functools.reduce(getattr, name.split("."), home)
    except (ImportError, AttributeError):
        return None
    return found if isinstance(found, type) and issubclass(found, Cell) else None


_COMPARED = ("states", "gates", "heads", "dropped", "parts", "nodes", "after", "values")


def _same(cell: Cell, data: Mapping[str, Any]) -> bool:
    """Return whether a cell computes what a pickle's does."""
    try:
        own = _data(cell)
        # By way of the reader, which writes the same equations in an order of its own.
        one, two = (described(_of(each)) for each in (own, data))
    except InputError:
        return False
    return (
        all(one.get(key) == two.get(key) for key in _COMPARED)
        and list(own["units"]) == list(data["units"])
        and own["limits"] == data["limits"]
        and _alike(own["transforms"], data["transforms"])
    )


def _alike(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Return whether transforms are the same, also where they cannot be compared."""
    return list(one) == list(two) and all(
        a == b or (type(a) is type(b) and vars(a) == vars(b))
        for a, b in zip(one.values(), two.values(), strict=True)
    )

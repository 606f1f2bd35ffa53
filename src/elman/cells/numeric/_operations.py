"""The operations of a graph on arrays and tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from elman.cells.equations import _functions as functions
from elman.cells.equations._functions import Value
from elman.cells.graph._graph import Node

_OPERATORS: dict[str, Callable[..., Value]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "max": functions.maximum,
    "min": functions.minimum,
    "select": functions.where,
    "rowsum": functions.row_sum,
    "abs": abs,
    **{
        name: getattr(functions, name)
        for name in ("sigmoid", "tanh", "relu", "softplus", "exp", "log", "sqrt")
    },
    "sin": functions.sin,
    "cos": functions.cos,
    "detach": functions.detach,
}


def _greater(a: Value, b: Value) -> Value:
    found = a > b
    like = a if hasattr(a, "shape") else b
    return found.to(like.dtype) if hasattr(found, "to") else found * 1.0


def _step(a: Value) -> Value:
    """Return 1 above 0, else 0, and NaN for NaN."""
    return _greater(a, 0.0) + 0.0 * a


def _sign(a: Value) -> Value:
    return _greater(a, 0.0) - _greater(0.0, a) + 0.0 * a


_COMPARED: dict[str, Callable[..., Value]] = {
    "greater": _greater,
    "step": _step,
    "sign": _sign,
}


def operation(op: str) -> Callable[..., Value]:
    """Return the function on arrays or tensors that an operation of a graph is."""
    return _COMPARED[op] if op in _COMPARED else _OPERATORS[op]


def apply(node: Node, found: Mapping[Node, Value]) -> Value:
    """Return the value of a pointwise node from those of its arguments.

    Parameters
    ----------
    node : Node
    found : mapping of Node to array
    """
    return operation(node.op)(*(found[a] for a in node.args))

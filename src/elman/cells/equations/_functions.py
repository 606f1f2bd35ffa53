"""The functions of equations: on symbols, NumPy arrays, torch tensors and numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from numbers import Real
from typing import Any

from elman.cells._arrays import np

from ._blame import step_error
from ._symbols import Input, Symbol, moves, record

Value = Any
"""A symbol while a step is traced, an array or a tensor while it is run."""


def tensors(*values: Value) -> Any:
    """Return torch if one of the values is a tensor."""
    torch = sys.modules.get("torch")
    if torch is not None and any(isinstance(v, torch.Tensor) for v in values):
        return torch
    return None


def _same(torch: Any, *values: Value) -> list[Any]:
    """Return tensors of one dtype and device; numbers become tensors."""
    like = next(v for v in values if isinstance(v, torch.Tensor))
    # new_full, as exported loops do not take new_tensor.
    return [v if isinstance(v, torch.Tensor) else like.new_full((), v) for v in values]


def _unary(op: str, value: Value) -> Value:
    if isinstance(value, Symbol):
        return record(op, value)
    if isinstance(value, Input):
        value._refuse()
    torch = tensors(value)
    if torch is None:
        return (
            _of_number(op, value) if isinstance(value, Real) else _of_array(op, value)
        )
    if op == "softplus":
        # torch's own is the argument itself above 20.
        return torch.logaddexp(value, value.new_zeros(()))
    return getattr(torch, op)(value)


def _of_array(op: str, value: Value) -> Value:
    if not isinstance(value, np.ndarray | np.generic):
        raise step_error(f"{op} takes a value of the step or a number, got {value!r}")
    return _OWN[op](value) if op in _OWN else getattr(np, op)(value)


def _of_number(op: str, value: Real) -> Value:
    """Return what a step makes of a plain number, which has to be one itself."""
    with np.errstate(all="ignore"):
        found = _of_array(op, np.float64(float(value)))
    if not np.isfinite(found) and np.isfinite(float(value)):
        raise step_error(f"{op}({value!r}) is {found}")
    return found


def numpy_sigmoid(a: Any) -> Any:
    """Return 1 / (1 + exp(−a)), without overflow."""
    small = np.exp(-np.abs(a))
    return np.where(np.asarray(a) < 0, small, 1.0) / (1.0 + small)


_OWN: dict[str, Callable[[Any], Any]] = {
    "sigmoid": numpy_sigmoid,
    "relu": lambda a: np.maximum(a, 0.0),
    "softplus": lambda a: np.logaddexp(a, 0.0),
}
"""Functions that NumPy has not, or under another name."""


def sigmoid(value: Value) -> Value:
    """Return 1 / (1 + exp(−value))."""
    return _unary("sigmoid", value)


def tanh(value: Value) -> Value:
    """Return the hyperbolic tangent."""
    return _unary("tanh", value)


def relu(value: Value) -> Value:
    """Return max(value, 0)."""
    return _unary("relu", value)


def softplus(value: Value) -> Value:
    """Return ln(1 + exp(value))."""
    return _unary("softplus", value)


def exp(value: Value) -> Value:
    """Return e to the power of the value."""
    return _unary("exp", value)


def log(value: Value) -> Value:
    """Return the natural logarithm."""
    return _unary("log", value)


def sqrt(value: Value) -> Value:
    """Return the square root."""
    return _unary("sqrt", value)


def sin(value: Value) -> Value:
    """Return the sine."""
    return _unary("sin", value)


def cos(value: Value) -> Value:
    """Return the cosine."""
    return _unary("cos", value)


def maximum(a: Value, b: Value) -> Value:
    """Return the larger of two, NaN if either is; equal ones share the gradient.

    Parameters
    ----------
    a, b : value
    """
    return _binary("max", "maximum", a, b)


def minimum(a: Value, b: Value) -> Value:
    """Return the smaller of two, NaN if either is; equal ones share the gradient.

    Parameters
    ----------
    a, b : value
    """
    return _binary("min", "minimum", a, b)


def _binary(op: str, name: str, a: Value, b: Value) -> Value:
    if isinstance(a, Symbol) or isinstance(b, Symbol):
        return record(op, a, b)
    torch = tensors(a, b)
    if torch is None:
        return getattr(np, name)(a, b)
    return getattr(torch, name)(*_same(torch, a, b))


def where(condition: Value, a: Value, b: Value) -> Value:
    """Return a where the condition holds, else b.

    Parameters
    ----------
    condition : value
        Such as ``u > v``; anything but 0 holds.
    a, b : value
    """
    if isinstance(condition, Symbol):
        return record("select", condition, a, b)
    if isinstance(condition, bool):
        raise step_error(
            "where needs a condition on values such as a > b, got a plain "
            f"{condition}; for an option write Python's if"
        )
    torch = tensors(condition)
    if torch is None:
        return np.where(np.asarray(condition) != 0, a, b)
    if not isinstance(a, torch.Tensor) and not isinstance(b, torch.Tensor):
        floats = condition.is_floating_point()
        kind = condition.dtype if floats else torch.get_default_dtype()
        a = condition.new_full((), a, dtype=kind)
    return torch.where(condition != 0, *_same(torch, a, b))


def row_sum(value: Value) -> Value:
    """Return the sum over a row's units, for every unit."""
    if isinstance(value, Symbol):
        return Symbol(value.node.table.make("rowsum", (value.node,)))
    if tensors(value) is None:
        return np.sum(value, axis=-1, keepdims=True)
    return value.sum(-1, keepdim=True)


def detach(value: Value) -> Value:
    """Return the value, through which no gradient passes.

    A program exported for any number of steps predicts, and has the value alone.

    Parameters
    ----------
    value : value
        Of the step: computed from x or a state.
    """
    if isinstance(value, Symbol):
        if not moves(value.node):
            raise step_error(
                "detach takes a value that x or a state reaches; a parameter that is "
                "not trained has requires_grad_(False)"
            )
        return Symbol(value.node.table.make("detach", (value.node,)))
    if isinstance(value, Input):
        value._refuse()
    return value if tensors(value) is None else value.detach()


def normalise(value: Value, eps: float = 1e-5) -> Value:
    """Return a value less its mean over a row's units, over its standard deviation.

    Parameters
    ----------
    value : value
    eps : float
        Added to the variance.
    """
    if not (isinstance(eps, Real) and 0 <= eps < float("inf")):
        raise step_error(f"normalise: eps must be a number from 0, got {eps!r}")
    centred = value - row_mean(value)
    inverse = 1 / sqrt(row_mean(centred * centred) + eps)
    found = centred * inverse
    if isinstance(found, Symbol):
        nodes = found.node, value.node, inverse.node
        return Symbol(found.node.table.make("normed", nodes))
    return found


def row_mean(value: Value) -> Value:
    """Return the mean over a row's units, for every unit."""
    if isinstance(value, Symbol):
        width = Symbol(value.node.table.make("width"))
        return row_sum(value) * record("div", 1.0, width)
    return row_sum(value) * (1.0 / value.shape[-1])

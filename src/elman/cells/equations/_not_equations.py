"""What Python offers and equations have not, refused with what to write instead.

`Symbol` inherits it; what equations have is in `_symbols`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ._blame import step_error

FUNCTIONS = (
    "sigmoid, tanh, relu, softplus, exp, log, sqrt, abs, sin, cos, maximum, minimum, "
    "where, row_sum, row_mean, normalise, detach"
)
"""What a step may call, for messages."""

_SAME = {
    "negative": "-value",
    "absolute": "abs",
    "fabs": "abs",
    "clip": "minimum(maximum(value, low), high)",
    "clamp": "minimum(maximum(value, low), high)",
    "sum": "row_sum",
    "mean": "row_mean",
    "matmul": 'self.linear("name", ...)',
    "linear": 'self.linear("name", ...)',
    "cat": "two states or two gates",
    "concatenate": "two states or two gates",
    "add": "+ with a number",
    "sub": "- with a number",
    "mul": "* with a number",
    "true_divide": "/ with a number",
}


def instead(name: str) -> str:
    """Return what to write for a function of NumPy or torch."""
    known = name in FUNCTIONS.replace(",", "").split()
    if known:
        return f"write {name}(...) from elman.cells"
    return f"use {_SAME.get(name, 'one of ' + FUNCTIONS)}"


def _refused(message: str) -> Any:
    def refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
        raise step_error(message)

    return refuse


class NotEquations:
    """Operators of Python that have no place among equations."""

    __slots__ = ()

    __ge__ = __le__ = __eq__ = __ne__ = _refused(
        "values compare with < and > only; write where(a > b, ...)"
    )
    __hash__ = None  # type: ignore[assignment]

    __bool__ = _refused(
        "a value is not known while the equations are read, so Python's if, and, "
        "or, while, max and min cannot ask it; write where(condition, a, b), "
        "maximum or minimum"
    )

    __float__ = __int__ = __index__ = __complex__ = __array__ = _refused(
        "a value has no number while the equations are read; use arithmetic and "
        f"{FUNCTIONS}"
    )

    __str__ = __format__ = _refused(
        "a value has no number to print while the equations are read; "
        "layer.trace(x) returns the states and gates of a call, and "
        "self.gate('name', value) makes a value one of them"
    )

    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = _refused(
        "a value stands for all units at once and cannot be cut or looped over; "
        "use two gates or two states"
    )
    __reversed__ = __contains__ = __getitem__

    __matmul__ = __rmatmul__ = _refused(
        '@ has no matrix here; write self.linear("name", value), which brings one'
    )

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _refused(
        "conditions are numbers, 1 or 0: write (a > 0) * (b > 0) for both, "
        "maximum(a > 0, b > 0) for one of them, 1 - (a > 0) for not"
    )

    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = _refused(
        "there is no remainder in a step; a value that starts again, such as a phase, "
        "is where(value > 1, value - 1, value)"
    )
    __divmod__ = __rdivmod__ = __mod__

    __round__ = __floor__ = __ceil__ = __trunc__ = _refused(
        "nothing is rounded in a step, as no gradient passes; a threshold is "
        "where(value > 0.5, 1.0, 0.0)"
    )

    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refused(
        "a value has no bits; use arithmetic"
    )

    def __rpow__(self, base: Any) -> NoReturn:
        """Refuse a number to the power of a value."""
        raise step_error(
            f"** takes a number as its power; write exp(log({base!r}) * value)"
        )

    __call__ = _refused("a value is no function; write * between two values")

    def __getattr__(self, name: str) -> Any:
        """Refuse methods of arrays and tensors."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise step_error(f"a value has no .{name} in a step; {instead(name)}")

    def __array_function__(self, function: Any, *_: Any) -> Any:
        """Refuse functions of NumPy."""
        name = function.__name__
        raise step_error(f"NumPy's {name} cannot take part in a step; {instead(name)}")

    @classmethod
    def __torch_function__(cls, function: Any, *_: Any) -> Any:
        """Refuse functions of torch."""
        name = getattr(function, "__name__", "function").strip("_")
        raise step_error(f"torch's {name} cannot take part in a step; {instead(name)}")

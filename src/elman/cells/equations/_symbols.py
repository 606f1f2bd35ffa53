"""What a step computes with while it is traced: symbols that record what is done.

Everything ordinary arithmetic can express is recorded. What cannot be, a Python `if`
on a value or a call into torch, says so with the user's line.
"""

from __future__ import annotations

from numbers import Real
from typing import Any, NoReturn

from elman.cells.graph._graph import Node, Table

from ._blame import step_error

FUNCTIONS = (
    "sigmoid, tanh, relu, softplus, exp, log, sqrt, abs, sin, cos, maximum, minimum, "
    "where, row_sum, row_mean, normalise"
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
}


def instead(name: str) -> str:
    """Return what to write for a function of NumPy or torch."""
    known = name in FUNCTIONS.replace(",", "").split()
    if known:
        return f"write {name}(...) from elman.cells"
    return f"use {_SAME.get(name, 'one of ' + FUNCTIONS)}"


class Input:
    """The input of the step, which only weights see."""

    def __repr__(self) -> str:
        return "x"

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise step_error(
            "x can only be multiplied by weights (it is as wide as the input, not as "
            'the units); write self.linear("name", x)'
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = __abs__ = _refuse
    __matmul__ = __rmatmul__ = __getitem__ = __lt__ = __gt__ = _refuse
    __bool__ = __iter__ = __len__ = __float__ = __array_ufunc__ = _refuse  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()


class Symbol:
    """A vector of one value a unit, known only by how it is computed."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __repr__(self) -> str:
        return f"<{self.node!r}>"

    def __add__(self, other: Any) -> Symbol:
        return record("add", self, other)

    def __radd__(self, other: Any) -> Symbol:
        return record("add", other, self)

    def __sub__(self, other: Any) -> Symbol:
        return record("sub", self, other)

    def __rsub__(self, other: Any) -> Symbol:
        return record("sub", other, self)

    def __mul__(self, other: Any) -> Symbol:
        return record("mul", self, other)

    def __rmul__(self, other: Any) -> Symbol:
        return record("mul", other, self)

    def __truediv__(self, other: Any) -> Symbol:
        return record("div", self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return record("div", other, self)

    def __neg__(self) -> Symbol:
        return record("neg", self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return record("abs", self)

    def __pow__(self, power: Any) -> Symbol:
        if power == 0.5:
            return record("sqrt", self)
        whole = isinstance(power, int) and not isinstance(power, bool)
        if not whole or not 1 <= power <= 8:
            inverse = whole and -8 <= power < 0
            instead = f"exp({power!r} * log(value)), for values above 0"
            raise step_error(
                f"** takes a whole power from 1 to 8 or 0.5, got {power!r}; write "
                f"{f'1 / value**{-power}' if inverse else instead}"
            )
        found = self
        for _ in range(power - 1):
            found = found * self
        return found

    def __gt__(self, other: Any) -> Symbol:
        return record("greater", self, other)

    def __lt__(self, other: Any) -> Symbol:
        return record("greater", other, self)

    def _compare(self, other: Any) -> NoReturn:
        raise step_error("values compare with < and > only; write where(a > b, ...)")

    __ge__ = __le__ = _compare
    __eq__ = __ne__ = _compare  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise step_error(
            "a value is not known while the equations are read, so Python's if, and, "
            "or, while, max and min cannot ask it; write where(condition, a, b), "
            "maximum or minimum"
        )

    def _number(self, *_: Any) -> NoReturn:
        raise step_error(
            "a value has no number while the equations are read; use arithmetic and "
            f"{FUNCTIONS}"
        )

    __float__ = __int__ = __index__ = __complex__ = _number
    __array__ = _number

    def _whole(self, *_: Any) -> NoReturn:
        raise step_error(
            "a value stands for all units at once and cannot be cut or looped over; "
            "use two gates or two states"
        )

    __getitem__ = __iter__ = __len__ = _whole

    def _matrix(self, *_: Any) -> NoReturn:
        raise step_error(
            '@ has no matrix here; write self.linear("name", value), which brings one'
        )

    __matmul__ = __rmatmul__ = _matrix

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise step_error(f"a value has no .{name} in a step; {instead(name)}")

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **_: Any) -> Any:
        operator = _UFUNCS.get(ufunc.__name__)
        if method == "__call__" and operator and all(map(_plain, args)):
            return record(operator, *args)
        raise step_error(
            f"NumPy's {ufunc.__name__} cannot take part in a step; "
            f"{instead(ufunc.__name__)}"
        )

    def __array_function__(self, function: Any, *_: Any) -> Any:
        name = function.__name__
        raise step_error(f"NumPy's {name} cannot take part in a step; {instead(name)}")

    @classmethod
    def __torch_function__(cls, function: Any, *_: Any) -> Any:
        name = getattr(function, "__name__", "function").strip("_")
        raise step_error(f"torch's {name} cannot take part in a step; {instead(name)}")


_UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
}


def _plain(value: Any) -> bool:
    return isinstance(value, Symbol | Real) or getattr(value, "shape", None) == ()


def record(op: str, *args: Any) -> Symbol:
    """Return the symbol of an operation, at least one argument being a symbol."""
    table = next(a.node.table for a in args if isinstance(a, Symbol))
    return Symbol(table.apply(op, *(node_of(table, a) for a in args)))


def node_of(table: Table, value: Any) -> Node:
    """Return the node of a symbol of this trace, or of a number."""
    if isinstance(value, Symbol):
        if value.node.table is not table:
            raise step_error("a value of another trace was kept; compute it in step")
        return value.node
    if isinstance(value, Input):
        value._refuse()
    if isinstance(value, Real):
        return table.const(_checked(float(value)))
    if getattr(value, "requires_grad", False):
        raise step_error(
            "a tensor with requires_grad would be read once as a number and never "
            "trained; write self.unit('name', init=...)"
        )
    if getattr(value, "shape", None) == ():
        return table.const(_checked(float(value.item())))
    kind = type(value).__name__
    raise step_error(
        f"a step computes with numbers, its states and self.linear, self.unit; got "
        f"{kind}; a vector of parameters is self.unit('name')"
    )


def _checked(number: float) -> float:
    if number != number:
        raise step_error("a number of the step is nan; every value would be")
    return number

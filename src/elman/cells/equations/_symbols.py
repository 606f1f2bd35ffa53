"""What a step computes with while it is traced: symbols that record what is done.

Everything ordinary arithmetic can express is recorded. What cannot be, a Python `if`
on a value or a call into torch, says so with the user's line.
"""

from __future__ import annotations

from numbers import Real
from typing import Any, NoReturn

from elman.cells.graph._graph import Node, Table, is_const, ordered

from ._blame import step_error
from ._not_equations import NotEquations, instead


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
    __rpow__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = _refuse
    __and__ = __rand__ = __or__ = __ror__ = __invert__ = __ge__ = __le__ = _refuse
    __eq__ = __ne__ = __setitem__ = __format__ = __array__ = __array_function__ = (
        _refuse
    )
    __bool__ = __iter__ = __len__ = __float__ = __array_ufunc__ = _refuse  # type: ignore[assignment]
    __hash__ = object.__hash__

    @classmethod
    def __torch_function__(cls, *_: Any) -> NoReturn:
        Input()._refuse()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()


class Symbol(NotEquations):
    """A vector of one value a unit, known only by how it is computed."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __repr__(self) -> str:
        return f"<value: {_short(self.node)}>"

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
        if isinstance(power, Symbol):
            raise step_error(
                "** takes a number as its power; write exp(power * log(value)), for "
                "values above 0"
            )
        if not isinstance(power, Real) or isinstance(power, bool):
            raise step_error(f"** takes a number as its power, got {power!r}")
        if power == 0.5:
            return record("sqrt", self)
        if power not in range(1, 9):
            raise step_error(
                f"** takes a whole power from 1 to 8 or 0.5, got {power!r}; write "
                f"{_other_power(power)}"
            )
        found = self
        for _ in range(int(float(power)) - 1):
            found = found * self
        return found

    def __gt__(self, other: Any) -> Symbol:
        return record("greater", self, other)

    def __lt__(self, other: Any) -> Symbol:
        return record("greater", other, self)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **_: Any) -> Any:
        operator = _UFUNCS.get(ufunc.__name__)
        if method == "__call__" and operator and all(map(_plain, args)):
            return record(operator, *args)
        raise step_error(
            f"NumPy's {ufunc.__name__} cannot take part in a step; "
            f"{instead(ufunc.__name__)}"
        )


def _short(node: Node) -> str:
    """Return a few characters for a value, for messages."""
    if node.op == "linear":
        return f"self.linear({node.data.name!r}, ...)"
    inner = "..." if node.args else "" if node.data is None else str(node.data)
    return f"{node.op}({inner})"


def _other_power(power: Any) -> str:
    if power == 0:
        return "1.0"
    if power not in range(-8, 0):
        return f"exp({power!r} * log(value)), for values above 0"
    return "1 / value" if power == -1 else f"1 / value**{-int(power)}"


_UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
}


def _plain(value: Any) -> bool:
    return isinstance(value, Symbol | Real) or getattr(value, "shape", None) == ()


def moves(node: Node) -> bool:
    """Return whether a value depends on x or a state."""
    return any(n.op in ("before", "linear") for n in ordered([node]))


def record(op: str, *args: Any) -> Symbol:
    """Return the symbol of an operation, at least one argument being a symbol."""
    table = next(a.node.table for a in args if isinstance(a, Symbol))
    nodes = [node_of(table, a) for a in args]
    if op == "div" and is_const(nodes[1], 0.0):
        raise step_error("a value over 0 is infinite or not a number")
    return Symbol(table.apply(op, *nodes))


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

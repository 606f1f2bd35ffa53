"""What cannot be an equation is refused by its line, with what may stand there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from elman import InputError
from elman.cells import (
    Cell,
    cell,
    exp,
    maximum,
    row_mean,
    sigmoid,
    tanh,
    where,
)

KEPT = []


class PythonIf(Cell):
    def step(self, x, h):
        f = sigmoid(self.linear("f", x, h))
        if f > 0.5:
            return f
        return h


class PythonMax(Cell):
    def step(self, x, h):
        return max(self.linear("f", x, h), h)


class NumpyCall(Cell):
    def step(self, x, h):
        return np.tanh(self.linear("f", x, h))


class TorchCall(Cell):
    def step(self, x, h):
        return torch.tanh(self.linear("f", x, h))


class TorchMethod(Cell):
    def step(self, x, h):
        return self.linear("f", x, h).tanh()


class Clamped(Cell):
    def step(self, x, h):
        return torch.clamp(self.linear("f", x, h), 0, 1)


class UnusedGate(Cell):
    def step(self, x, h):
        f = tanh(self.linear("f", x, h))
        self.linear("g", x, h)
        return f


class UnusedUnit(Cell):
    def step(self, x, h):
        self.unit("u")
        return tanh(self.linear("f", x, h))


class NoInput(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", h))


class NoWeights(Cell):
    def step(self, x, h):
        return tanh(h)


class BareInput(Cell):
    def step(self, x, h):
        return tanh(x) + self.linear("f", h)


class InputArithmetic(Cell):
    def step(self, x, h):
        return 0.5 * x + h


class TooMany(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)), h


class TooFew(Cell):
    states = ("h", "c")

    def step(self, x, h, c):
        return tanh(self.linear("f", x, h))


class Nothing(Cell):
    def step(self, x, h):
        self.linear("f", x, h)


class Named(Cell):
    def step(self, x, h):
        return {"h": self.linear("f", x, h)}


class Arguments(Cell):
    states = ("h", "c")

    def step(self, x, h):
        return tanh(self.linear("f", x, h)), h


class TwiceNamed(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) * sigmoid(self.linear("f", x))


class NoName(Cell):
    def step(self, x, h):
        return tanh(self.linear(x, h))


class Array(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) * np.ones(3)


class Matrix(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) @ h


class Slice(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)[0])


class NotLess(Cell):
    def step(self, x, h):
        return where(self.linear("f", x, h) >= 0, h, 0.0)


class PlainCondition(Cell):
    def step(self, x, h):
        return where(1 > 2, h, self.linear("f", x, h))


class Power(Cell):
    def step(self, x, h):
        return self.linear("f", x, h) ** -1.5


class InversePower(Cell):
    def step(self, x, h):
        return self.linear("f", x, h) ** -2


class Number(Cell):
    def step(self, x, h):
        return float(self.linear("f", x, h)) * h


class Constant(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, self.unit("u")))


class Foreign(Cell):
    def step(self, x, h):
        KEPT.append(self.linear("f", x, h))
        return tanh(KEPT[0])


class WrongGates(Cell):
    gates = ("f", "g")

    def step(self, x, h):
        return tanh(self.linear("f", x, h))


class WrongStart(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) * self.unit("u", init="ones")


class NanStart(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) * self.unit("u", init=float("nan"))


class StateName(Cell):
    def step(self, x, h):
        return self.gate("h", tanh(self.linear("f", x, h)))


class Misspelt(Cell):
    def step(self, x, h):
        return tanh(self.linaer("f", x, h))


class NotThere(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) * undefined  # noqa: F821


class ParameterGate(Cell):
    def step(self, x, h):
        u = self.gate("u", sigmoid(self.unit("u")))
        return tanh(self.linear("f", x, h)) * u


class OldState(Cell):
    def step(self, x, h):
        return tanh(self.linear("f", x, h)) + self.gate("old", h)


REFUSED = [
    (ParameterGate, 'self.gate("u"', "computes from x or a state"),
    (OldState, 'self.gate("old", h)', "a state as it was"),
    (Misspelt, 'self.linaer("f", x, h)', "AttributeError"),
    (NotThere, "* undefined", "NameError"),
    (PythonIf, "if f > 0.5:", "where(condition, a, b)"),
    (PythonMax, 'max(self.linear("f", x, h), h)', "maximum"),
    (NumpyCall, "np.tanh", "write tanh(...) from elman.cells"),
    (TorchCall, "torch.tanh", "write tanh(...) from elman.cells"),
    (TorchMethod, ".tanh()", "write tanh(...) from elman.cells"),
    (Clamped, "torch.clamp", "minimum(maximum(value, low), high)"),
    (UnusedGate, 'self.linear("g", x, h)', "leave it out or use it"),
    (UnusedUnit, 'self.unit("u")', "leave it out or use it"),
    (NoInput, "NoInput.step", 'self.linear("name", x)'),
    (NoWeights, "NoWeights.step", 'self.linear("name", x)'),
    (BareInput, "tanh(x)", 'write self.linear("name", x)'),
    (InputArithmetic, "0.5 * x", 'write self.linear("name", x)'),
    (TooMany, "returned 2 values", "one value for each"),
    (TooFew, "returned 1 value,", "h, c"),
    (Nothing, "returned None for h", "return the new h"),
    (Named, "for h", "return the new h"),
    (Arguments, "takes self, x, h", "step(self, x, h, c)"),
    (TwiceNamed, 'self.linear("f", x)', "a name of its own"),
    (NoName, "self.linear(x, h)", "needs a name first"),
    (Array, "np.ones(3)", "is self.unit"),
    (Matrix, "@ h", "self.linear"),
    (Slice, "[0]", "two gates or two states"),
    (NotLess, ">= 0", "< and > only"),
    (PlainCondition, "where(1 > 2", "write Python's if"),
    (Power, "** -1.5", "exp(-1.5 * log(value))"),
    (InversePower, "** -2", "1 / value**2"),
    (Number, "float(", "no number"),
    (Constant, 'self.unit("u")', "no state and no input"),
    (WrongGates, "WrongGates.gates", "both must be the same"),
    (WrongStart, 'init="ones"', "a number or one of"),
    (NanStart, 'self.unit("u", init=float("nan"))', "must be a number, got nan"),
    (StateName, 'self.gate("h"', "name of a state"),
]


@pytest.mark.parametrize(("kind", "where_", "what"), REFUSED, ids=lambda v: str(v)[:20])
def test_a_step_that_is_no_equation_is_refused_by_its_line(kind, where_, what):
    with pytest.raises(InputError) as caught:
        _ = kind().traced
    message = str(caught.value)
    assert "\n" not in message
    assert where_ in message
    assert what in message


def test_a_line_is_named_by_file_number_and_function():
    told = rf"{Path(__file__).name}, line \d+, in step \(if f"
    with pytest.raises(InputError, match=told):
        _ = PythonIf().traced


def test_a_value_of_another_trace_is_refused():
    KEPT.clear()
    with pytest.raises(InputError, match=r"nothing depends on|another trace"):
        _ = Foreign().traced


def test_step_outside_a_layer_is_refused():
    with pytest.raises(InputError, match=r"self\.linear belongs into step"):
        cell("gru").step(np.zeros((2, 3)), np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.nn.Parameter(torch.tensor(0.5)), r"never trained; write self\.unit"),
        (torch.nn.Parameter(torch.ones(1)), r"never trained; write self\.unit"),
        (torch.tensor(float("nan")), "is nan"),
    ],
)
def test_a_tensor_that_is_no_plain_number_is_refused(value, said):
    class Scaled(Cell):
        def step(self, x, h):
            return tanh(self.linear("a", x, h)) * value

    with pytest.raises(InputError, match=said):
        _ = Scaled().traced


def test_a_cell_without_a_step_is_refused():
    with pytest.raises(InputError, match="write def step"):
        _ = Cell().traced


def test_plain_arithmetic_is_not_refused():
    """What looks unusual and is an equation all the same."""

    class Allowed(Cell):
        def step(self, x, h):
            a = +(self.linear("a", x, h) ** 2) - np.float64(0.5)
            b = abs(row_mean(a)) + np.float32(1) * exp(-maximum(a, 0)) / 2
            return tanh(where(h < 0.1, a, b)) ** 0.5 * torch.tensor(2.0).item()

    assert Allowed().lowered().program.slots == 1

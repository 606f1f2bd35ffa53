"""What cannot be an equation is refused by its line, with what may stand there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import InputError
from elman.cells import (
    Cell,
    Program,
    cell,
    exp,
    find,
    initial,
    lower,
    maximum,
    register,
    row_mean,
    shapes,
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
    (Arguments, "takes self, x, h", "step(self, x, h, c)"),
    (TwiceNamed, 'self.linear("f", x)', "a name of its own"),
    (NoName, "self.linear(x, h)", "needs a name first"),
    (Array, "np.ones(3)", "is self.unit"),
    (Matrix, "@ h", "self.linear"),
    (Slice, "[0]", "two gates or two states"),
    (NotLess, ">= 0", "< and > only"),
    (PlainCondition, "where(1 > 2", "write Python's if"),
    (Power, "** -1.5", "exp(-1.5 * log(value))"),
    (Number, "float(", "no number"),
    (Constant, 'self.unit("u")', "no state and no input"),
    (WrongGates, "WrongGates.gates", "both must be the same"),
    (WrongStart, 'init="ones"', "a number or one of"),
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
    with pytest.raises(InputError, match=r"test_errors.py, line \d+, in step \(if f"):
        _ = PythonIf().traced


def test_a_value_of_another_trace_is_refused():
    KEPT.clear()
    _ = Foreign().traced
    with pytest.raises(InputError, match=r"nothing depends on|another trace"):
        _ = Foreign().traced


def test_step_outside_a_layer_is_refused():
    with pytest.raises(InputError, match=r"self\.linear belongs into step"):
        cell("gru").step(np.zeros((2, 3)), np.zeros((2, 4)))


def test_a_cell_without_a_step_is_refused():
    with pytest.raises(InputError, match="write def step"):
        _ = Cell().traced


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"nonlinarity": "tanh"}, "did you mean 'nonlinearity'"),
        ({"nonlinearity": "thanh"}, "did you mean 'tanh'"),
        ({"nonlinearity": 3}, "must be a text"),
        ({"heads": 0}, "heads must be a whole number"),
    ],
)
def test_options_are_checked(options, what):
    with pytest.raises(InputError, match=what):
        cell("rnn", **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lru", {"smallest": 0.9, "largest": 0.5}),
        ("cornn", {"dt": 0.0}),
        ("indrnn", {"longest": -1.0}),
        ("indrnn", {"activation": "selu"}),
    ],
)
def test_options_of_single_cells_are_checked(name, options):
    with pytest.raises(InputError):
        cell(name, **options)


def test_states_must_be_names():
    class OneText(Cell):
        states = "hc"

    with pytest.raises(InputError, match="a tuple of different names"):
        OneText()


def test_heads_divide_the_units():
    with pytest.raises(InputError, match="no multiple of heads=4"):
        shapes(cell("slstm", heads=4).traced, 3, 6)


def test_names_of_init_are_checked():
    class Misnamed(Cell):
        init = {"bais.f": 1.0}  # noqa: RUF012

        def step(self, x, h):
            return tanh(self.linear("f", x, h))

    with pytest.raises(InputError, match=r"did you mean 'bias.f'"):
        initial(Misnamed(), 2, 3, np.random.default_rng(0).random)


def test_a_unit_may_not_have_the_name_of_the_weights():
    class Clash(Cell):
        def step(self, x, h):
            return tanh(self.linear("f", x, h)) * self.unit("bias")

    with pytest.raises(InputError, match="is the name of the weights"):
        shapes(Clash().traced, 2, 3)


def test_unknown_cells_are_refused():
    with pytest.raises(InputError, match="did you mean 'lstm'"):
        find("lsmt")


def test_registering_checks():
    with pytest.raises(InputError, match=r"a subclass of elman\.Cell"):
        register(torch.nn.LSTM)
    with pytest.raises(InputError, match="there already"):
        register(PythonIf, "lstm")


def test_recurrent_dropout_needs_recurrent_weights():
    with pytest.raises(InputError, match="no recurrent weights"):
        lower(cell("mingru").traced, dropout=True)


def test_zoneout_needs_a_rate_a_state():
    with pytest.raises(InputError, match="3 rates for the states h, c"):
        lower(cell("lstm").traced, zoneout=(0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"integers": [1], "floats": []}',
        '{"integers": [true], "floats": []}',
        '{"integers": [2], "floats": []}',
        '{"integers": [1.5], "floats": []}',
        '{"integers": [1], "floats": [1.0]}',
    ],
)
def test_damaged_programs_are_refused(text):
    with pytest.raises(InputError, match=r"^program: "):
        Program.from_json(text)


def test_programs_cut_short_or_prolonged_are_refused():
    integers, floats = cell("lstm").lowered().program.encode()
    for k in range(len(integers)):
        with pytest.raises(InputError):
            Program.decode(integers[:k], floats)
    with pytest.raises(InputError):
        Program.decode([*integers, 0], floats)
    with pytest.raises(InputError):
        Program.decode(integers, [*floats, 1.0])


def test_plain_arithmetic_is_not_refused():
    """What looks unusual and is an equation all the same."""

    class Allowed(Cell):
        def step(self, x, h):
            a = +(self.linear("a", x, h) ** 2) - np.float64(0.5)
            b = abs(row_mean(a)) + np.float32(1) * exp(-maximum(a, 0)) / 2
            return tanh(where(h < 0.1, a, b)) ** 0.5 * torch.tensor(2.0).item()

    assert Allowed().lowered().program.slots == 1

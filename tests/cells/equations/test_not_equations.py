"""What Python has and equations have not: refused with the line and what to write."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from elman import Cell, InputError
from elman.cells import exp, log, normalise, sigmoid, sqrt, tanh

REFUSED = {
    "and": (lambda a: (a > 0) & (a < 1), r"write \(a > 0\) \* \(b > 0\) for both"),
    "not": (lambda a: ~(a > 0), r"1 - \(a > 0\) for not"),
    "number to a value": (lambda a: 2**a, r"write exp\(log\(2\) \* value\)"),
    "value to a value": (lambda a: a**a, r"write exp\(power \* log\(value\)\)"),
    "inverse": (lambda a: a**-1, r"got -1; write 1 / value$"),
    "power 0": (lambda a: a**0, r"got 0; write 1\.0$"),
    "truth as power": (lambda a: a**True, "a number as its power, got True"),
    "remainder": (lambda a: a % 1, r"where\(value > 1, value - 1, value\)"),
    "whole division": (lambda a: 3 // a, "no remainder"),
    "rounding": (lambda a: round(a), r"where\(value > 0\.5, 1\.0, 0\.0\)"),
    "floor": (lambda a: math.floor(a), "nothing is rounded"),
    "shift": (lambda a: a << 1, "no bits"),
    "call": (lambda a: a(2), "no function"),
    "assignment": (lambda a: a.__setitem__(0, 1), "two gates or two states"),
    "over zero": (lambda a: a / 0, "over 0"),
    "over zero in NumPy": (lambda a: np.divide(a, 0.0), "over 0"),
    "text": (str, r"layer\.trace\(x\)"),
    "formatted text": (lambda a: f"{a:.3f}", r"layer\.trace\(x\)"),
    "a text's sigmoid": (lambda a: sigmoid("a") + a, "or a number, got 'a'"),
    "log of 0": (lambda a: log(0) + a, r"log\(0\) is -inf"),
    "exp beyond": (lambda a: exp(1000) * a, r"exp\(1000\) is inf"),
    "root": (lambda a: sqrt(-1.0) * a, r"sqrt\(-1\.0\) is nan"),
    "eps": (lambda a: normalise(a, -1.0), "eps must be a number from 0"),
    "torch's number": (lambda a: torch.tensor(2.0) * a, r"use \* with a number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_equation_is_refused_with_what_to_write(case):
    what, said = REFUSED[case]

    class Own(Cell):
        def step(self, x, h):
            return what(self.linear("a", x, h))

    with pytest.raises(InputError, match=said) as caught:
        _ = Own().traced
    assert str(caught.value).startswith(f"{__name__.rpartition('.')[2]}.py, line ")
    assert "Symbol" not in str(caught.value)


INPUTS = {
    "torch.cat": lambda x, h: torch.cat([x, h]),
    "a product of torch": lambda x, h: torch.nn.functional.linear(x, h),
    "a remainder": lambda x, h: x % 2 + h,
    "equality": lambda x, h: h if x == 0 else -h,
    "a text": lambda x, h: f"{x:.2f}",
}


@pytest.mark.parametrize("case", INPUTS)
def test_the_input_is_only_multiplied_by_weights(case):
    class Own(Cell):
        def step(self, x, h):
            return INPUTS[case](x, tanh(self.linear("a", x, h)))

    with pytest.raises(InputError, match=r'line \d+.*write self\.linear\("name", x\)'):
        _ = Own().traced


def test_the_input_is_no_state():
    class Own(Cell):
        def step(self, x, h):
            return x

    with pytest.raises(InputError, match=r'^Own.*write self\.linear\("h", x\)'):
        _ = Own().traced


def test_a_step_keeps_nothing_in_itself():
    class Own(Cell):
        old = 0.0

        def step(self, x, h):
            before, self.old = self.old, h
            return tanh(self.linear("a", x, h)) + before

    with pytest.raises(InputError, match=r"line \d+.*self\.old = .*is a state"):
        Own.layer(2, 3)


def test_a_step_that_calls_itself_is_refused():
    class Own(Cell):
        def step(self, x, h):
            return self.step(x, h)

    with pytest.raises(InputError, match="calls itself"):
        _ = Own().traced


def test_a_condition_among_others_is_in_brackets():
    class Own(Cell):
        def step(self, x, h):
            return (h > 0) + self.linear("a", x, h) * (h > 1)

    text = str(Own().equations)
    assert "(h[t−1] > 0) + " in text
    assert "∘ (h[t−1] > 1)" in text


def test_a_whole_power_may_be_written_as_a_float():
    class Own(Cell):
        def step(self, x, h):
            return self.linear("a", x, h) ** 2.0

    assert "a[t] ∘ a[t]" in str(Own().equations)

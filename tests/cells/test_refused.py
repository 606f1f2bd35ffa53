"""Options, states and names of cells: what is refused, and how it is said."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from elman import InputError
from elman.cells import Cell, cell, find, register, tanh


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


def test_unknown_cells_are_refused():
    with pytest.raises(InputError, match="did you mean 'lstm'"):
        find("lsmt")


def test_registering_checks():
    class Another(Cell):
        pass

    with pytest.raises(InputError, match=r"a subclass of elman\.Cell"):
        register(torch.nn.LSTM)
    with pytest.raises(InputError, match="there already"):
        register(Another, "lstm")


class Drawn(Cell):
    def step(self, x, h):
        g = tanh(self.linear("u", x, h))
        return g * np.random.rand()


class Branches(Cell):
    def step(self, x, h):
        g = tanh(self.linear("u", x, h))
        return g * 2 if random.random() < 2 else g  # noqa: S311


class Clocked(Cell):
    def step(self, x, h):
        return tanh(self.linear("u", x, h)) + time.perf_counter()


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (Drawn, r"in step \(return g \* np\.random"),
        (Branches, "^Branches.step has"),
        (Clocked, r"in step \(return tanh.*perf_counter"),
    ],
)
def test_what_changes_from_one_reading_to_the_next(kind, where):
    with pytest.raises(InputError, match=where) as refused:
        kind.layer(2, 3)
    assert "use self.unit(..., init=...)" in str(refused.value)


def test_a_generator_of_the_steps_own_is_a_constant():
    class Fixed(Cell):
        def step(self, x, h):
            return tanh(self.linear("u", x, h)) * np.random.default_rng(0).random()

    assert Fixed().traced.after

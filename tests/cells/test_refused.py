"""Options, states and names of cells: what is refused, and how it is said."""

from __future__ import annotations

import pytest
import torch

from elman import InputError
from elman.cells import Cell, cell, find, register


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

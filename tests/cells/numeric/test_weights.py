"""Parameters that cannot be: sizes, names and starts that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from elman import InputError
from elman.cells import Cell, cell, initial, shapes, tanh


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

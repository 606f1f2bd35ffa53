"""Parameters that cannot be: sizes, names and starts that are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import InputError
from elman.cells import Cell, affine, cell, initial, names, shapes, tanh
from elman.layers import layer_of


def test_heads_divide_the_units():
    with pytest.raises(InputError, match="no multiple of heads=4"):
        shapes(cell("slstm", heads=4).traced, 3, 6)


def test_which_steps_are_linear():
    linear = {name for name in names() if affine(cell(name).traced)}
    assert linear == {"lru", "linoss"}
    assert affine(cell("rnn", nonlinearity="identity").traced)
    torch.manual_seed(0)
    x = torch.randn(6, 3, 2)
    for name in ("lru", "linoss", "mingru", "indrnn", "sru"):
        layer = layer_of(cell(name), 2, 4)
        y, of_sum = layer(x)[0], layer(x[:, :1] + x[:, 1:2])[0]
        adds = torch.allclose(of_sum[:, 0], y[:, 0] + y[:, 1], atol=1e-5)
        assert adds == (name in linear), name


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

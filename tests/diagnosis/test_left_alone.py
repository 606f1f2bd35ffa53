"""What a diagnosis leaves as it was, and what it takes: kinds of numbers and losses."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from elman import InputError, diagnose
from readout import Last, net


def draws():
    """Draw from every global generator."""
    own = random.random()  # noqa: S311
    return own, float(np.random.rand()), float(torch.rand(()))


class Draws(Last):
    """Draws from every global generator in its forward pass."""

    def forward(self, x):
        return super().forward(x * (1 + 0.01 * sum(draws())))


def test_random_states_are_left_as_they_were():
    model, x, y = Draws(net()), torch.randn(4, 30, 4), torch.randn(4, 1)
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    expected = draws()
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    assert diagnose(model, x, y, mse_loss, learning_rate=1e-3).remedies
    assert draws() == expected


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_narrow_models_are_examined_with_remedies(cell, dtype):
    torch.manual_seed(0)
    model = Last(net(cell)).to(dtype)
    x, y = torch.randn(4, 60, 4, dtype=dtype), torch.randn(4, 1, dtype=dtype)
    d = diagnose(model, x, y, mse_loss)
    assert d.verdict == "vanishing"
    assert any(r.horizon_after > d.horizon for r in d.remedies)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int64, torch.bool])
def test_a_loss_of_another_kind_is_refused_in_a_line(dtype):
    def loss(output, targets):
        return mse_loss(output, targets).to(dtype)

    with pytest.raises(InputError, match=f"^loss: got a {dtype} tensor") as raised:
        diagnose(Last(net()), torch.randn(4, 9, 4), torch.randn(4, 1), loss)
    assert "\n" not in str(raised.value)
    assert ("take .real" in str(raised.value)) == dtype.is_complex


def test_a_model_in_complex_numbers_with_a_real_loss_is_no_matter():
    class Complex(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Last(net())

        def forward(self, x):
            return torch.complex(self.inner(x), torch.zeros(len(x), 1))

    def loss(output, targets):
        return (output - targets).abs().square().mean()

    d = diagnose(Complex(), torch.randn(4, 9, 4), torch.randn(4, 1), loss, needed=3)
    assert d.verdict == "healthy"

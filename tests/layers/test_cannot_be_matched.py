"""The rows of the guide's table "What cannot be matched", as far as they can be run."""

import pytest
import torch
from torch import nn

import elman

LAYERS = ["RNN", "GRU", "LSTM"]


@pytest.mark.parametrize("name", LAYERS)
def test_no_steps_in_no_steps_out(name):
    x = torch.zeros(0, 2, 3)
    y, state = getattr(elman, name)(3, 4)(x)
    assert y.shape == (0, 2, 4)
    assert not (state[0] if name == "LSTM" else state).any()
    with pytest.raises(RuntimeError):
        getattr(nn, name)(3, 4)(x)


def test_a_wrong_python_type_says_what_to_pass():
    with pytest.raises(ValueError, match="expected a tensor"):
        elman.GRU(3, 4)([[1.0, 2.0, 3.0]])

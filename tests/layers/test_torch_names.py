"""Everything torch's classes have by a public name, ours have, and it does the same."""

import pytest
import torch
from torch import nn

import elman

KINDS = ["RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_is_missing(kind):
    ours, theirs = (getattr(m, kind)(3, 4) for m in (elman, nn))
    assert [n for n in dir(theirs) if not hasattr(ours, n)] == []


def results(layer, state, sizes):
    """Return what the checks and permutations of a layer say to a state."""
    x = torch.zeros(5, 2, 3)
    pair = isinstance(state, tuple)
    found = [
        layer.get_expected_hidden_size(x, None),
        layer.get_expected_hidden_size(x[0], sizes),
        layer.permute_hidden(state, None),
        layer.permute_hidden(state, torch.tensor([1, 0])),
    ]
    if pair:
        found.append(layer.get_expected_cell_size(x, None))
    short = (state[0], state[1][:, :1]) if pair else state[:, :1]
    for given in (state, short):
        try:
            found.append(layer.check_forward_args(x, given, None))
        except RuntimeError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_the_public_helpers_are_torchs(kind):
    options = {"num_layers": 2} | ({"proj_size": 2} if kind == "LSTM" else {})
    ours, theirs = (getattr(m, kind)(3, 4, **options) for m in (elman, nn))
    state = torch.arange(8.0).view(2, 2, 2)
    state = (state, torch.ones(2, 2, 4)) if kind == "LSTM" else torch.ones(2, 2, 4)
    sizes = torch.tensor([2, 1])
    # Sizes, messages and a few whole numbers: their text says all of it.
    assert repr(results(ours, state, sizes)) == repr(results(theirs, state, sizes))


@pytest.mark.parametrize("proj_size", [0, 2])
@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_only_an_lstm_projects(kind, proj_size):
    for module in (elman, nn):
        with pytest.raises(ValueError, match="LSTM"):
            getattr(module, kind)(3, 4, proj_size=proj_size)

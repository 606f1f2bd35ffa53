"""One step at a time: what torch's cells do, and the variants they have not."""

import pytest
import torch
from torch import nn

import elman
from elman.layers import GRUCell, LSTMCell, RNNCell, ShapeError
from tolerance import assert_close

B, I, H = 3, 4, 6
PAIRS = [
    (RNNCell, nn.RNNCell, {}),
    (RNNCell, nn.RNNCell, {"nonlinearity": "relu"}),
    (GRUCell, nn.GRUCell, {}),
    (LSTMCell, nn.LSTMCell, {}),
]
VARIANTS = [
    (RNNCell, elman.RNN, {"nonlinearity": "sigmoid"}),
    (RNNCell, elman.RNN, {"nonlinearity": "softplus"}),
    (RNNCell, elman.RNN, {"nonlinearity": "identity"}),
    (GRUCell, elman.GRU, {"reset_after": False}),
]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [(B,), ()], ids=["batched", "unbatched"])
@pytest.mark.parametrize(("kind", "stock", "more"), PAIRS, ids=str)
def test_a_step_and_its_gradients_are_torchs_bit_for_bit(kind, stock, more, rows, bias):
    ours, theirs = kind(I, H, bias, **more), stock(I, H, bias, **more)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    assert isinstance(ours, stock)
    assert repr(ours) == repr(theirs)
    x = torch.randn(*rows, I)
    h = torch.randn(*rows, H)
    for hx in (None, (h, h + 1) if kind is LSTMCell else h):
        grads = []
        for cell in (ours, theirs):
            out = cell(x, hx)
            out = torch.cat(out) if kind is LSTMCell else out
            grads.append((out, *torch.autograd.grad(out.sum(), [*cell.parameters()])))
        assert all(map(torch.equal, *grads))


@pytest.mark.parametrize("kind", [RNNCell, GRUCell, LSTMCell])
def test_the_same_seed_draws_torchs_initial_weights(kind):
    torch.manual_seed(2)
    ours = kind(I, H)
    torch.manual_seed(2)
    theirs = kind.__base__(I, H)
    assert all(map(torch.equal, ours.parameters(), theirs.parameters()))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("kind", "layer", "more"), VARIANTS, ids=str)
def test_a_variant_steps_as_its_layer_runs(kind, layer, more, bias):
    cell, whole = kind(I, H, bias, **more), layer(I, H, bias=bias, **more)
    whole.load_state_dict({f"{k}_l0": v for k, v in cell.state_dict().items()})
    x, h = torch.randn(5, B, I), torch.randn(B, H)
    expected, _ = whole(x, h[None])
    for t in range(5):
        h = cell(x[t], h)
        assert_close(h, expected[t], summands=I + H, steps=5)
    zeros = torch.zeros(H)
    assert torch.equal(cell(x[0, 0]), cell(x[0, 0], zeros))
    assert cell(x[0, 0]).shape == (H,)


def test_a_variants_errors():
    cell = GRUCell(I, H, reset_after=False)
    with pytest.raises(ShapeError, match="1D or 2D, got 3D"):
        cell(torch.zeros(1, 2, I))
    with pytest.raises(ShapeError, match="Expected 4, got 5"):
        cell(torch.zeros(2, 5))
    with pytest.raises(
        ShapeError, match=r"Expected hidden size \(2, 6\), got \[3, 6\]: hx"
    ):
        cell(torch.zeros(2, I), torch.zeros(3, H))
    with pytest.raises(elman.InputError, match="did you mean 'relu'"):
        RNNCell(I, H, nonlinearity="rleu")
    assert repr(cell) == "GRUCell(4, 6, reset_after=False)"

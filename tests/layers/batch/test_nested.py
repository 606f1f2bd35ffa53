"""Nested tensors, jagged layout: every row as if it were alone."""

import pytest
import torch

import elman
from elman.layers import ShapeError
from tolerance import assert_close

I, H = 3, 4
LENGTHS = [5, 1, 7, 0, 3]
every = pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
# Raised inside torch, by the first nested tensor of a process.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script`")


def build(kind, **options):
    torch.manual_seed(0)
    more = {"num_layers": 2, "bidirectional": True, "dtype": torch.float64}
    return getattr(elman, kind)(I, H, **more | options)


def rows():
    return [torch.randn(n, I, dtype=torch.float64) for n in LENGTHS]


def nested(parts):
    return torch.nested.as_nested_tensor(parts, layout=torch.jagged)


def same(a, b):
    assert_close(a, b, summands=8 * H * sum(LENGTHS), steps=2 * max(LENGTHS))


@pytest.mark.parametrize("batch_first", [False, True])
@every
def test_each_row_and_its_gradients_are_those_of_the_row_alone(kind, batch_first):
    layer = build(kind, batch_first=batch_first)
    parts = [r.requires_grad_() for r in rows()]
    y, state = layer(nested(parts))
    state = state[0] if kind == "LSTM" else state
    assert y.layout == torch.jagged
    loss = y.values().square().sum() + state.square().sum()
    wanted = [p for p in parts if len(p)] + list(layer.parameters())
    found = torch.autograd.grad(loss, wanted)
    alone = 0
    for k, (part, out) in enumerate(zip(parts, y.unbind(), strict=True)):
        one, last = layer(part)
        last = last[0] if kind == "LSTM" else last
        same(out, one)
        same(state[:, k], last)
        alone = alone + one.square().sum() + last.square().sum()
    for a, b in zip(found, torch.autograd.grad(alone, wanted), strict=True):
        same(a, b)


@every
def test_states_given_and_what_comes_out_fits_what_went_in(kind):
    layer, x = build(kind, bidirectional=False), nested(rows())
    h = torch.randn(2, len(LENGTHS), H, dtype=torch.float64)
    y, state = layer(x, (h, h) if kind == "LSTM" else h)
    state = state[0] if kind == "LSTM" else state
    assert torch.equal(state[:, 3], h[:, 3])  # the row without steps
    assert (y @ torch.ones(H, I, dtype=torch.float64) + x).shape == x.shape


def test_equal_lengths_and_float32_and_evaluation():
    layer = elman.GRU(I, H)
    x = torch.randn(2, 4, I)
    with torch.no_grad():
        y, _ = layer(nested(list(x)))
        expected = layer(x.transpose(0, 1))[0].transpose(0, 1)
    assert_close(torch.stack(list(y.unbind())), expected, summands=4 * H, steps=4)


def test_what_is_refused():
    layer = elman.GRU(I, H)
    parts = [torch.randn(n, I) for n in (2, 3)]
    with pytest.raises(ValueError, match="leave lengths out"):
        layer(nested(parts), lengths=[2, 3])
    with pytest.raises(ShapeError, match="input_size=3"):
        layer(nested([torch.randn(n, I + 1) for n in (2, 3)]))
    with pytest.raises(ShapeError, match="steps of each row"):
        layer(nested([torch.randn(n) for n in (2, 3)]))
    with pytest.warns(UserWarning, match="prototype"):
        strided = torch.nested.nested_tensor(parts)
    with pytest.raises(ValueError, match="has to be jagged"):
        layer(strided)
    holes = torch.nested.nested_tensor_from_jagged(
        torch.randn(6, I), torch.tensor([0, 3, 6]), torch.tensor([2, 3])
    )
    with pytest.raises(ValueError, match="contiguous"):
        layer(holes)

"""What a layer accepts, and what it says otherwise."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from elman import InputError
from elman.layers import GRU, LSTM, RNN, ShapeError


def layer(**options):
    return GRU(3, 4, **options)


@pytest.mark.parametrize(
    "lengths",
    [
        [2, 0],
        (2, 0),
        np.array([2, 0]),
        np.array([2, 0], dtype=np.uint8),
        torch.tensor([2, 0]),
        torch.tensor([2, 0], dtype=torch.int32),
    ],
    ids=lambda v: f"{type(v).__name__}-{getattr(v, 'dtype', '')}",
)
def test_lengths_may_be_any_whole_numbers(lengths):
    gru, x = layer(), torch.randn(5, 2, 3)
    y, h = gru(x, lengths=lengths)
    assert torch.equal(y[2:, 0], torch.zeros(3, 4))
    assert torch.equal(y[:, 1], torch.zeros(5, 4))
    assert torch.equal(h[0, 0], y[1, 0])
    assert torch.equal(h[0, 1], torch.zeros(4))


def test_unbatched_lengths_is_one_number():
    gru, x = layer(), torch.randn(5, 3)
    y, h = gru(x, lengths=3)
    assert y.shape == (5, 4)
    assert torch.equal(h[0], y[2])
    assert torch.equal(gru(x, lengths=[3])[0], y)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, 6], r"lengths: row 1 says 6, allowed are 0 to 5"),
        ([-1, 2], r"lengths: row 0 says -1, allowed are 0 to 5"),
        ([1.0, 2.0], r"lengths: expected whole numbers, got torch.float64"),
        ([True, False], r"lengths: expected whole numbers, got torch.bool"),
        ([1, 2, 3], r"expected one a row, shape \(2,\), got \(3,\)"),
        ([[1], [2]], r"expected one a row, shape \(2,\), got \(2, 1\)"),
        (3, r"expected one a row, shape \(2,\), got \(\)"),
        ("ab", r"lengths: expected whole numbers, one a row, got 'ab'"),
    ],
    ids=str,
)
def test_wrong_lengths(lengths, message):
    with pytest.raises(InputError, match=message):
        layer()(torch.randn(5, 2, 3), lengths=lengths)


def test_a_packed_sequence_has_its_own_lengths():
    packed = pack_sequence([torch.randn(2, 3)])
    with pytest.raises(InputError, match="has its own"):
        layer()(packed, lengths=[2])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 2, 7), r"Expected 3, got 7: .* input_size=3"),
        ((5, 7), r"input.size\(-1\) must be equal to input_size. Expected 3, got 7"),
        ((3,), r"Expected input to be 2D or 3D, got 1D instead: .* \(3,\)"),
        ((1, 5, 2, 3), r"got 4D instead: its shape is \(1, 5, 2, 3\)"),
    ],
    ids=str,
)
def test_wrong_input_shapes(shape, message):
    with pytest.raises(ShapeError, match=message):
        layer()(torch.zeros(shape))
    with pytest.raises(RuntimeError):  # what torch.nn raises there, or ValueError
        layer()(torch.zeros(shape))


def test_wrong_input_types():
    with pytest.raises(InputError, match=r"expected a tensor .*, got list"):
        layer()([[1.0]])
    with pytest.raises(InputError, match=r"float64\) does not match .* input.to"):
        layer()(torch.zeros(5, 2, 3, dtype=torch.float64))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 2, 5), r"Expected hidden size \(1, 2, 4\), got \[1, 2, 5\]: h_0"),
        ((2, 2, 4), r"Expected hidden size \(1, 2, 4\), got \[2, 2, 4\]"),
        ((1, 3, 4), r"Expected hidden size \(1, 2, 4\), got \[1, 3, 4\]"),
        ((2, 4), r"For batched 3-D input, hx should also be 3-D but got 2-D"),
    ],
    ids=str,
)
def test_wrong_states(shape, message):
    with pytest.raises(RuntimeError, match=message):
        layer()(torch.zeros(5, 2, 3), torch.zeros(shape))


def test_wrong_states_elsewhere():
    with pytest.raises(
        ShapeError, match=r"For unbatched 2-D input, hx should .* got 3-D"
    ):
        layer()(torch.zeros(5, 3), torch.zeros(1, 1, 4))
    with pytest.raises(InputError, match=r"expected a tensor .* got tuple"):
        layer()(torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4),))
    with pytest.raises(InputError, match=r"the pair \(h_0, c_0\), got Tensor"):
        LSTM(3, 4)(torch.zeros(5, 2, 3), torch.zeros(1, 2, 4))
    zeros = torch.zeros(1, 2, 4)
    with pytest.raises(ShapeError, match=r"Expected hidden\[1\] size \(1, 2, 4\), got"):
        LSTM(3, 4)(torch.zeros(5, 2, 3), (zeros, torch.zeros(1, 2, 3)))
    with pytest.raises(ShapeError, match=r"Expected hidden\[0\] size \(1, 2, 2\), got"):
        LSTM(3, 4, proj_size=2)(torch.zeros(5, 2, 3), (zeros, zeros))
    with pytest.raises(InputError, match=r"are not the same dtype, .* use h_0\.to"):
        layer()(torch.zeros(5, 2, 3), zeros.double())
    assert LSTM(3, 4)(torch.zeros(5, 2, 3), [zeros, zeros])[0].shape == (5, 2, 4)


def test_an_unknown_nonlinearity_is_named():
    with pytest.raises(InputError, match=r"Unknown .* 'rleu'.*did you mean 'relu'"):
        RNN(3, 4, nonlinearity="rleu")
    with pytest.raises(InputError, match="Unknown nonlinearity None"):
        RNN(3, 4, nonlinearity=None)


@pytest.mark.parametrize("sort", [True, False])
def test_packed_batches_come_back_in_their_order(sort):
    rows = [torch.randn(n, 3) for n in (2, 5, 3)]
    if sort:
        rows.sort(key=len, reverse=True)
    packed = pack_sequence(rows, enforce_sorted=sort)
    lstm = LSTM(3, 4, bidirectional=True)
    state = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    y, (h, c), trace = lstm.trace(packed, state)
    assert (y.sorted_indices is None) == sort
    for k, row in enumerate(rows):
        alone = tuple(s[:, k] for s in state)
        one, (h_one, c_one), seen = lstm.trace(row, alone)
        torch.testing.assert_close(h[:, k], h_one)
        torch.testing.assert_close(c[:, k], c_one)
        torch.testing.assert_close(
            trace[0][1]["f"][: len(row), k], seen[0][1]["f"][:, 0]
        )
        back = torch.nn.utils.rnn.unpack_sequence(y)[k]
        torch.testing.assert_close(back, one)

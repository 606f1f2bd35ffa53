"""Every form of X comes out the same, and what cannot be used is named."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from elman._errors import InputError
from elman.tasks._sequence_input import as_sequences, is_ragged, lengths_of

CUBE = np.arange(24.0).reshape(2, 4, 3)


@pytest.mark.parametrize(
    "X",
    [
        CUBE,
        CUBE.astype(np.float32),
        CUBE.astype(np.int16),
        np.asfortranarray(CUBE),
        CUBE.tolist(),
        list(CUBE),
        tuple(CUBE),
        [CUBE[0].tolist(), CUBE[1]],
    ],
)
def test_every_form_of_whole_sequences(X):
    found = as_sequences(X)
    assert len(found) == 2
    for sequence, expected in zip(found, CUBE, strict=True):
        assert sequence.dtype == np.float64
        assert np.array_equal(sequence, expected)


@pytest.mark.parametrize(
    "X",
    [
        CUBE[:, :, 0],
        CUBE[:, :, 0].tolist(),
        list(CUBE[:, :, 0]),
        pl.DataFrame(CUBE[:, :, 0], orient="row"),
        CUBE[:, :, :1],
    ],
)
def test_two_axes_are_one_channel(X):
    for sequence, expected in zip(as_sequences(X), CUBE[:, :, :1], strict=True):
        assert np.array_equal(sequence, expected)


def test_ragged_lists_and_object_arrays():
    rows = [np.ones((3, 2)), np.zeros((1, 2)), np.ones((5, 2))]
    packed = np.empty(3, dtype=object)
    packed[:] = rows
    for X in (rows, packed):
        assert is_ragged(X)
        assert lengths_of(as_sequences(X)).tolist() == [3, 1, 5]
    assert lengths_of(as_sequences([[1, 2, 3], [4, 5]])).tolist() == [3, 2]
    assert not is_ragged(CUBE)


def test_missing_values_pass():
    assert np.isnan(as_sequences([[1.0, np.nan], [2.0]])[0][1, 0])


def _infinite():
    X = CUBE.copy()
    X[1, 2, 0] = -np.inf
    return X


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([], "0 sequences"),
        (np.zeros((0, 4, 3)), "0 sequences"),
        (np.zeros((4, 0)), "at least one step"),
        (np.zeros((4, 3, 0)), "at least one step"),
        (np.zeros(4), r"shape \(4,\).*X\[None\]"),
        (np.zeros((1, 2, 3, 4)), "shape"),
        ([np.ones((3, 2)), np.ones((0, 2))], r"X\[1\] has no steps"),
        ([np.ones((3, 2)), np.ones((3, 1))], r"X\[1\] has 1 channels, X\[0\] has 2"),
        ([np.ones((3, 2, 1)), np.ones((2, 2, 1))], r"X\[0\] has shape \(3, 2, 1\)"),
        (_infinite(), r"X\[1\] is infinite \(inf\) at step 2, channel 0"),
        ([["a", "b"], ["c"]], r"X\[0\] is not numbers"),
        ([[1.0, None, {}], [2.0]], r"X\[0\] is not numbers"),
        ([[[1.0, 2.0], [3.0]], [[1.0, 2.0]]], r"X\[0\] is not a table"),
        (CUBE + 1j, "Complex"),
        (sparse.eye(3).tocsr(), "toarray"),
    ],
)
def test_errors_name_the_sequence_in_one_line(X, words):
    with pytest.raises(InputError, match=words) as caught:
        as_sequences(X)
    assert "\n" not in str(caught.value)


def test_channels_must_be_those_of_the_network():
    with pytest.raises(InputError, match=r"has 3 channels, the network .* with 2"):
        as_sequences(CUBE, channels=2)

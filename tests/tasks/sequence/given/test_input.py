"""Every form of X comes out the same, and what cannot be used is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import elman
from elman import SequenceRegressor
from elman._errors import InputError
from elman.tasks.sequence.given._input import (
    as_sequences,
    channel_names,
    is_ragged,
    lengths_of,
)

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


def _frames(library, order):
    columns = {"a": [1.0, 2, 3], "b": [10.0, 20, 30]}
    if library == "pyarrow":
        return pa.table({name: columns[name] for name in order})
    made = pl.DataFrame if library == "polars" else pd.DataFrame
    return made({name: columns[name] for name in order})


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_columns_of_data_frames_are_told_by_name(library):
    ab, ba = _frames(library, "ab"), _frames(library, "ba")
    assert channel_names([ab, ba]) == ["a", "b"]
    first, second = as_sequences([ab, ba])
    assert np.array_equal(first, second)
    turned = as_sequences([ba], 2, ["a", "b"])[0]
    assert turned[0].tolist() == [1, 10]
    assert as_sequences([ba.to_pandas() if library == "polars" else ba])[0][0, 0] == 10


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_data_frames_of_other_columns_are_refused(library):
    other = _frames(library, "a")
    words = r"X\[0\] has the columns 'a', the network was fitted with 'c', 'd'; give"
    with pytest.raises(InputError, match=words):
        as_sequences([other], 2, ["c", "d"])
    words = r"X\[1\] has the columns 'a', the first data frame has 'a', 'b'"
    with pytest.raises(InputError, match=words):
        as_sequences([_frames(library, "ab"), other])


def test_a_fitted_network_keeps_the_names_of_its_channels(tmp_path):
    rng = np.random.default_rng(0)
    frames = [pl.DataFrame(rng.normal(size=(4, 2)), ["a", "b"]) for _ in range(8)]
    turned = [frame.select("b", "a") for frame in frames]
    model = SequenceRegressor(hidden_size=4, epochs=1, random_state=0)
    model.fit(frames, [float(frame["a"].sum()) for frame in frames])
    expected = model.predict(frames)
    assert np.array_equal(model.predict(turned), expected)
    assert model.score(turned, expected) == 1.0
    loaded = elman.load(model.save(tmp_path / "run"))
    assert np.array_equal(loaded.predict(turned), expected)
    with pytest.raises(InputError, match="'a', 'c', the network was fitted with"):
        loaded.predict([frame.rename({"b": "c"}) for frame in frames])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool, object])
def test_masked_values_are_missing(dtype):
    cube = np.ma.masked_array(CUBE.astype(dtype), CUBE == 7)
    for X in (cube, [cube.data[0], cube[0]], list(cube)):
        found = as_sequences(X)
        assert sum(int(np.isnan(s).sum()) for s in found) == 1
    assert np.isnan(as_sequences(cube)[0][2, 1])
    nothing_masked = np.ma.masked_array(CUBE)
    assert np.array_equal(as_sequences(nothing_masked)[0], CUBE[0])

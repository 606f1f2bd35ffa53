"""Inputs of the wrong kind, shape or size: one line each; NumPy's numbers are fine."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
import torch

import elman
import elman.training
from elman import InputError
from elman.tasks import Forecaster, SequenceClassifier, SequenceRegressor

X = np.random.default_rng(0).normal(size=(12, 5, 2))
LABELS = np.arange(12) % 2
ROWS = 160


def table(**columns):
    hours = [dt.datetime(2021, 1, 1) + dt.timedelta(hours=i) for i in range(ROWS)]
    wave = 10 + np.sin(np.arange(ROWS) / 24 * 2 * np.pi)
    return pl.DataFrame({"t": hours, "y": wave, "z": np.arange(ROWS) % 7, **columns})


def forecaster(**options):
    small = {"horizon": 3, "context": 12, "hidden_size": 3, "epochs": 1}
    return Forecaster(**{**small, "windows_per_epoch": 8, **options})


def classifier(**options):
    return SequenceClassifier(**{"hidden_size": 3, "epochs": 1, **options})


def one_line(error):
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": 5}, "target must be column names, got 5; .*: write '5'"),
        ({"target": ["y", 5]}, "target must be column names"),
        ({"target": "y", "known": 5}, "known must be column names, got 5"),
        ({"target": "y", "time": 5}, "time must be column names, got 5; .*write '5'"),
    ],
)
def test_columns_that_are_no_names(arguments, words):
    with pytest.raises(InputError, match=words) as error:
        forecaster().fit(table(), **arguments)
    one_line(error)


def test_a_series_seen_too_seldom_for_its_season_has_no_scale():
    """No two values lie a season apart: MASE is unknown, the rest is not."""
    seldom = [float(i) if i % 11 == 0 else None for i in range(ROWS)]
    fitted = forecaster().fit(table(y=seldom).drop("z"), target="y", test=0.3)
    values = fitted.results_["scores"]["rows"][0]["values"]
    assert values["MAE"] >= 0


def test_numpys_numbers_are_numbers(tmp_path):
    """As a grid of settings made with NumPy has them; also once saved."""
    sizes = {"hidden_size": np.int64(3), "num_layers": np.int64(1)}
    fitted = forecaster(horizon=np.int64(3), context=np.int32(12), **sizes)
    fitted.fit(table(), target="y")
    fitted.save(tmp_path / "f")
    again = elman.load(tmp_path / "f")
    assert again.horizon == 3
    assert again.predict().equals(fitted.predict())
    sequences = classifier(dropout=np.float32(0.25), random_state=np.int64(7), **sizes)
    sequences.fit(X, LABELS).save(tmp_path / "s")
    assert elman.load(tmp_path / "s").get_params()["random_state"] == 7


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30, 1.5])
def test_seeds_out_of_range(seed):
    with pytest.raises(InputError, match="random_state must be a whole number") as e:
        classifier(random_state=seed).fit(X, LABELS)
    one_line(e)


@pytest.mark.parametrize("value", [5, "abc", [None], elman.training.Progress])
def test_callbacks_that_are_none(value):
    with pytest.raises(InputError, match="callbacks must be objects like"):
        classifier(callbacks=value).fit(X, LABELS)
    with pytest.raises(InputError, match="callbacks must be objects like"):
        forecaster(callbacks=value).fit(table(), target="y")


def test_a_cell_that_is_no_name():
    with pytest.raises(InputError, match=r"cell must be one of .*; got \[\]"):
        classifier(cell=[]).fit(X, LABELS)


def test_sizes_beyond_64_bits():
    with pytest.raises(InputError, match="hidden_size must be at most"):
        classifier(hidden_size=10**20).fit(X, LABELS)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: [1.0, *X[1:]], "X is not a table of numbers"),
        (lambda: [*X[:11], [[1.0], [1.0, 2.0]]], r"X\[11\] is not a table of numbers"),
        (lambda: torch.randn(12, 5).to_sparse(), "nested or sparse tensor"),
        (lambda: torch.nested.nested_tensor([torch.ones(3, 2)] * 12), "nested"),
        (lambda: torch.empty(12, 5, 2, device="meta"), "X is not a table of numbers"),
        (lambda: 1e200 * np.sign(X), r"X\[0\] is .?1e\+200 at step 0, channel 0"),
    ],
)
def test_sequences_that_are_none(make, words):
    x = make()
    with pytest.raises(InputError, match=words) as error:
        classifier().fit(x, LABELS)
    one_line(error)


def test_tensors_of_any_kind_are_read():
    whole = torch.from_numpy(X).float()
    fitted = classifier().fit(whole, LABELS)
    expected = fitted.predict_proba(whole)
    tracked = whole.clone().requires_grad_()
    assert (fitted.predict_proba(tracked) == expected).all()
    rounded = whole.bfloat16()
    assert (
        fitted.predict_proba(rounded) == fitted.predict_proba(rounded.float())
    ).all()
    regressor = SequenceRegressor(hidden_size=3, epochs=1)
    regressor.fit(tracked, torch.randn(12, requires_grad=True))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (set(range(12)), "y: y should be a 1d array"),
        (np.zeros((12, 2)), "y should be a 1d array"),
        (np.zeros((12, 1, 1)), "y: Found array with dim 3"),
        (LABELS * 1j, "Complex data not supported: y is complex128"),
    ],
)
def test_labels_that_are_none(y, words):
    with pytest.raises(InputError, match=words) as error:
        classifier(output="sequence").fit(X, y)
    one_line(error)


def test_targets_of_too_many_axes():
    with pytest.raises(InputError, match=r"y has shape \(12, 1, 1\)"):
        SequenceRegressor(epochs=1).fit(X, np.zeros((12, 1, 1)))


def test_targets_too_large_to_square():
    with pytest.raises(InputError, match=r"a value beyond 1e.150, first in row 3"):
        SequenceRegressor(epochs=1).fit(X, np.where(np.arange(12) == 3, 1e200, 0.0))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "the target y is None"),
        (LABELS[:9], "X holds 12 sequences and y 9 targets"),
        (np.full(12, np.nan), "Input y contains NaN"),
        (np.full(12, np.datetime64("2020-01-01")), "y cannot be compared"),
        (["a", "b"] * 6, r"y cannot be compared with the classes \[0, 1\]"),
        (LABELS[:, None].repeat(2, 1), "y should be a 1d array"),
    ],
)
def test_scores_ask_for_what_fitting_asks_for(y, words):
    fitted = classifier().fit(X, LABELS)
    with pytest.raises(InputError, match=words) as error:
        fitted.score(X, y)
    one_line(error)


def test_a_class_that_was_never_seen_counts_as_wrong():
    fitted = classifier().fit(X, LABELS)
    right = fitted.predict(X)
    right[:3] = 9
    assert fitted.score(X, right) == 0.75
    assert fitted.score(X, right, sample_weight=[0, 0, 0, *[1] * 9]) == 1.0

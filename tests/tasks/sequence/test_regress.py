"""The sequence regressor: what it learns, reports, keeps and refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

import elman
from elman import InputError, SequenceRegressor
from elman.tasks.sequence._fit import split_rows
from sequence_data import weighted_end

SMALL = {"hidden_size": 12, "learning_rate": 0.02, "init": "default", "epochs": 30}
QUICK = {**SMALL, "epochs": 2}


def products(n=120, seed=0):
    """Return ragged noise and y_t = tanh(x_t x_{t−1}): no linear filter does it."""
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(t, 1)) for t in rng.integers(15, 25, n)]
    return x, [np.tanh(s[:, 0] * np.r_[0.0, s[:-1, 0]]) for s in x]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_learns_what_the_last_steps_decide(cell):
    x, y = weighted_end(n=200)
    later, truth = weighted_end(seed=1)
    model = SequenceRegressor(cell, **SMALL).fit(x, y)
    assert model.score(later, truth) > 0.95
    assert model.predict(later).shape == (80,)


def test_learns_at_every_step_what_ridge_cannot():
    x, y = products()
    later, truth = products(seed=1)
    model = SequenceRegressor(bidirectional=False, **SMALL).fit(x, y)
    scores = model.evaluate(later, truth)
    errors = {row["model"]: row["values"]["RMSE"] for row in scores["rows"]}
    assert errors["network"] < 0.6 * errors["ridge"]
    assert scores["winner"] == "network"
    assert [p.shape for p in model.predict(later)] == [t.shape for t in truth]
    assert model.score(later, truth) > 0.6


def test_several_targets_keep_their_shape():
    x, y = weighted_end(n=30)
    both = np.stack([y, -y], 1)
    model = SequenceRegressor(**QUICK).fit(x, both)
    assert model.predict(x).shape == (30, 2)
    steps = np.stack([x[:, :, 0], x[:, :, 1]], -1)
    model = SequenceRegressor(**QUICK).fit(x, steps)
    assert model.predict(x).shape == (30, 8, 2)
    assert [p.shape for p in model.predict(list(x))] == [(8, 2)] * 30


def test_steps_without_a_target_are_left_out():
    x, y = products(n=40)
    clean = [t.copy() for t in y]
    for t in y:
        t[::2] = np.nan
    model = SequenceRegressor(**QUICK).fit(x, y)
    assert np.isfinite(np.concatenate(model.predict(x))).all()
    assert np.isfinite(model.score(x, y))
    values = model.evaluate(x, y)["rows"][0]["values"]
    predicted = np.concatenate(model.predict(x))
    known = ~np.isnan(np.concatenate(y))
    errors = predicted[known] - np.concatenate(clean)[known]
    assert values["RMSE"] == pytest.approx(np.sqrt((errors**2).mean()))


def test_scale_and_shift_of_the_target_change_nothing_else():
    x, y = weighted_end()
    plain = SequenceRegressor(**QUICK).fit(x, y).predict(x)
    moved = SequenceRegressor(**QUICK).fit(x, 4096.0 * y - 65536.0).predict(x)
    # Powers of two scale exactly; the shift rounds in float64.
    np.testing.assert_allclose((moved + 65536.0) / 4096.0, plain, rtol=0, atol=1e-4)


def test_held_out_targets_do_not_scale_the_others():
    x, y = weighted_end()
    train, held = split_rows(None, len(x), 0.2, 0)
    model = SequenceRegressor(**QUICK).fit(x, y)
    np.testing.assert_allclose(model.kind_.scaler.mean, y[train].mean())
    assert len(held) == 16


def test_results_are_plain_data():
    x, y = weighted_end()
    model = SequenceRegressor(**QUICK).fit(x, y)
    results = model.results_
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    assert results["task"] == "regress"
    histogram = results["data"]["target_histogram"]
    assert sum(histogram["counts"]) == 80
    assert len(histogram["edges"]) == len(histogram["counts"]) + 1
    labels = [e["label"] for e in results["data"]["examples"]]
    assert labels == sorted(labels)
    assert (labels[0], labels[-1]) == (y.min(), y.max())
    assert len(results["predicted"]["truth"]) == 16
    scores = model.evaluate(x, y)
    assert (scores["metric"], scores["lower_is_better"]) == ("RMSE", True)
    assert [row["model"] for row in scores["rows"]] == [
        "Elman",
        "linear models alone",
        "network alone",
        "mean",
        "1-nearest-neighbour",
        "ridge",
    ]


@pytest.mark.parametrize("form", ["flat", "wide", "steps"])
def test_comes_back_from_its_directory(tmp_path, form):
    x, y = weighted_end(n=30)
    y = {"flat": y, "wide": np.stack([y, -y], 1), "steps": x}[form]
    model = SequenceRegressor("rnn", **QUICK).fit(x, y)
    model.save(tmp_path)
    again = elman.load(tmp_path)
    assert isinstance(again, SequenceRegressor)
    assert np.array_equal(again.predict(x), model.predict(x))
    assert again.results_ == model.results_


def test_bad_targets():
    x, y = weighted_end(n=30)
    model = SequenceRegressor(**QUICK)
    for given, words in [
        (y[:-1], "X holds 30 sequences and y 29"),
        (np.full(30, np.nan), "NaN"),
        (["high"] * 30, "not numbers"),
        (x[:, :, 0], "output='sequence' or output='step'"),
    ]:
        with pytest.raises(InputError, match=words):
            model.fit(x, given)
    with pytest.raises(InputError, match=r"n_samples=1"):
        model.fit(x[:1], y[:1])
    model.fit(x, y)
    with pytest.raises(InputError, match=r"y has 2 targets, the network .* with 1"):
        model.evaluate(x, np.stack([y, y], 1))

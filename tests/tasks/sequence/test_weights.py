"""Weights of classes and of sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.class_weight import compute_class_weight

import elman
from elman import InputError, SequenceClassifier, SequenceRegressor
from elman.tasks.sequence._scores import score_table
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence._weights import class_weights, weighted, without_weightless
from elman.tasks.sequence.kinds._class_remarks import balanced_accuracy
from elman.tasks.sequence.kinds._classification import Classification
from elman.tasks.sequence.kinds._losses import (
    class_loss,
    squared_loss,
    weighted_class_loss,
    weighted_squared_loss,
)
from sequence_data import sign_of_the_sum

SMALL = {"hidden_size": 4, "epochs": 2, "init": "default"}


def rare_events(count=120, rare=8, seed=0):
    """Return sequences of noise; in a few, half a step up in the middle."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(count, 12, 1))
    y = np.array(["rare"] * rare + ["usual"] * (count - rare))
    X[:rare, 4:8] += 1.0
    order = draw.permutation(count)
    return X[order], y[order]


def test_balanced_is_that_of_scikit_learn():
    numbers = np.repeat([0, 1, 2], [10, 3, 1])
    found = class_weights("balanced", Targets(numbers, None), np.array(list("abc")))
    expected = compute_class_weight("balanced", classes=np.arange(3), y=numbers)
    assert found == pytest.approx(expected)
    assert class_weights({"b": 5}, Targets(numbers, None), np.array(list("abc"))) == (
        pytest.approx([1, 5, 1])
    )


def test_a_weight_counts_as_often_as_it_says():
    torch.manual_seed(0)
    output, target = torch.randn(4, 3), torch.tensor([0, 2, 1, 1])
    times = torch.tensor([1, 3, 0, 2])
    repeated = class_loss(
        output.repeat_interleave(times, 0), target.repeat_interleave(times)
    )
    pairs = torch.stack([target.float(), times * 4 / times.sum()], 1)
    assert float(weighted_class_loss(output, pairs)) == pytest.approx(float(repeated))
    numbers = torch.randn(4, 2)
    wide = torch.cat([numbers, (times * 4 / times.sum())[:, None]], 1)
    repeated = squared_loss(
        output[:, :2].repeat_interleave(times, 0), numbers.repeat_interleave(times, 0)
    )
    found = weighted_squared_loss(output[:, :2], wide)
    assert float(found) == pytest.approx(float(repeated))


def test_steps_without_a_target_have_no_loss_whatever_their_weight():
    output = torch.randn(2, 3, 2)
    target = torch.tensor([[0, 1, 1], [1, torch.nan, torch.nan]])
    ones = torch.where(target.isnan(), target, torch.ones(2, 3))
    both = torch.stack([target, ones], -1)
    assert torch.equal(weighted_class_loss(output, both), class_loss(output, target))
    assert weighted_class_loss.weight(both) == 4


def test_weights_have_mean_one_and_follow_their_rows():
    targets = Targets(np.array([0, 1, 1, 0]), np.array([1, 3]))
    weights = weighted(targets, np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    assert weights == pytest.approx(np.array([3, 2, 2, 1]) / 2)
    taken = Targets(targets.values, targets.lengths, weights=weights).take(
        np.array([1])
    )
    assert taken.weights == pytest.approx(np.array([2, 2, 1]) / 2)
    assert taken.tensor().shape == (3, 2)


def test_a_rare_class_is_found_where_it_weighs_as_much():
    X, y = rare_events()
    new, truth = rare_events(400, 40, seed=1)
    settings = {"hidden_size": 16, "epochs": 25, "init": "default", "dropout": 0.0}
    plain = SequenceClassifier(**settings).fit(X, y)
    even = SequenceClassifier(**settings, class_weight="balanced").fit(X, y)
    by_hand = SequenceClassifier(**settings).fit(
        X, y, sample_weight=np.where(y == "rare", 120 / 16, 120 / 224)
    )
    found = {
        name: (model.predict(new) == "rare").sum()
        for name, model in [("plain", plain), ("even", even)]
    }
    assert 2 * found["plain"] < found["even"]
    scores = [balanced_accuracy_score(truth, m.predict(new)) for m in (plain, even)]
    assert scores[1] > scores[0] + 0.05
    np.testing.assert_allclose(
        even.predict_proba(new), by_hand.predict_proba(new), atol=1e-5
    )
    assert even.results_["scores"]["metric"] == "balanced accuracy"


def test_sequences_of_weight_zero_teach_nothing():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(30, 5, 1))
    y = X[:, -1, 0].copy()
    weights = np.ones(30)
    weights[20:] = 0
    plain = {**SMALL, "validation_fraction": 0}
    model = SequenceRegressor(**plain)
    scaled = {
        other: model.fit(X, np.where(weights > 0, y, y + other), weights).predict(X)
        for other in (0.0, 1e-9)
    }
    np.testing.assert_allclose(scaled[0.0], scaled[1e-9], atol=1e-6)
    unweighted = SequenceRegressor(**plain).fit(X, y)
    assert not np.allclose(unweighted.predict(X), scaled[0.0], atol=1e-4)


def test_weight_zero_is_left_out():
    draw = np.random.default_rng(0)
    x = [draw.normal(size=(draw.integers(4, 8), 2)) for _ in range(40)]
    y = np.array(["up" if s[:, 0].mean() > 0 else "down" for s in x])
    weights = np.where(np.arange(40) % 2, 1.0, 0.0)
    spoiled = [s if w else s + 1e6 for s, w in zip(x, weights, strict=True)]
    labels = np.where(weights > 0, y, "spoiled")
    model = SequenceClassifier(**SMALL).fit(spoiled, labels, sample_weight=weights)
    alone = SequenceClassifier(**SMALL).fit(x[1::2], y[1::2], sample_weight=[1.0] * 20)
    assert list(model.classes_) == ["down", "spoiled", "up"]
    np.testing.assert_array_equal(model.predict(x), alone.predict(x))
    known = model.preparation_.tensors()
    for name, value in alone.preparation_.tensors().items():
        assert torch.equal(known[name], value)
    assert "sequences of weight 0 are left out: 20 of 40" in model.results_["notes"]


def test_few_sequences_have_weight():
    x = np.random.default_rng(0).normal(size=(12, 5, 1))
    y, weights = np.arange(12) % 2, np.eye(12)[0]
    with pytest.raises(InputError, match="leave 1 of 12 sequences with a weight"):
        SequenceClassifier(**SMALL).fit(x, y, sample_weight=weights)
    weights[2] = 1
    model = SequenceClassifier(**SMALL).fit(x, y, sample_weight=weights)
    assert (model.predict(x) == 0).all()
    assert model.predict_proba(x).shape == (12, 2)


def test_weight_zero_of_steps():
    rows = Targets(np.arange(6.0)[:, None], np.array([2, 3, 1]))
    rows = replace(rows, weights=np.array([0.0, 0.0, 0.0, 1.0, 4.0, 1.0]))
    x = [np.full((n, 1), float(n)) for n in (2, 3, 1)]
    kept, targets, notes = without_weightless(x, rows)
    assert [len(s) for s in kept] == [3, 1]
    assert notes == ["sequences of weight 0 are left out: 1 of 3"]
    assert targets.lengths.tolist() == [3, 1]
    assert targets.weights.tolist() == pytest.approx([0.0, 2 / 3, 8 / 3, 2 / 3])


def test_targets_a_step_take_weights_too():
    draw = np.random.default_rng(0)
    X = [draw.normal(size=(n, 2)) for n in (5, 7, 6) * 6]
    y = [(x[:, 0] > 1).astype(int) for x in X]
    model = SequenceClassifier(**SMALL, class_weight={1: 4.0})
    model.fit(X, y, sample_weight=np.arange(1, 19))
    assert model.per_step_
    assert len(model.predict(X)[1]) == 7


def test_weights_survive_a_run_directory(tmp_path):
    X, y = rare_events(40, 8)
    numbers = (y == "rare").astype(int)
    for weight in ({0: 1.0, 1: 9.0}, "balanced", None):
        model = SequenceClassifier(**SMALL, class_weight=weight).fit(X, numbers)
        loaded = elman.load(model.save(tmp_path / "run"))
        assert loaded.class_weight == weight
        loaded.fit(X, numbers)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ("balance", "did you mean 'balanced'"),
        ({"rar": 2.0}, "names the class 'rar'; did you mean 'rare'"),
        ({"rare": -1.0}, "the weight of 'rare' must be a number of at least 0"),
        ({"rare": "much"}, "got 'much'"),
        ({"rare": 0, "usual": 0}, "nothing is left to learn from"),
        (3, "None, 'balanced' or a mapping"),
    ],
)
def test_class_weights_that_cannot_be_used(weight, words):
    X, y = rare_events(20, 4)
    with pytest.raises(InputError, match=words):
        SequenceClassifier(**SMALL, class_weight=weight).fit(X, y)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.ones(3), r"shape \(3,\); give one number for each of the 20"),
        (np.zeros(20), "zero everywhere"),
        (-np.ones(20), r"sample_weight\[0\] is -1"),
        ([np.nan] * 20, r"sample_weight\[0\] is nan"),
        (["a"] * 20, "not numbers"),
    ],
)
def test_sample_weights_that_cannot_be_used(weights, words):
    X, y = rare_events(20, 4)
    with pytest.raises(InputError, match=words):
        SequenceClassifier(**SMALL).fit(X, y, sample_weight=weights)


def test_the_verdict_says_what_accuracy_hides():
    truth = np.array([0] * 95 + [1] * 5)
    always = np.zeros(100, int)
    assert balanced_accuracy(truth, always) == 0.5
    kind = Classification(np.array(["a", "b"]))
    told = {"majority class": always}
    table = score_table(kind, Targets(truth, None), always, told, "t")
    assert "Always saying 'a' is right for 95.0 %" in table["verdict"]
    assert "the network is right for 50.0 %, a guess for 50.0 %" in table["verdict"]
    assert "never predicts the class 'b' (5). class_weight" in table["verdict"]
    even = np.array([0, 1] * 10)
    table = score_table(kind, Targets(even, None), even, {}, "t")
    assert table["verdict"] == "The network has accuracy 100.0 %."


def test_a_score_counts_each_sequence_or_each_of_its_steps_by_its_weight():
    x, y = sign_of_the_sum(12)
    model = SequenceClassifier(**SMALL).fit(x, y)
    weights = np.arange(1.0, 13.0)
    right = [np.asarray(p) == t for p, t in zip(model.predict(x), y, strict=True)]
    counted = [w * part.sum() for w, part in zip(weights, right, strict=True)]
    most = [w * len(part) for w, part in zip(weights, right, strict=True)]
    score = model.score(x, y, sample_weight=weights)
    assert score == pytest.approx(sum(counted) / sum(most), rel=1e-12)
    assert score != model.score(x, y)
    with pytest.raises(InputError, match=r"sample_weight has shape \(2,\)"):
        model.score(x, y, sample_weight=[1.0, 2.0])

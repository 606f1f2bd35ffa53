"""Splits, leakage, the second run, remedies on trial, interruptions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import SequenceClassifier, SequenceRegressor
from elman.tasks.sequence._fit import network_outputs, split_rows
from elman.tasks.sequence._recipe import batch_size_for
from elman.training import Callback

QUICK = {"hidden_size": 6, "epochs": 3, "batch_size": 16}


def ramps(n=40, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = [
        np.linspace(-1, 1, t)[:, None] * (2 * k - 1) + 0.2 * rng.normal(size=(t, 2))
        for k, t in zip(y, rng.integers(5, 12, n), strict=True)
    ]
    return x, y


def state(model):
    return {k: v.clone() for k, v in model.network_.state_dict().items()}


def same(a, b):
    return all(torch.equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_split_takes_an_even_share_of_every_class(seed, fraction):
    groups = np.repeat([0, 1, 2], [50, 30, 20])
    train, held = split_rows(groups, 100, fraction, seed)
    assert sorted([*train, *held]) == list(range(100))
    assert len(held) == round(100 * fraction)
    for group, size in enumerate([50, 30, 20]):
        assert abs((groups[held] == group).sum() - fraction * size) <= 1


def test_split_leaves_a_training_row_of_every_class():
    groups = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 4])
    for seed in range(20):
        train, held = split_rows(groups, 10, 0.5, seed)
        assert set(groups[train]) == {0, 1, 2, 3, 4}
        assert len(held) == 5
    train, held = split_rows(np.arange(6), 6, 0.5, 0)
    assert len(held) == 0


@pytest.mark.parametrize(
    ("count", "fraction", "expected"),
    [(2, 0.2, 0), (4, 0.2, 1), (5, 0.05, 1), (10, 0.0, 0), (10, 0.95, 9)],
)
def test_split_of_few_rows(count, fraction, expected):
    train, held = split_rows(None, count, fraction, 0)
    assert (len(train), len(held)) == (count - expected, expected)


def test_batches_grow_with_the_data_within_bounds():
    sizes = [batch_size_for(n) for n in (1, 40, 67, 270, 1000, 10**6)]
    assert sizes == [8, 8, 8, 16, 64, 64]


@pytest.mark.parametrize("estimator", [SequenceClassifier, SequenceRegressor])
def test_held_out_rows_change_nothing_before_the_choice_of_the_epoch(estimator):
    """Weights after one epoch, and the scaling, come from the training rows alone."""
    x, y = ramps()
    y = y if estimator is SequenceClassifier else y + 0.01 * np.arange(len(y))
    groups = y if estimator is SequenceClassifier else None
    _, held = split_rows(groups, len(x), 0.2, 0)
    changed = [s.copy() for s in x]
    for i in held:
        changed[i] = changed[i] * 30.0 + 5.0

    seen = []

    class Look(Callback):
        def on_epoch(self, state):
            if state.epoch == 1:
                seen.append(
                    {k: v.clone() for k, v in state.module.state_dict().items()}
                )

    models = [
        estimator(**QUICK, init="default", refit=False, callbacks=[Look()]).fit(data, y)
        for data in (x, changed)
    ]
    assert same(*seen)
    scalers = [m.preparation_.scaler for m in models]
    assert np.array_equal(scalers[0].mean, scalers[1].mean)
    assert np.array_equal(scalers[0].scale, scalers[1].scale)


def test_predictions_do_not_depend_on_the_rest_of_the_batch():
    x, y = ramps()
    model = SequenceClassifier(**QUICK).fit(x, y)
    together = model.predict_proba(x)
    alone = np.concatenate([model.predict_proba([s]) for s in x])
    # Float32 sums of about 50 terms of order one, through a softmax.
    np.testing.assert_allclose(together, alone, rtol=0, atol=50 * 1.2e-7)


def test_outputs_come_back_in_order_whatever_the_lengths():
    x, y = ramps(n=600)
    model = SequenceClassifier(**{**QUICK, "epochs": 1}, refit=False).fit(x, y)
    prepared = model.preparation_.apply(x)
    found = network_outputs(model.network_, prepared)
    for i in (0, 255, 256, 599):
        (alone,) = network_outputs(model.network_, [prepared[i]])
        np.testing.assert_allclose(found[i], alone, rtol=0, atol=1e-5)


def test_refit_trains_on_all_rows_for_the_best_number_of_epochs():
    x, y = ramps(n=160)
    quick = {**QUICK, "epochs": 12, "learning_rate": 0.1, "init": "default"}
    twice = SequenceClassifier(**quick).fit(x, y)
    once = SequenceClassifier(**quick, refit=False).fit(x, y)
    report = twice.results_["training"]
    assert 0 < report["refit_epochs"] == report["best_epoch"] < 12
    assert once.results_["training"]["refit_epochs"] == 0
    assert twice.results_["scores"] == once.results_["scores"]
    assert not same(state(twice), state(once))
    # The second run's scaling is that of all sequences.
    steps = np.concatenate(x)
    np.testing.assert_allclose(
        twice.preparation_.scaler.mean, steps.mean(0), rtol=0, atol=1e-14
    )


def test_few_held_out_sequences_do_not_choose_the_epoch_of_a_classifier():
    x, y = ramps()
    model = SequenceClassifier(**{**QUICK, "patience": 1, "epochs": 6}).fit(x, y)
    assert model.results_["training"]["refit_epochs"] == 6
    assert len(model.results_["training"]["history"]) == 1 + 6
    assert any("too few to choose" in note for note in model.results_["notes"])


def test_a_network_that_learned_nothing_is_still_one_that_was_trained():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5, 1)), rng.integers(0, 2, 60)
    # So high a rate makes every epoch worse than the start.
    quick = {**QUICK, "learning_rate": 1.0, "init": "default"}
    report = SequenceClassifier(**quick, refit=False).fit(x, y).results_["training"]
    losses = [row["validation_loss"] for row in report["history"]]
    assert min(losses) == losses[0]
    assert report["best_epoch"] >= 1


def test_without_a_validation_part_it_runs_all_epochs_and_says_so():
    x, y = ramps()
    model = SequenceClassifier(**QUICK, validation_fraction=0.0).fit(x, y)
    assert model.results_["training"]["best_epoch"] == 3
    assert "scores" not in model.results_
    assert any("held out" in note for note in model.results_["notes"])


class Interrupt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_step(self, state):
        if state.epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [1, 2])
def test_interruption_leaves_a_fitted_model(epoch, tmp_path):
    x, y = ramps()
    model = SequenceClassifier(**QUICK, callbacks=[Interrupt(epoch)]).fit(x, y)
    report = model.results_["training"]
    assert report["stopped"] == "interrupted"
    assert report["refit_epochs"] == 0
    assert report["best_epoch"] <= epoch
    assert model.predict(x).shape == (40,)
    assert model.results_["scores"]["rows"]
    model.save(tmp_path)


def long_memory(n=48, steps=60):
    """The class is the sign of the first step."""
    rng = np.random.default_rng(0)
    x = 0.1 * rng.normal(size=(n, steps, 1))
    x[:, 0, 0] += np.where(np.arange(n) % 2, 2.0, -2.0)
    return x, np.arange(n) % 2


def test_a_remedy_is_measured_tried_and_reported():
    x, y = long_memory()
    model = SequenceClassifier(
        hidden_size=12, epochs=9, bidirectional=False, pooling="last", dropout=0.0
    ).fit(x, y)
    diagnosis = model.results_["diagnosis"]
    assert diagnosis["before"]["verdict"] == "vanishing"
    assert diagnosis["needed"] == 60
    assert "median 60 steps" in diagnosis["needed_source"]
    assert {r["name"] for r in diagnosis["remedies"]} >= {"orthogonal", "chrono"}
    taken = model.results_["training"]["init"]
    (note,) = [n for n in model.results_["notes"] if n.startswith("init")]
    assert "validation loss" in note
    if taken == "default":
        assert diagnosis["remedy"] is None
        assert diagnosis["after"] is None
    else:
        assert diagnosis["remedy"] == taken
        assert diagnosis["after"]["horizon"] > diagnosis["before"]["horizon"]


def test_a_named_init_is_applied_as_it_is():
    x, y = long_memory()
    model = SequenceClassifier(**QUICK, init="chrono").fit(x, y)
    assert model.results_["training"]["init"] == "chrono"
    assert model.results_["diagnosis"]["remedy"] == "chrono"
    assert model.results_["diagnosis"]["after"]["horizon"] > 60
    plain = SequenceClassifier(**QUICK, init="default").fit(x, y)
    assert plain.results_["diagnosis"]["after"] is None


def test_sequences_of_one_step_have_nothing_to_diagnose():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 1, 3))
    model = SequenceRegressor(**QUICK).fit(x, x.sum((1, 2)))
    assert model.results_["diagnosis"] is None

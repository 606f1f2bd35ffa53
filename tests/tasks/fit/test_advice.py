"""Notes on the course of a training, and the choice of a remedy beyond the noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elman import Forecaster, InputError, SequenceClassifier, SequenceRegressor
from elman.tasks.fit._advice import advice
from elman.tasks.sequence._trial import gain
from elman.training import TrainingResult


def run(losses, validation=None, stopped="epochs", best=None):
    watched = validation or [math.nan] * len(losses)
    rows = [
        {"epoch": i, "loss": loss, "validation_loss": value}
        for i, (loss, value) in enumerate(zip(losses, watched, strict=True))
    ]
    best = len(losses) - 1 if best is None else best
    return TrainingResult(rows, best, stopped, 1.0)


def test_a_loss_that_stays_that_of_guessing_is_said():
    flat = run([math.nan, 0.70, 0.693, 0.692, 0.691])
    (note,) = advice(flat, (math.log(2), "guessing"))
    assert "training loss, 0.691, is still that of guessing (0.693)" in note
    assert "More epochs (12)" in note
    learned = run([math.nan, 0.70, 0.6, 0.5, 0.5])
    assert advice(learned, (math.log(2), "guessing")) == []


def test_a_loss_above_that_of_guessing_is_said():
    (note,) = advice(run([math.nan, 90.0, 70.6]), (3.42, "guessing"))
    assert "training loss, 70.6, is above that of guessing (3.42)" in note


def test_a_loss_that_is_still_falling_is_said():
    falling = run([math.nan, *np.linspace(1.0, 0.5, 12)])
    (note,) = advice(falling)
    assert "was still falling when the epochs were over" in note
    assert "more epochs (36)" in note
    (note,) = advice(run([math.nan, *np.linspace(1.0, 0.5, 12)], stopped="time"))
    assert "when the time was over" in note
    assert "more time (--max-seconds 10)" in note
    level = [math.nan, 1.0, 0.7, 0.6, 0.55, 0.54, 0.54, 0.54, 0.54, 0.539]
    assert advice(run(level)) == []
    assert advice(run([math.nan, *np.linspace(1.0, 0.5, 12)], stopped="patience")) == []
    assert (
        advice(run([math.nan, *np.linspace(1, 0.5, 12)], stopped="interrupted")) == []
    )


def test_a_start_that_nothing_betters_is_said():
    worse = run([math.nan, 0.9, 0.8], [1.0, 1.1, 1.2], "patience", 0)
    (note,) = advice(worse)
    assert "no epoch was better than the start" in note
    (note,) = advice(run([math.nan, 0.9, 0.8], [1.0, 1.1, 1.2], "patience", 1))
    assert "no epoch was better than the start" in note


def test_noise_is_told_apart_from_nothing():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(40, 6, 1))
    y = draw.integers(0, 2, 40)
    settings = {"hidden_size": 4, "epochs": 2, "init": "default", "learning_rate": 1e-5}
    model = SequenceClassifier(**settings).fit(X, y)
    assert any("has learned nothing" in note for note in model.results_["notes"])
    model = SequenceRegressor(**settings).fit(X, draw.normal(size=40))
    assert any("always saying the mean" in note for note in model.results_["notes"])


def test_a_gain_is_beside_its_standard_error():
    remedy, default = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.5, 3.5])
    assert gain(remedy, default) == (0.5, 0.0)
    mean, error = gain(np.zeros(4), np.array([1.0, -1.0, 1.0, -1.0]))
    assert (mean, error) == (0.0, pytest.approx(np.sqrt(4 / 3) / 2))
    assert gain(np.array([1.0]), np.array([2.0])) == (1.0, math.inf)


@pytest.mark.parametrize("kind", [Forecaster, SequenceClassifier, SequenceRegressor])
def test_parameters_inside_training_are_set_by_name(kind):
    model = kind().set_params(training__schedule="linear", epochs=3)
    assert (model.training, model.epochs) == ({"schedule": "linear"}, 3)
    first = model.training
    model.set_params(training__momentum=0.5)
    assert model.training == {"schedule": "linear", "momentum": 0.5}
    assert first == {"schedule": "linear"}
    with pytest.raises(InputError, match="did you mean 'schedule'"):
        model.set_params(training__shedule="linear")
    with pytest.raises(ValueError, match="Invalid parameter"):
        model.set_params(epoch=3)

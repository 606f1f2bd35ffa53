"""Runs that end when they have settled, and those that a budget ends before."""

from __future__ import annotations

import itertools
import math
import time

import pytest
import torch

from elman._errors import InputError
from elman.training import Checkpoints, Rows, TrainingSettings, train
from elman.training.budget._settling import Settling, scatter, still_falling
from lines import linear, mse


def line(count, seed=0, noise=0.0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, generator=draw)
    y = 2 * x.sum(1, keepdim=True) + noise * torch.randn(count, 1, generator=draw)
    return Rows(x, y)


def until(**choice):
    return TrainingSettings(
        **{"epochs": None, "patience": None, "batch_size": 16, **choice}
    )


def judged(losses, every=20, fewest=0):
    """Return the steps at which the rule says that the run has settled."""
    rule = Settling(fewest)
    found = []
    for i, loss in enumerate(losses):
        rule.judge(every * i, loss)
        if rule.settled:
            found.append(every * i)
    return found


def test_a_level_loss_settles_after_the_wait():
    losses = [1.0, 0.5, *[0.4] * 30]
    assert judged(losses)[0] == 240
    assert judged(losses, fewest=400)[0] == 400
    # The wait is a share of the way where the way was long.
    falling = [1.0 - 0.02 * i for i in range(41)]
    assert judged([*falling, *[0.2] * 40])[0] == 800 + 400


def test_a_loss_that_falls_has_not_settled():
    assert judged([0.97**i for i in range(200)])[:1] == []
    # What is left to fall no longer matters beside what has fallen.
    assert judged([0.5**i for i in range(40)])


def test_scatter_is_no_progress_and_a_fall_no_scatter():
    draw = torch.Generator().manual_seed(0)
    noise = torch.randn(400, generator=draw).tolist()
    assert scatter([0.1 * i for i in range(12)]) == pytest.approx(0, abs=1e-12)
    assert 0.7 < scatter(noise) < 1.4
    level = [5 + 0.01 * value for value in noise]
    assert judged(level)[0] < 2000
    assert judged([0.0, *[1.0] * 20])[0] == 200
    # Of a translator: the steep beginning does not make the fall after it scatter.
    steep = [8.40, 3.88, 3.05, 2.66, 2.43, 2.30, 2.20, 2.13, 2.08, 2.04, 2.00, 1.97]
    assert scatter(steep) < 0.05
    assert judged(steep, every=300) == []


def test_a_long_epoch_waits_for_three_judgements():
    assert judged([1.0, 0.5, 0.5, 0.5, 0.5], every=10_000) == [40_000]


def test_a_loss_that_is_not_finite_is_no_progress():
    losses = [math.nan, 1.0, *[math.nan] * 12]
    assert judged(losses)[0] == 220


def test_a_run_settles_and_the_best_weights_stay():
    module = linear()
    examples, held = line(64, noise=0.5), line(64, seed=1, noise=0.5)
    result = train(module, mse, examples, held, until(learning_rate=0.05))
    assert result.stopped == "settled"
    assert not result.still_falling
    best = result.history[result.best_epoch // 5]
    assert best["epoch"] == result.best_epoch
    assert best["validation_loss"] == min(r["validation_loss"] for r in result.history)
    # Four steps an epoch, so that every fifth is judged.
    assert [row["epoch"] for row in result.history][:4] == [0, 5, 10, 15]
    assert [row["step"] for row in result.history][:4] == [0, 20, 40, 60]
    again = linear()
    assert (
        train(again, mse, examples, held, until(learning_rate=0.05)).history[-1]["loss"]
        == result.history[-1]["loss"]
    )


def test_without_validation_the_training_loss_settles():
    module = linear()
    result = train(module, mse, line(48), None, until(learning_rate=0.05))
    assert result.stopped == "settled"
    assert result.history[-1]["loss"] < 1e-2


def test_what_settled_can_be_run_again_on_everything():
    settings = until(learning_rate=0.05, max_steps=2000, min_steps=100)
    first = train(linear(), mse, line(48), line(16, seed=1), settings)
    again = settings.for_epochs(first.best_epoch)
    second = train(linear(), mse, line(64), None, again)
    assert second.stopped == "epochs"
    assert second.history[-1]["epoch"] == first.best_epoch


def test_steps_are_a_bound():
    result = train(
        linear(), mse, line(48), line(16), until(learning_rate=1e-4, max_steps=50)
    )
    assert result.stopped == "steps"
    assert result.history[-1]["step"] == 51  # three steps an epoch
    assert result.still_falling is False  # three judgements say nothing


def test_time_is_a_bound_and_more_of_it_goes_on(tmp_path, quick_disk, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    examples, held = line(64), line(16, seed=1)
    kept = Checkpoints(tmp_path, every_seconds=None)
    result = train(
        linear(), mse, examples, held, until(max_seconds=30.0), checkpoints=kept
    )
    assert result.stopped == "time"
    steps = result.history[-1]["step"]
    assert 20 < steps < 40
    same = train(
        linear(),
        mse,
        examples,
        held,
        until(max_seconds=20.0),
        checkpoints=kept,
        resume=True,
    )
    assert (same.stopped, same.history[1:]) == ("time", result.history[1:])
    more = train(
        linear(),
        mse,
        examples,
        held,
        until(max_seconds=60.0),
        checkpoints=kept,
        resume=True,
    )
    assert more.stopped == "time"
    assert more.history[1 : len(result.history)] == result.history[1:]
    assert more.history[-1]["step"] > steps + 20
    assert more.seconds >= 60


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2], True),
        ([1.0, 0.8, 0.6, 0.5, 0.499, 0.498, 0.497], False),
        ([1.0, 0.8, 0.6, 0.5, 0.3, 0.2, 0.3], False),
        ([1.0, 0.5], False),
        ([-1.0, -1.1, -1.2, -1.3, -1.4, -1.5, -1.6], True),
    ],
)
def test_a_loss_that_fell_to_the_end(losses, said):
    rows = [{"epoch": i, "validation_loss": v} for i, v in enumerate(losses)]
    assert still_falling(rows) is said


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"schedule": "cosine"}, "schedule='constant'"),
        ({"average": "swa"}, "take 'ema'"),
        ({"warm_up": 0.1}, "as a number of steps"),
        ({"min_steps": 9, "max_steps": 3}, "at least min_steps"),
        ({"max_seconds": 0}, "max_seconds"),
        ({"epochs": 3, "max_steps": 9}, "epochs=None"),
    ],
)
def test_what_needs_the_length_of_the_run_is_refused(choice, words):
    with pytest.raises(InputError, match=words):
        until(**choice)

"""Strategies of the training loop by options: they arrive, and bad ones are a line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import elman as package
from elman import report
from elman.training import TrainingSettings

QUICK = ["--hidden", 2, "--epochs", 2, "--init", "default", "-q"]
MANY = [
    *("--optimizer", "NAdam", "--schedule", "one-cycle", "--warm-up", 0.2),
    *("--clip", "none", "--accumulate", 2, "--average", "ema", "--patience", "none"),
    *("--average-decay", 0.9, "--weight-noise", 0.01, "--dropout", 0),
    *("--weight-decay", 0.1, "--clip-value", 0.5, "--momentum", 0.8),
]


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(report, "write_report", lambda run: run / "report.html")


@pytest.fixture
def seen(monkeypatch):
    """All settings of trainings, as they were made."""
    made, own = [], TrainingSettings.__post_init__

    def remember(settings):
        own(settings)
        made.append(settings)

    monkeypatch.setattr(TrainingSettings, "__post_init__", remember)
    return made


def check(settings):
    assert settings.optimizer == "NAdam"
    assert settings.schedule == "one-cycle"
    assert settings.warm_up == 0.2
    assert settings.clip_norm is None
    assert settings.patience is None
    assert settings.accumulate == 2
    assert (settings.average, settings.average_decay) == ("ema", 0.9)
    assert settings.weight_noise == 0.01
    assert settings.weight_decay == 0.1
    assert settings.clip_value == 0.5
    assert settings.momentum == 0.8


def test_options_arrive_in_a_forecast(elman, series, seen):
    line = ["train", "forecast", series(), "--target", "load", "--horizon", 4]
    answer = elman(*line, *QUICK, *MANY, "--out", "r")
    assert answer.status == 0, answer.err
    check(seen[-1])
    again = package.load("r")
    assert again.clip_norm is None
    assert again.patience is None
    assert again.training["optimizer"] == "NAdam"


def test_options_arrive_in_sequence_tasks(elman, cases, seen):
    more = ["--tokens-per-batch", 40, "--checkpoint-every", 0]
    answer = elman("train", "classify", cases(), *QUICK, *MANY, *more, "--out", "r")
    assert answer.status == 0, answer.err
    check(seen[-1])
    assert seen[-1].tokens_per_batch == 40
    assert tomllib.loads(Path("r/job.toml").read_text())["checkpoint_every"] == 0


def test_what_was_asked_is_asked_again_on_resume(elman, cases, seen):
    line = ["train", "classify", cases(), *QUICK, *MANY]
    assert elman(*line, "--out", "r").status == 0
    job = Path("r/job.toml")
    job.write_text(job.read_text().replace("finished = true", "finished = false"))
    seen.clear()
    assert elman("resume", "r").status == 0
    check(seen[0])


def test_averaged_and_automatic_clipping(elman, cases, seen):
    more = ["--clip", "auto", "--average", "swa", "--schedule", "plateau"]
    answer = elman("train", "classify", cases(), *QUICK, *more, "--json", "--out", "r")
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["training"]["best_epoch"] >= 0
    assert (seen[-1].clip_norm, seen[-1].average) == ("auto", "swa")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--optimizer", "adamm"], "did you mean 'adam'?"),
        (["--optimizer", "Optimizer"], "Optimizer"),
        (["--schedule", "cosin"], "did you mean 'cosine'?"),
        (["--average", "emma"], "did you mean 'ema'?"),
        (["--average", "ema", "--average-decay", 1.5], "average_decay"),
        (["--clip", "much"], "--clip must be a number, auto or none, got 'much'"),
        (["--clip", -1], "clip_norm must be positive"),
        (["--clip", "nan"], "clip_norm"),
        (["--patience", 1.5], "--patience must be a whole number, auto or none"),
        (["--patience", 0], "patience must be at least 1"),
        (["--warm-up", -1], "warm_up"),
        (["--warm-up", 3.5], "warm_up must be a whole number"),
        (["--accumulate", 0], "accumulate must be at least 1"),
        (["--weight-noise", "inf"], "weight_noise"),
        (["--precision", "half"], "precision must be one of full, mixed"),
        (["--tokens-per-batch", 0], "tokens_per_batch must be at least 1"),
        (["--checkpoint-every", -1], "--checkpoint-every"),
        (["--dropout", 1], "dropout"),
        (["--local-steps", 0], "local_steps must be at least 1"),
        (["--processes", 0], "--processes must be at least 1"),
        (["--nodes", 0], "--nodes must be at least 1"),
        (["--optimizer", "LBFGS"], "LBFGS"),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(elman, cases, options, words):
    answer = elman("train", "classify", cases(), *QUICK, *options, "--out", "r")
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert not Path("r").exists()


def test_windows_are_of_one_length(elman, series):
    line = ["train", "forecast", series(), "--target", "load", *QUICK]
    assert "no such option" in elman(*line, "--tokens-per-batch", 9).err


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({"optimiser": "adam"}, "did you mean 'optimizer'?"),
        ({"epochs": 3}, "give epochs= instead"),
        ({"seed": 3}, "give random_state= instead"),
        ({"average": "mean"}, "average must be one of ema, swa"),
        (["adam"], "training must map names to values"),
        ({"tokens_per_batch": 9}, "all examples are of one length"),
    ],
)
def test_bad_training_of_an_estimator(training, words):
    frame = {"time": list(range(99)), "y": [float(i % 7) for i in range(99)]}
    forecaster = package.Forecaster(horizon=2, training=training)
    with pytest.raises(package.InputError, match=words.replace("?", r"\?")):
        forecaster.fit(frame, "y", "time")


def test_an_optimiser_that_is_an_object_trains_and_is_not_saved(tmp_path):
    import torch

    frame = {"time": list(range(99)), "y": [float(i % 7) for i in range(99)]}
    forecaster = package.Forecaster(
        horizon=2,
        context=7,
        hidden_size=2,
        epochs=1,
        training={"optimizer": torch.optim.Adagrad, "momentum": 0.5},
    )
    forecaster.fit(frame, "y", "time").save(tmp_path)
    assert package.load(tmp_path).training == {"momentum": 0.5}

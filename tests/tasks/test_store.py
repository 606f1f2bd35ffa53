"""A finished training is saved whole, whatever its results hold and the disk says."""

from __future__ import annotations

import errno
import json
import os
import tomllib

import numpy as np
import pytest
import tomli_w

import elman
from elman.tasks import Forecaster, SequenceClassifier
from elman.tasks._verdict import verdict


@pytest.fixture(scope="module")
def fitted():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(12, 5, 2)).astype(np.float32)
    return SequenceClassifier(hidden_size=2, epochs=1, init="default").fit(
        X, np.arange(12) % 2
    )


def test_a_number_that_is_not_finite_is_null(fitted, tmp_path, monkeypatch):
    results = {**fitted.results_, "x": [1.5, {"y": (float("nan"), float("-inf"))}]}
    monkeypatch.setattr(fitted, "results_", results)
    fitted.save(tmp_path)
    kept = json.loads((tmp_path / "results.json").read_text())
    assert kept["x"] == [1.5, {"y": [None, None]}]
    assert elman.load(tmp_path).results_ == kept


@pytest.mark.parametrize("refused", range(3))
def test_a_full_disk_leaves_the_model_that_was_there(
    fitted, tmp_path, monkeypatch, refused
):
    """The n-th file is refused; nothing half-written has a final name."""
    fitted.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    own, count = os.write, []

    def write(number, content):
        count.append(0)
        if len(count) > refused:
            own(number, bytes(content[:10]))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return own(number, content)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space left"):
            fitted.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (elman.load(tmp_path).predict(np.zeros((1, 5, 2))) >= 0).all()


def test_a_baseline_without_error_is_a_verdict():
    rows = [
        {"model": "Elman", "kind": "network", "values": {"MAE": 0.5}},
        {"model": "last day", "kind": "baseline", "values": {"MAE": 0.0}},
    ]
    winner, words = verdict(rows)
    assert winner == "last day"
    assert "makes no error at all" in words


def written(fitted, directory, **changes):
    """A run directory with other content of run.toml; None takes a part away."""
    fitted.save(directory)
    run = tomllib.loads((directory / "run.toml").read_text())
    run["parameters"].update(changes.pop("parameters", {}))
    run |= changes
    for part in (run, run["parameters"]):
        for name in [key for key, value in part.items() if value is None]:
            del part[name]
    (directory / "run.toml").write_text(tomli_w.dumps(run))
    return elman.load(directory)


def test_a_parameter_that_a_run_does_not_know_has_its_default(fitted, tmp_path):
    """As a run of an earlier version has it; what was None there stays None."""
    missing = {"patience": None, "dropout": None, "class_weight": None}
    found = written(fitted, tmp_path, parameters=missing)
    assert (found.patience, found.dropout) == ("auto", 0.3)
    assert found.class_weight is None


def test_a_run_that_does_not_name_what_was_none(fitted, tmp_path):
    missing = {"patience": None, "dropout": None, "batch_size": 8}
    found = written(fitted, tmp_path, parameters=missing, none=None)
    assert found.patience is None  # it may be, so it was
    assert found.dropout == 0.3
    assert found.batch_size == 8


@pytest.mark.parametrize("estimator", [SequenceClassifier, Forecaster])
def test_a_generator_is_stored_as_the_seed_it_drew(estimator, tmp_path):
    options = {"epochs": 1, "hidden_size": 2, "init": "default"}
    draw = np.random.RandomState(3)
    if estimator is Forecaster:
        data = {"time": np.arange(60), "y": np.sin(np.arange(60.0))}
        model = Forecaster(2, 4, **options, random_state=draw).fit(data, "y", "time")
    else:
        X = draw.normal(size=(8, 3, 1))
        model = SequenceClassifier(**options, random_state=draw)
        model.fit(X, np.arange(8) % 2)
    model.save(tmp_path)
    found = elman.load(tmp_path)
    assert found.random_state == found.seed_ == model.seed_
    assert model.random_state is draw


def test_none_of_a_random_state_stays_none(tmp_path):
    X = np.zeros((8, 3, 1))
    options = {"epochs": 1, "hidden_size": 2, "init": "default"}
    model = SequenceClassifier(**options, random_state=None)
    model.fit(X, np.arange(8) % 2).save(tmp_path)
    found = elman.load(tmp_path)
    assert found.random_state is None
    assert found.seed_ == model.seed_

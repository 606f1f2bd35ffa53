"""A finished training is saved whole, whatever its results hold and the disk says."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest

import elman
from elman.tasks import SequenceClassifier
from elman.tasks.forecast._scores import verdict


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

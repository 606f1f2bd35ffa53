"""How many threads a fit uses, and that it leaves their number as it was."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from elman import InputError, SequenceClassifier
from elman.tasks.fit import _threads
from elman.tasks.fit._threads import LEAST_WORK, suitable_threads, work_of
from elman.training import Callback


@pytest.fixture(autouse=True)
def _two_by_default(monkeypatch):
    """Pretend that two threads are what torch takes by itself."""
    before = torch.get_num_threads()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_threads, "_defaults", lambda: {2})
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Threads(Callback):
    """Remember how many threads the training has."""

    def on_epoch(self, state):
        self.number = torch.get_num_threads()


def fitted(seen, **more):
    X = np.random.default_rng(0).normal(size=(24, 5, 1))
    y = (X[:, -1, 0] > 0).astype(int)
    settings = {"hidden_size": 4, "epochs": 1, "init": "default", "callbacks": [seen]}
    return SequenceClassifier(**{**settings, **more}).fit(X, y)


def test_a_small_network_trains_on_one_and_leaves_two():
    seen = Threads()
    model = fitted(seen)
    assert seen.number == 1
    assert model.results_["environment"]["threads"] == 1
    assert torch.get_num_threads() == 2


def test_a_large_one_takes_all():
    seen = Threads()
    fitted(seen, hidden_size=160, batch_size="all")
    assert work_of("gru", 24, 1, 160) > LEAST_WORK
    assert seen.number == 2


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_what_the_environment_says_stays(monkeypatch, name):
    monkeypatch.setenv(name, "2")
    seen = Threads()
    fitted(seen)
    assert seen.number == 2


def test_a_number_that_was_set_stays():
    torch.set_num_threads(3)
    seen = Threads()
    fitted(seen)
    assert seen.number == torch.get_num_threads() == 3


def test_an_error_leaves_the_number_as_it_was():
    with contextlib.suppress(ZeroDivisionError), suitable_threads(1.0):
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2
    with pytest.raises(InputError):
        fitted(Threads(), epochs=0)
    assert torch.get_num_threads() == 2


def test_fits_inside_and_beside_each_other():
    with suitable_threads(1.0):
        fitted(Threads())
    assert torch.get_num_threads() == 2
    with ThreadPoolExecutor(4) as pool:
        seen = [Threads() for _ in range(8)]
        list(pool.map(fitted, seen))
    assert {one.number for one in seen} == {1}
    assert torch.get_num_threads() == 2
    assert not _threads._inside


def test_what_torch_takes_by_itself_is_known():
    command = (
        "import torch; from elman.tasks.fit import _threads as t; print(t.is_chosen())"
    )
    environment = {k: v for k, v in os.environ.items() if k not in _threads._VARIABLES}
    for start, answer in [
        ("", "False"),
        ("import torch; torch.set_num_threads(7);", "True"),
    ]:
        said = subprocess.run(
            [sys.executable, "-c", start + command],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout.strip() == answer

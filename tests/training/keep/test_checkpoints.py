"""Runs that are stopped in every way go on to the same end."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import warnings

import pytest
from torch import nn

from elman._errors import InputError
from elman.training import Callback, Checkpoints, MetricsFile, TrainingSettings, train
from faults import in_a_child
from stopped import SETTINGS, At, ending, kill, pairs, run, straight

MANY = int(os.environ.get("ELMAN_TORTURE", "0"))

pytestmark = pytest.mark.usefixtures("one_thread", "quick_disk")


def test_checkpoints_change_no_bit(tmp_path):
    assert ending(*run(Checkpoints(tmp_path, every_steps=1))) == straight()


@pytest.mark.parametrize(
    ("every", "moment", "places"),
    [
        (1, "step", (1, 5, 6, 7, 14, 24)),
        (3, "step", (2, 10, 11, 12, 13, 18, 23)),
        (7, "step", (6, 7, 8, 20)),
        (2, "epoch", (0, 1, 4)),
    ],
)
def test_killed_anywhere_it_goes_on_to_the_same_end(tmp_path, every, moment, places):
    """An epoch has six steps: the places lie at its start, inside, and at its end."""
    for at in range(1, 25) if MANY and moment == "step" else places:
        place = Checkpoints(tmp_path / str(at), every_steps=every)
        stop = At(kill, **{moment: at})
        assert os.WTERMSIG(in_a_child(lambda p=place, s=stop: run(p, [s]))) == 9
        assert ending(*run(place, resume=True)) == straight()


def test_killed_again_and_again_at_random_moments(tmp_path):
    draw = random.Random(1)  # noqa: S311
    for attempt in range(MANY // 10 or 2):
        place = Checkpoints(tmp_path / str(attempt), every_steps=1, resume=True)
        for _ in range(6):
            child = os.fork()
            if child == 0:
                try:
                    run(place)
                finally:
                    os._exit(0)
            time.sleep(draw.uniform(0, 0.06))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert ending(*run(place)) == straight()


def test_every_step_is_trained_once(tmp_path):
    """What two halves trained, put together, is what one run trained."""

    class Ledger(Callback):
        def __init__(self, path):
            self.path = path

        def on_step(self, state):
            with self.path.open("a") as file:
                file.write(f"{state.step} {state.ledger}\n")

    run(callbacks=[Ledger(tmp_path / "whole")])
    whole = (tmp_path / "whole").read_text().splitlines()
    assert [int(line.split()[0]) for line in whole] == list(range(1, 25))
    place = Checkpoints(tmp_path / "c", every_steps=5)
    seen = [Ledger(tmp_path / "parts")]
    in_a_child(lambda: run(place, [*seen, At(kill, step=13)]))
    run(place, seen, resume=True)
    parts = (tmp_path / "parts").read_text().splitlines()
    # Steps 11 to 13 were lost with the process, and trained again from step 10.
    assert parts == whole[:13] + whole[10:]


def test_a_finished_run_only_returns_its_result(tmp_path):
    run(Checkpoints(tmp_path / "c"))
    steps = []
    metrics = tmp_path / "metrics.jsonl"
    again = run(
        Checkpoints(tmp_path / "c"),
        [At(lambda: steps.append(0), step=1), MetricsFile(metrics)],
        resume=True,
    )
    assert ending(*again) == straight()
    assert not steps
    assert len(metrics.read_text().splitlines()) == 5


def test_patience_and_its_count_survive(tmp_path):
    settings = TrainingSettings(
        epochs=60, batch_size=8, learning_rate=0.6, patience=3, clip_norm=None
    )
    expected = ending(*run(settings=settings))
    assert expected[2] == "patience"
    last = len(json.loads(expected[0].replace("'", '"').replace("nan", "0"))) - 1
    for epoch in range(max(0, last - 4), last + 1):
        place = Checkpoints(tmp_path / str(epoch), every_steps=1)
        in_a_child(lambda p=place, e=epoch: run(p, [At(kill, epoch=e)], settings))
        assert ending(*run(place, settings=settings, resume=True)) == expected


def test_metrics_hold_each_epoch_once(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.jsonl")
    place = Checkpoints(tmp_path / "c", every_steps=5)
    in_a_child(lambda: run(place, [metrics, At(kill, epoch=3)]))
    _, result = run(place, [metrics], resume=True)
    rows = [json.loads(text) for text in metrics.path.read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[1:] == result.history[1:]


def test_old_checkpoints_are_not_overwritten_by_chance(tmp_path):
    run(Checkpoints(tmp_path))
    with pytest.raises(InputError, match="resume=True"):
        run(Checkpoints(tmp_path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": TrainingSettings(epochs=5)}, "epochs was 4 and is 5"),
        ({"examples": pairs(22, 5)}, "other training data"),
        ({"validation": pairs(9, 5)}, "other validation data"),
        ({"validation": None}, "other validation data"),
    ],
)
def test_another_run_is_refused(tmp_path, change, words):
    run(Checkpoints(tmp_path))
    with pytest.raises(InputError, match=words):
        run(Checkpoints(tmp_path), resume=True, **change)


def test_another_network_is_refused(tmp_path, monkeypatch):
    run(Checkpoints(tmp_path))
    place = Checkpoints(tmp_path, resume=True)
    loss = nn.functional.mse_loss
    with pytest.raises(InputError, match="another network"):
        train(
            nn.Linear(3, 1),
            loss,
            pairs(22, 0),
            pairs(9, 1),
            SETTINGS,
            checkpoints=place,
        )


def test_going_on_from_an_older_one_is_said(tmp_path):
    place = Checkpoints(tmp_path, every_steps=1)
    in_a_child(lambda: run(place, [At(kill, step=9)]))
    newest = sorted(tmp_path.glob("*-step-*"))[-1]
    (newest / "tensors.safetensors").write_bytes(b"")
    with pytest.warns(RuntimeWarning, match=f"cannot be used: .*{newest.name}"):
        found = ending(*run(place, resume=True))
    assert found == straight()


def test_a_full_disk_warns_and_training_goes_on(tmp_path, monkeypatch):
    """The disk is full for a while; the run ends as if it had not been."""
    own, full = os.write, []

    def write(number, content):
        if full:
            raise OSError(28, "No space left on device")
        return own(number, content)

    monkeypatch.setattr(os, "write", write)
    place = Checkpoints(tmp_path, every_steps=2)
    moments = [At(lambda: full.append(0), step=7), At(full.clear, step=11)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = ending(*run(place, moments))
    assert found == straight()
    assert ["step 8" in str(w.message) for w in caught] == [True, False]
    assert "no space left" in str(caught[0].message)


def test_killed_while_the_disk_is_full(tmp_path, monkeypatch):
    own, full = os.write, []

    def write(number, content):
        if full:
            raise OSError(28, "No space left on device")
        return own(number, content)

    place = Checkpoints(tmp_path, every_steps=2)

    def work():
        warnings.simplefilter("ignore")
        monkeypatch.setattr(os, "write", write)
        run(place, [At(lambda: full.append(0), step=7), At(kill, step=15)])

    in_a_child(work)
    assert ending(*run(place, resume=True)) == straight()


@pytest.mark.parametrize(
    "options",
    [{"every_seconds": -1.0}, {"every_steps": 0}, {"keep": 0}, {"keep": 1.5}],
)
def test_bad_options_are_named(options):
    with pytest.raises(InputError, match=next(iter(options))):
        Checkpoints("x", **options)


def test_resume_needs_a_directory():
    with pytest.raises(InputError, match="checkpoints=DIRECTORY"):
        run(resume=True)

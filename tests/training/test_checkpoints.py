"""Runs that are stopped in every way go on to the same end."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import time
import warnings

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from elman._errors import InputError
from elman.training import (
    Callback,
    Checkpoints,
    KeepDivergence,
    MetricsFile,
    Rows,
    TrainingSettings,
    train,
)
from faults import in_a_child

MANY = int(os.environ.get("ELMAN_TORTURE", "0"))


@pytest.fixture(autouse=True)
def _one_thread(quick_disk):
    """A forked child has no worker threads, and would wait for them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pairs(n, seed):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, generator=draw)
    return Rows(x, x.sum(1, keepdim=True))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 6), nn.Dropout(0.2), nn.Linear(6, 1))


SETTINGS = TrainingSettings(
    epochs=4, batch_size=4, learning_rate=0.05, schedule="cosine", patience=None
)


def run(checkpoints=None, callbacks=(), settings=SETTINGS, **options):
    module = network()
    result = train(
        module,
        nn.functional.mse_loss,
        options.pop("examples", pairs(22, 0)),
        options.pop("validation", pairs(9, 1)),
        settings,
        callbacks,
        checkpoints=checkpoints,
        **options,
    )
    return module, result


def ending(module, result):
    """Everything that must not depend on whether a run was stopped."""
    rows = [{**row, "seconds": 0} for row in result.history]
    weights = {k: v.numpy().tobytes() for k, v in module.state_dict().items()}
    return repr(rows), result.best_epoch, result.stopped, weights


class At(Callback):
    """Does something after a step, or after an epoch."""

    def __init__(self, what, step=None, epoch=None):
        self.what, self.step, self.epoch = what, step, epoch

    def on_step(self, state):
        if state.step == self.step:
            self.what()

    def on_epoch(self, state):
        if state.epoch == self.epoch:
            self.what()


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


STRAIGHT = None


def straight():
    global STRAIGHT
    STRAIGHT = STRAIGHT or ending(*run())
    return STRAIGHT


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


@pytest.mark.parametrize("moment", [{"step": 9}, {"epoch": 2}])
def test_ctrl_c_ends_after_the_step_and_resumes(tmp_path, moment):
    stop = At(lambda: os.kill(os.getpid(), signal.SIGINT), **moment)
    place = Checkpoints(tmp_path, every_seconds=None)
    _, result = run(place, [stop])
    assert result.stopped == "interrupted"
    assert len(list(tmp_path.glob("*-step-*"))) == 1
    assert ending(*run(place, resume=True)) == straight()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait_for_the_step():
    started = []

    class Slow(nn.Module):
        def forward(self, x):
            if self.training and not started:
                started.append(0)
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
            return x.sum(1, keepdim=True) * self.weight

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

    steps = []
    loss = nn.functional.mse_loss
    callback = At(lambda: steps.append(0), step=1)
    result = train(Slow(), loss, pairs(8, 0), None, SETTINGS, [callback])
    assert result.stopped == "interrupted"
    assert not steps


def test_sigterm_saves_and_ends_with_143(tmp_path):
    place = Checkpoints(tmp_path, every_seconds=None)
    stop = At(lambda: os.kill(os.getpid(), signal.SIGTERM), step=11)

    def work():
        try:
            run(place, [stop])
        except SystemExit as exit_:
            os._exit(exit_.code)

    assert os.WEXITSTATUS(in_a_child(work)) == 143
    assert [p.name for p in tmp_path.glob("*-step-*")] == ["000001-step-11"]
    assert ending(*run(place, resume=True)) == straight()


def test_sigterm_without_checkpoints_is_left_alone():
    stop = At(lambda: os.kill(os.getpid(), signal.SIGTERM), step=3)
    assert os.WTERMSIG(in_a_child(lambda: run(callbacks=[stop]))) == signal.SIGTERM


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


def test_divergence_keeps_the_batch_and_the_weights(tmp_path):
    examples = pairs(22, 0)
    examples.inputs[0][13, 2] = math.nan
    module, result = run(
        Checkpoints(tmp_path / "c", every_steps=1),
        [KeepDivergence(tmp_path / "diverged")],
        examples=examples,
    )
    assert result.stopped == "diverged"
    assert all(v.isfinite().all() for v in module.state_dict().values())
    found = result.divergence
    assert 13 in found.batch
    assert found.inputs[0][found.batch == 13].isnan().any()
    batch = load_file(tmp_path / "diverged" / "batch.safetensors")
    assert torch.equal(batch["index"], found.batch)
    assert torch.equal(batch["inputs.0"].isnan(), found.inputs[0].isnan())
    weights = load_file(tmp_path / "diverged" / "weights.safetensors")
    assert all(v.isfinite().all() for v in weights.values())
    about = json.loads((tmp_path / "diverged" / "divergence.json").read_text())
    assert about["step"] == found.step
    assert about["loss"] == "nan"
    # The last checkpoint is the step before, and leads to the same place again.
    again = run(
        Checkpoints(tmp_path / "c", every_steps=1), examples=examples, resume=True
    )
    assert again[1].divergence.step == found.step


def test_weights_that_are_not_finite_are_never_kept(tmp_path):
    """An update may overflow although loss and gradient were finite."""

    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return x.sum(1, keepdim=True) * self.weight

    settings = TrainingSettings(
        epochs=2, optimizer="sgd", learning_rate=1e38, clip_norm=None, batch_size=4
    )
    module = Steep()
    examples = pairs(22, 0)
    examples.target += 1e3
    place = Checkpoints(tmp_path, every_steps=1)
    loss = nn.functional.mse_loss
    result = train(module, loss, examples, None, settings, checkpoints=place)
    assert result.stopped == "diverged"
    assert module.weight.isfinite().all()


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

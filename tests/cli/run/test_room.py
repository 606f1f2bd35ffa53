"""What is looked at before a training, and what must not end one."""

from __future__ import annotations

import collections
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elman.training import BestWeights, MetricsFile

SMALL = ["--hidden", 4, "--epochs", 2, "--init", "default", "--out", "r"]


def test_a_disk_without_room_is_refused_before_training(elman, cases, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    answer = elman("train", "classify", cases(), *SMALL)
    assert answer.status == 2
    assert "0.0 MB are free on this disk, the training writes up to" in answer.err
    assert "epoch" not in answer.err
    assert not Path("r").exists()


@pytest.mark.filterwarnings("always")
def test_a_full_disk_does_not_end_what_watches(elman, cases, monkeypatch):
    refused = []

    def refusing(method):
        def refuse(self, *rest, **more):
            if self.name.startswith(("best.", "metrics.")):
                refused.append(self.name)
                raise OSError(errno.ENOSPC, "No space left on device")
            return method(self, *rest, **more)

        return refuse

    for name in ("write_bytes", "write_text", "open"):
        monkeypatch.setattr(Path, name, refusing(getattr(Path, name)))
    answer = elman("train", "classify", cases(), *SMALL)
    assert answer.status == 0, answer.err
    assert {name.split(".")[0] for name in refused} == {"best", "metrics"}
    assert "could not be written (no space left on device); training goes on" in (
        answer.err
    )
    assert elman("predict", "r", cases("n.ts")).status == 0


def test_rows_that_a_full_disk_refused_are_written_later(tmp_path):
    from elman.training import TrainingState

    file = MetricsFile(tmp_path / "gone" / "metrics.jsonl")
    state = TrainingState(None, None, 1)
    with pytest.warns(RuntimeWarning, match="training goes on"):
        file.on_start(state)
    state.record = {"epoch": 0, "loss": 1.0}
    state.history.append(state.record)
    (tmp_path / "gone").mkdir()
    file.on_epoch(state)
    state.record = {"epoch": 1, "loss": float("nan")}
    state.history.append(state.record)
    file.on_epoch(state)
    lines = (tmp_path / "gone" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"epoch": 0, "loss": 1.0},
        {"epoch": 1, "loss": None},
    ]
    assert BestWeights(tmp_path / "b.safetensors").path.name == "b.safetensors"


@pytest.fixture
def started(tmp_path, cases):
    """Return a training in a process of its own, with standard error to read."""

    def start(*more):
        line = [sys.executable, "-m", "elman", "train", "classify", str(cases())]
        line += [*map(str, SMALL), *map(str, more)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            line,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_a_reader_that_has_seen_enough_ends_no_training(started, tmp_path):
    with started("--epochs", 30) as process:
        assert "epoch 1/30" in process.stderr.readline()
        process.stderr.close()
        out = process.stdout.read()
    assert process.returncode == 0
    assert "Scores" in out
    assert (tmp_path / "r" / "report.html").exists()


def test_killed_after_the_first_epoch_it_goes_on_and_says_from_where(started, tmp_path):
    with started("--epochs", 4000, "--patience", "none") as process:
        while "epoch 3/" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGKILL)
    with subprocess.Popen(
        [sys.executable, "-m", "elman", "resume", "r"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as resumed:
        assert resumed.stderr.readline().startswith("elman: going on after step ")
        resumed.send_signal(signal.SIGTERM)
        resumed.stderr.read()
    assert resumed.returncode == 143


def test_without_a_checkpoint_resume_says_that_it_begins_anew(elman, cases):
    assert elman("train", "classify", cases(), *SMALL, "-q").status == 0
    shutil.rmtree("r/checkpoints")
    Path("r/checkpoints").mkdir()
    job = Path("r/job.toml")
    job.write_text(job.read_text().replace("finished = true", "finished = false"))
    answer = elman("resume", "r", "-q")
    assert answer.status == 0, answer.err
    assert "no checkpoint had been saved: the training begins anew" in answer.err

"""Trainings from the command line are killed anywhere and go on to the same end."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tarfile
import wave
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch

import elman.data
import elman.report
from elman.cli import main
from elman.training import Checkpoints, DirectoryLock
from elman.training.step._step import Step

sys.path.insert(0, str(Path(__file__).parent))
from zygote import every_second_step, few_bikes, no_report

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("ELMAN_DATA", ROOT / "../shared/data")).resolve()
NEEDS_DATA = pytest.mark.skipif(
    not (DATA / "beijing_pm25.csv").exists(),
    reason=f"no data in {DATA}: set ELMAN_DATA",
)
# How it ended, negative for a signal, and what it said on standard error.
Stopped = namedtuple("Stopped", "status err")
FORECAST = ["--horizon", 6, "--context", 24, "--hidden", 4, "--epochs", 2]
SEQUENCES = ["--hidden", 4, "--epochs", 6, "--batch-size", 4]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """One thread, as the stopped runs have; checkpoints at every second step."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(sys, "argv", sys.argv)  # `command` sets it
    monkeypatch.setattr(os, "fsync", lambda number: None)
    monkeypatch.setattr(Checkpoints, "__post_init__", every_second_step)
    monkeypatch.setattr(elman.report, "write_report", no_report)
    monkeypatch.setattr(elman.data, "load_bikeshare", few_bikes)
    yield
    torch.set_num_threads(before)


def command(*arguments):
    """Run a command in this process, silently; return its exit status."""
    sys.argv = ["elman", *map(str, arguments)]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture(scope="module")
def stopped_at():
    """Return a function that runs a command and sends a signal at its n-th step."""
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("zygote.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(step, how, *arguments):
        line = [str(argument) for argument in arguments]
        job = {"folder": str(Path.cwd()), "arguments": line, "step": step}
        server.stdin.write(json.dumps(job | {"signal": int(how)}) + "\n")
        server.stdin.flush()
        return Stopped(*json.loads(server.stdout.readline()))

    yield run
    server.stdin.close()
    server.wait()
    server.stdout.close()


def steps_of(monkeypatch, *arguments):
    """Run a command undisturbed; return how many steps it took."""
    own, count = Step.take, []

    def take(self, batch):
        count.append(0)
        return own(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Step, "take", take)
        assert command(*arguments) == 0
    return len(count)


def ending(run):
    """What a run leaves, without the time it took."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    results = json.loads((run / "results.json").read_text())
    results["environment"].pop("command")
    results["training"].pop("seconds")
    for row in rows + results["training"]["history"]:
        row.pop("seconds")
    model = (run / "model.safetensors").read_bytes()
    best = (run / "checkpoints" / "best.safetensors").read_bytes()
    return model, best, rows, results


def goes_on_from(monkeypatch, stopped_at, arguments, places):
    """Compare runs killed at these shares of their steps with one that was not."""
    whole = Path("whole")
    total = steps_of(monkeypatch, *arguments, "--out", whole, "-q")
    for share in places:
        run = Path(f"killed-{share}")
        step = max(1, round(share * total))
        line = [*arguments, "--out", run, "-q"]
        assert stopped_at(step, signal.SIGKILL, *line).status == -signal.SIGKILL
        assert not (run / "run.toml").exists()
        taken = steps_of(monkeypatch, "resume", run, "-q")
        # At most the two steps since the last checkpoint are taken again.
        assert total - step + 1 <= taken <= total - step + 3
        assert ending(run) == ending(whole)
        assert command("resume", run) == 0  # finished: says so


def test_a_forecast(elman, series, monkeypatch, capsys, stopped_at):
    line = ["train", "forecast", series(), "--target", "load", *FORECAST]
    goes_on_from(monkeypatch, stopped_at, line, (0.0, 0.55, 1.0))
    assert "is finished" in capsys.readouterr().out


def test_a_classifier_in_each_of_its_runs(elman, cases, monkeypatch, stopped_at):
    """The trial of a remedy, the run with validation, the run on everything."""
    line = ["train", "classify", cases(each=14), *SEQUENCES]
    goes_on_from(monkeypatch, stopped_at, line, (0.2, 0.5, 0.8, 1.0))


def test_a_regressor(elman, tmp_path, monkeypatch, stopped_at):
    draw = np.random.default_rng(0)
    values = draw.normal(size=(40, 7, 2)).astype(np.float32)
    np.savez("sums.npz", X=values, y=values[:, :, 0].sum(1))
    line = ["train", "regress", "sums.npz", *SEQUENCES]
    goes_on_from(monkeypatch, stopped_at, line, (0.4, 0.9))


def test_the_demo_goes_on(elman, stopped_at):
    first = stopped_at(3, signal.SIGKILL, "demo", "--out", "d", "-q")
    assert first.status == -signal.SIGKILL
    assert stopped_at(3, signal.SIGTERM, "resume", "d", "-q").status == 143
    steps = sorted(Path("d/checkpoints/network").glob("*-step-*"))
    assert steps[-1].name.endswith("step-5")


def test_sigterm_and_ctrl_c_say_how_to_go_on(elman, series, monkeypatch, stopped_at):
    line = ["train", "forecast", series(), "--target", "load", *FORECAST, "-q"]
    steps_of(monkeypatch, *line, "--out", "whole")
    for how, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        run = f"by-{status}"
        ended = stopped_at(3, how, *line, "--out", run)
        assert ended.status == status
        assert f"go on with: elman resume {run}" in ended.err
        assert command("resume", run, "-q") == 0
        assert ending(Path(run)) == ending(Path("whole"))


@pytest.fixture
def killed(series, stopped_at):
    """Return the data of a run in the folder r, which was killed."""
    data = series()
    line = ["train", "forecast", data, "--target", "load", *FORECAST, "--out", "r"]
    assert stopped_at(5, signal.SIGKILL, *line).status == -signal.SIGKILL
    return data


def refused(answer, words):
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_changed_data_are_refused(elman, killed):
    data = killed
    content = data.read_bytes()
    data.write_bytes(content.replace(b"40.", b"41.", 1))
    refused(elman("resume", "r"), "is not the file the run began with")
    data.unlink()
    refused(elman("resume", "r"), "is not there")
    data.write_bytes(content)
    assert elman("resume", "r", "-q").status == 0


def test_from_another_folder(elman, killed, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert elman("resume", "../r", "-q").status == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a job"),
        (b"\xff\xfe", "is not a job"),
        (b"task = 'forecast'\nevil = 1", "is not a job"),
        (b"task = 'shell'", "is not a job"),
        (b"a = " + b"[" * 5000, "is not a job"),
        (b"task = 'forecast'\nschema_version = 9", "schema 9"),
        (b"#" * (2**20 + 1), "more than"),
        (b"task = 'forecast'", "names no data"),
    ],
)
def test_a_damaged_job_is_one_line(elman, content, words):
    Path("r").mkdir()
    Path("r/job.toml").write_bytes(content)
    refused(elman("resume", "r"), words)


def test_nothing_to_resume_is_one_line(elman):
    refused(elman("resume", "none"), "no run directory")
    Path("empty").mkdir()
    refused(elman("resume", "empty"), "holds no job.toml")


def test_two_trainings_do_not_share_a_folder(elman, killed):
    lock = DirectoryLock(Path("r"))
    refused(elman("resume", "r"), f"in use by process {os.getpid()}")
    line = ["train", "forecast", killed, "--target", "load", *FORECAST, "--out", "r"]
    refused(elman(*line, "--force"), "in use by process")
    lock.release()
    assert elman("resume", "r", "-q").status == 0


def test_force_begins_anew(elman, killed, monkeypatch):
    line = ["train", "forecast", killed, "--target", "load", *FORECAST, "-q"]
    steps_of(monkeypatch, *line, "--out", "whole")
    steps_of(monkeypatch, *line, "--out", "r", "--force")
    assert ending(Path("r")) == ending(Path("whole"))


def test_the_model_that_force_overwrites_is_not_taken_for_the_new_one(
    elman, series, stopped_at
):
    data = series()
    line = ["train", "forecast", data, "--target", "load", *FORECAST, "--out", "r"]
    assert elman(*line, "-q").status == 0
    old = Path("r/model.safetensors").read_bytes()
    # An error before the training leaves the old run as it was.
    answer = elman(*line, "--force", "--known", "warmth", "--context", 10**6)
    assert answer.status == 2
    assert Path("r/model.safetensors").read_bytes() == old
    assert elman("predict", "r").status == 0
    assert "finished" in elman("resume", "r").out
    again = [*line, "--seed", 1, "--force"]
    assert stopped_at(5, signal.SIGTERM, *again).status == 143
    refused(elman("predict", "r"), "training is unfinished: elman resume r")
    assert not Path("r/results.json").exists()
    assert not Path("r/.previous").exists()
    assert elman("resume", "r", "-q").status == 0
    assert elman("predict", "r").status == 0
    assert Path("r/model.safetensors").read_bytes() != old


def test_divergence_is_explained_and_kept(elman, series):
    answer = elman(
        *("train", "forecast", series(), "--target", "load", "--lr", "3e36"),
        *("--out", "r", *FORECAST),
    )
    assert answer.status == 0, answer.err
    assert "first non-finite value" in answer.out
    about = json.loads(Path("r/diverged/divergence.json").read_text())
    results = json.loads(Path("r/results.json").read_text())
    assert results["training"]["diverged"]["step"] == about["step"]
    assert Path("r/diverged/batch.safetensors").stat().st_size > 100


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: …")],
)
def test_too_little_memory_is_one_line_and_loses_nothing(
    elman, series, monkeypatch, error
):
    line = ["train", "forecast", series(), "--target", "load", *FORECAST, "-q"]
    steps_of(monkeypatch, *line, "--out", "whole")
    own, count = Step.take, []

    def take(self, batch):
        count.append(0)
        if len(count) == 5:
            raise error
        return own(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Step, "take", take)
        answer = elman(*line, "--out", "r")
    refused(answer, "the memory is not enough")
    assert answer.err.endswith("go on with: elman resume r\n")
    assert elman("resume", "r", "-q").status == 0
    assert ending(Path("r")) == ending(Path("whole"))


@NEEDS_DATA
def test_pm25_of_beijing(elman, monkeypatch, stopped_at):
    """Air pollution by the hour, with its gaps; the first 1500 rows."""
    with (DATA / "beijing_pm25.csv").open() as file:
        Path("air.csv").write_text("".join(itertools.islice(file, 1501)))
    target = ["--target", "pm2.5", "--time", "year,month,day,hour"]
    line = ["train", "forecast", "air.csv", *target, *FORECAST, "--epochs", 1]
    goes_on_from(monkeypatch, stopped_at, line, (0.6,))


@NEEDS_DATA
def test_spoken_digits(elman, monkeypatch, stopped_at):
    """Energies of the sound in ten bands, fifty times a second."""
    X, y = spoken_digits(DATA / "free_spoken_digits.tar.xz", 60)
    np.savez("digits.npz", X=X, y=y)
    line = ["train", "classify", "digits.npz", *SEQUENCES, "--epochs", 2]
    goes_on_from(monkeypatch, stopped_at, line, (0.6,))


def spoken_digits(archive, count):
    """Return log energies (n, T, 10) of recordings, padded with silence, and digits."""
    features, digits = [], []
    with tarfile.open(archive) as files:
        for member in files:
            if not member.name.endswith(".wav"):
                continue
            with wave.open(files.extractfile(member)) as sound:
                raw = sound.readframes(sound.getnframes())
            signal_ = np.frombuffer(raw, "<i2").astype(np.float32) / 2**15
            frames = signal_[: len(signal_) // 160 * 160].reshape(-1, 160)
            power = np.abs(np.fft.rfft(frames * np.hanning(160)))[:, 1:] ** 2
            bands = power.reshape(len(frames), 10, 8).sum(2)
            features.append(np.log(bands + 1e-6).astype(np.float32))
            digits.append(int(Path(member.name).name[0]))
            if len(features) == count:
                break
    longest = max(map(len, features))
    padded = np.full((count, longest, 10), np.log(1e-6), np.float32)
    for row, feature in zip(padded, features, strict=True):
        row[: len(feature)] = feature
    return padded, np.array(digits)

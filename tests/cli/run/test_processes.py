"""``elman train`` in two processes: one result, also if one of them is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from elman._errors import InputError
from elman.cli import main
from elman.cli.run import _launch, _members

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds workers in /proc"
)
EPOCHS = 12
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TORCHRUN += ["-m", "elman"]
LINE = [
    *("train", "regress", "sums.npz", "--hidden", "4", "--init", "default"),
    *("--epochs", str(EPOCHS), "--batch-size", "8", "--patience", "none"),
    *("--dropout", "0", "--checkpoint-every", "0", "-q"),
]

started: list[subprocess.Popen] = []


def run(*command):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started.append(process)
    return process


def workers(launcher):
    """Return the process numbers of a launcher's workers by their rank."""
    found = {}
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text()
    for number in map(int, children.split()):
        words = Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
        ranks = [word for word in words if word.startswith(b"RANK=")]
        if ranks:
            found[int(ranks[0][5:])] = number
    return found


def wait_for(step, folder):
    """Wait for a checkpoint of this step or a later one."""
    for _ in range(60_000):
        names = [p.name for p in folder.glob("checkpoints/network/*-step-*")]
        if any(int(name.rpartition("-")[2]) >= step for name in names):
            return
        time.sleep(0.001)
    raise AssertionError("no checkpoint came")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where one process, two, and two of which one was killed, have trained."""
    place = tmp_path_factory.mktemp("processes")
    draw = np.random.default_rng(0)
    values = draw.normal(size=(61, 7, 2)).astype(np.float32)
    np.savez(place / "sums.npz", X=values, y=values[:, :, 0].sum(1))
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.chdir(place)
    try:
        monkeypatch.setattr(sys, "argv", ["elman", *LINE, "--out", "one"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        both = run(*TORCHRUN, *LINE, "--out", "two")
        out, said = both.communicate(timeout=120)
        assert both.returncode == 0, said
        (place / "two.txt").write_text(out)
        # Its folder is the first free one, and found again after the restart.
        cut = run("elman", *LINE, "--processes", "2")
        wait_for(9, place / "runs/sums-1")
        os.kill(workers(cut.pid)[1], signal.SIGKILL)
        wait_for(25, place / "runs/sums-1")
        cut.terminate()
        out, said = cut.communicate(timeout=120)
        assert cut.returncode == 143, said
        (place / "cut.txt").write_text(out + said)
        again = run(*TORCHRUN, "resume", "runs/sums-1", "-q")
        out, said = again.communicate(timeout=120)
        assert again.returncode == 0, said
        (place / "again.txt").write_text(out)
    finally:
        monkeypatch.undo()
        for launcher in started:
            launcher.kill()
    return place


def result(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row.pop("seconds")
    return load_file(run / "model.safetensors"), rows


def test_two_processes_end_where_one_does(folder):
    """Rounding in float32, over 72 steps of AdamW in the two runs of a fit."""
    one, rows = result(folder / "one")
    two, also_rows = result(folder / "two")
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-4)
    assert len(rows) == len(also_rows) == EPOCHS + 1
    for row, other in zip(rows, also_rows, strict=True):
        assert other["validation_loss"] == pytest.approx(
            row["validation_loss"], rel=1e-4
        )


def test_a_killed_worker_and_sigterm_change_nothing(folder):
    two, rows = result(folder / "two")
    cut, also_rows = result(folder / "runs/sums-1")
    assert all(torch.equal(two[name], cut[name]) for name in two)
    assert rows == also_rows


def test_the_launcher_says_what_happened_and_how_to_go_on(folder):
    said = (folder / "cut.txt").read_text()
    # The leader may hear of the death before torchrun ends it as well.
    said = said.replace("elman: another process has ended\n", "")
    # It depends on when the worker died from which step the rest goes on.
    said = re.sub(r"elman: going on after step \d+, epoch \d+\n", "", said)
    assert said == (
        "elman: going on with runs/sums-1 after a restart\n"
        "elman: terminated; go on with: elman resume runs/sums-1\n"
    )
    assert [path.name for path in (folder / "runs").iterdir()] == ["sums-1"]


def test_the_first_process_alone_speaks(folder):
    for name in ("two", "again"):
        said = (folder / f"{name}.txt").read_text()
        assert said.count("Written") == 1
        assert "Traceback" not in said


class Peers:
    """A team of two whose other member says what the test wants."""

    def __init__(self, rank, other):
        self.rank, self.other = rank, other

    def everyone(self, word):
        said = [word, self.other]
        return said if self.rank == 0 else said[::-1]


@pytest.fixture
def peers(monkeypatch):
    def join(rank, *other):
        monkeypatch.setattr(_members, "_team", Peers(rank, list(other)))
        monkeypatch.setattr(_members, "_ready", False)

    return join


def test_members_hear_the_leader(peers):
    peers(1, None, {"job": 1})
    assert _members.meet({"job": 2}) == {"job": 1}


def test_one_failure_is_told_to_all_and_once(peers):
    peers(0, "no such file", None)
    with pytest.raises(InputError, match=r"^process 1: no such file$"):
        _members.meet()
    # Having heard it, nobody waits for anybody any more.
    assert _members.fail("process 1: no such file") == "process 1: no such file"
    peers(1, None, None)
    assert _members.fail("no file") == "process 1: no file"
    peers(1, "full", None)
    assert _members.fail("no file") == "full"


def test_the_command_for_many_machines(elman):
    answer = elman(*LINE, "--nodes", "64", "--processes=8", "--out", "r")
    assert answer.status == 0
    assert " torchrun --nnodes 64 --nproc-per-node 8 " in answer.out
    command = answer.out.split(" -m elman ")[1]
    assert command.strip() == " ".join([*LINE, "--out", "r"])
    assert not Path("r").exists()


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["a", "--nodes", "3", "b"], ["a", "b"]),
        (["--processes=2", "a", "--processes", "4"], ["a"]),
        (["--target", "no=des", "--nodes=1"], ["--target", "no=des"]),
    ],
)
def test_the_command_is_spelt_without_the_numbers(arguments, kept):
    assert _launch._without_ours(arguments) == kept


def test_what_says_that_a_peer_was_lost(monkeypatch):
    error = RuntimeError("[../gloo/transport/tcp/pair.cc] Connection closed by peer")
    assert not _members.lost(error)  # alone, nobody can be lost
    monkeypatch.setattr(_members, "_team", object())
    assert _members.lost(error)
    assert not _members.lost(RuntimeError("shapes do not match"))
    assert not _members.lost(ValueError("connection"))


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, {"GOMP_SPINCOUNT": "2000"}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_threads_sleep_soon_unless_the_user_chose(given, left):
    _launch.sleep_soon(given)
    assert given == left


def test_a_command_that_trains_chooses_before_torch_is_there():
    line = (
        "import os, sys; from elman.cli.run import _launch; _launch.start(None, None)"
    )
    look = "print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules)"
    chosen = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    clean = {k: v for k, v in os.environ.items() if k not in chosen}
    script = [sys.executable, "-c", f"{line}; {look}"]
    shown = subprocess.run(
        script, env=clean, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "2000 False\n"

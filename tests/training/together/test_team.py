"""Two processes against one: the same batches, gradients, weights and numbers."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import nn
from torch.nn.utils import clip_grad_norm_

from elman._errors import InputError
from elman.training import Supervised, TrainingSettings
from elman.training.data._order import Shuffled
from elman.training.together._team import Team

PROGRAM = Path(__file__).with_name("team_program.py")
_SETTLES = {"epochs": None, "patience": None}
_JOBS = [
    {"name": "plain"},
    {"name": "parts", "settings": {"accumulate": 3}},
    {"name": "few", "examples": 9},  # a last batch of one: a member has no example
    {"name": "average", "settings": {"average": "ema", "average_decay": 0.9}},
    {"name": "dropout", "dropout": 0.5},
    {"name": "spoilt", "spoil": 5},
    {"name": "local", "settings": {"local_steps": 2, "optimizer": "descent"}},
    {"name": "local-few", "examples": 9, "settings": {"local_steps": 2}},
    {"name": "shared-cut", "dropout": 0.3},
    {"name": "local-cut", "dropout": 0.3, "settings": {"local_steps": 2}},
    {"name": "local-spoilt", "spoil": 5, "settings": {"local_steps": 2}},
    {"name": "steps", "settings": {**_SETTLES, "max_steps": 24, "validate_every": 6}},
    {"name": "late", "settings": {**_SETTLES, "max_seconds": 1e-6}},
    {"name": "local-late", "settings": {"local_steps": 2, "max_seconds": 1e-6}},
]


def start(directory, jobs, members=2):
    """Run the jobs in a team, or in one process.

    Returns the exit statuses, and what each member said, with where it was if a signal
    ended it: a test that fails prints that.
    """
    lines = [json.dumps(job) for job in jobs]
    command = [sys.executable, "-W", "error", str(PROGRAM), str(directory), *lines]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
    if members > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment |= {
            "WORLD_SIZE": str(members),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    started = [
        subprocess.Popen(
            command,
            env={**environment, "RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(members)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    statuses = [process.returncode for process in started]
    ends = zip(statuses, said, strict=True)
    return statuses, "".join(
        f"\nmember {rank} ended with {status} and said:\n{text}"
        for rank, (status, text) in enumerate(ends)
    )


def found(directory, name, rank=0):
    where = directory / f"{name}-{rank}"
    weights = load_file(where.with_suffix(".safetensors"))
    return weights, json.loads(where.with_suffix(".json").read_text())


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """All jobs by a team of two."""
    directory = tmp_path_factory.mktemp("team")
    statuses, said = start(directory, _JOBS)
    assert statuses == [0, 0], said
    return directory


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """All jobs by one process."""
    directory = tmp_path_factory.mktemp("alone")
    jobs = [job for job in _JOBS if "local" not in job["name"]]
    statuses, said = start(directory, jobs, members=1)
    assert statuses == [0], said
    return directory


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def near(a, b):
    # A few hundred float64 operations a number, over at most 36 steps of Adam,
    # whose quotients near zero gradients lose a few digits more.
    return all(torch.allclose(a[k], b[k], rtol=1e-9, atol=1e-11) for k in a)


@pytest.mark.parametrize("name", [job["name"] for job in _JOBS])
def test_members_end_with_the_same_bits_and_numbers(together, name):
    ours, said = found(together, name)
    theirs, also_said = found(together, name, 1)
    assert equal(ours, theirs)
    assert said["stopped"] == also_said["stopped"]
    values = [row["validation_loss"] for row in said["history"]]
    assert values == [row["validation_loss"] for row in also_said["history"]]
    losses = [row["loss"] for row in said["history"][1:]]
    assert losses == [row["loss"] for row in also_said["history"][1:]]


@pytest.mark.parametrize("name", ["plain", "parts", "few", "average"])
def test_two_members_train_what_one_process_does(together, alone, name):
    ours, said = found(together, name)
    theirs, also_said = found(alone, name)
    assert near(ours, theirs)
    for mine, other in zip(said["history"], also_said["history"], strict=True):
        assert mine["validation_loss"] == pytest.approx(
            other["validation_loss"], rel=1e-9
        )
        if mine["epoch"]:
            assert mine["gradient_norm"] == pytest.approx(
                other["gradient_norm"], rel=1e-9
            )


@pytest.mark.parametrize(
    ("name", "stopped", "steps"),
    [("steps", "steps", 24), ("late", "time", 0), ("local-late", "time", 0)],
)
def test_all_members_stop_at_the_same_step(together, name, stopped, steps):
    for rank in range(2):
        said = found(together, name, rank)[1]
        assert said["stopped"] == stopped
        assert said["history"][-1]["step"] == steps


def test_every_example_goes_to_one_member_once_an_epoch(together):
    _, ours = found(together, "plain")
    _, theirs = found(together, "plain", 1)
    assert sorted(ours["taken"] + theirs["taken"]) == sorted(list(range(23)) * 3)


def test_members_draw_different_masks(together, alone):
    assert not near(found(together, "dropout")[0], found(alone, "dropout")[0])


@pytest.mark.parametrize("name", ["spoilt", "local-spoilt"])
def test_what_one_member_cannot_compute_stops_all(together, name):
    for rank in range(2):
        assert found(together, name, rank)[1]["stopped"] == "diverged"


def test_local_steps_are_those_of_members_apart_that_average_now_and_then(together):
    """Two copies, descended by hand, averaged every second step and every epoch."""
    sys.path.insert(0, str(PROGRAM.parent))
    try:
        import team_program as program
    finally:
        sys.path.pop(0)
    torch.manual_seed(0)
    copies = [program.Model().double()]
    copies.append(copy.deepcopy(copies[0]))
    data, order, step = program.Series(23, 1), Shuffled(23, 8, 0), 0
    seen = []

    def average():
        with torch.no_grad():
            for pair in zip(*(m.parameters() for m in copies), strict=True):
                mean = sum(pair) / 2
                for parameter in pair:
                    parameter.copy_(mean)

    for epoch in (1, 2, 3):
        for number in range(order.steps(epoch)):
            batch = order.batch(epoch, number)
            half = len(batch) // 2
            for model, share in zip(copies, (batch[:half], batch[half:]), strict=True):
                (x,), y = data.take(share)
                model.zero_grad()
                program.masked(model(x), y).backward()
                clip_grad_norm_(model.parameters(), 1.0)
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter -= 1e-3 * parameter.grad
            step += 1
            if step % 2 == 0:
                average()
        average()
        seen.append({k: v.clone() for k, v in copies[0].state_dict().items()})
    weights, said = found(together, "local")
    best = min(said["history"][1:], key=lambda row: row["validation_loss"])
    assert near(weights, seen[best["epoch"] - 1])


@given(count=st.integers(0, 40), size=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_shares_are_the_batch(count, size, seed):
    batch = torch.randperm(100, generator=torch.Generator().manual_seed(seed))[:count]
    shares = []
    for rank in range(size):
        member = Team.__new__(Team)
        member.rank, member.size = rank, size
        shares.append(member.share(batch))
    assert torch.cat(shares).tolist() == batch.tolist()
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_loss_says_what_its_mean_is_over():
    def plain(output, target):
        return (output - target).mean()

    def masked(output, target):
        return (output - target).nanmean()

    masked.weight = lambda target: int(target.isfinite().sum())
    target = torch.tensor([1.0, float("nan"), 2.0])
    one = nn.Identity()
    assert Supervised(plain).value(one, (torch.zeros(3),), target).weight is None
    assert Supervised(masked).value(one, (torch.zeros(3),), target).weight == 2


def test_no_thread_of_the_group_outlives_it(together):
    """One that did could abort a process whose work is done."""
    for rank in range(2):
        left = json.loads((together / f"threads-{rank}.json").read_text())
        assert not [name for name in left if "gloo" in name]


def test_a_team_goes_on_from_its_checkpoint_with_the_same_bits(together, tmp_path):
    jobs = [
        {**job, "checkpoints": str(tmp_path / job["name"])}
        for job in _JOBS
        if job["name"].endswith("-cut")
    ]
    for job in jobs:
        statuses, said = start(tmp_path, [{**job, "kill": [4, 1]}])
        assert statuses[1] == 9, said
        assert statuses[0] != 0, said
    statuses, said = start(tmp_path, [{**job, "resume": True} for job in jobs])
    assert statuses == [0, 0], said
    for job in jobs:
        for rank in range(2):
            straight = found(together, job["name"], rank)
            resumed = found(tmp_path, job["name"], rank)
            assert equal(straight[0], resumed[0])
            assert straight[1]["history"] == resumed[1]["history"]


def test_local_steps_are_a_positive_whole_number():
    with pytest.raises(InputError, match="local_steps"):
        TrainingSettings(local_steps=0)

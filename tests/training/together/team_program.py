"""One member of a team in the tests: trains what it is told, writes what it finds.

``python team_program.py DIRECTORY JOB…`` under RANK, WORLD_SIZE, MASTER_ADDR and
MASTER_PORT; alone without them. A job is a line of JSON, see `run`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

import elman
from elman.training import Checkpoints, TrainingSettings, joined, train


class Model(nn.Module):
    """A recurrent layer and a line, in float64."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.rnn = elman.GRU(2, 5, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(5, 1)

    def forward(self, x):
        return self.out(self.drop(self.rnn(x)[0]))[..., 0]


def masked(output, target):
    """Return the mean squared error where there is a target."""
    seen = target.isfinite()
    error = torch.where(seen, output - target.nan_to_num(), 0.0)
    return error.square().sum() / seen.sum().clamp(min=1)


masked.weight = lambda target: int(target.isfinite().sum())


class Series:
    """n series of six steps; every third has only two targets."""

    def __init__(self, n, seed):
        draw = torch.Generator().manual_seed(seed)
        self.x = torch.randn(n, 6, 2, generator=draw, dtype=torch.float64)
        self.y = self.x.cumsum(1)[..., 0].clone()
        self.y[::3, 2:] = float("nan")
        self.taken = []
        self.batches = -1  # before the process ends; never

    def __len__(self):
        return len(self.x)

    def take(self, index):
        if self.batches == 0:
            os._exit(9)  # as a kill does
        self.batches -= 1
        self.taken += index.tolist()
        return (self.x[index],), self.y[index]


def run(team, directory, job):
    """Train one job and write weights and findings."""
    torch.manual_seed(job.get("model", 0))
    model = Model(job.get("dropout", 0.0)).double()
    examples, validation = Series(job.get("examples", 23), 1), Series(9, 2)
    if "spoil" in job:
        examples.x[job["spoil"]] = float("inf")
    settings = TrainingSettings(
        **{"epochs": 3, "batch_size": 8, **job.get("settings", {})}
    )
    if "kill" in job and (team.rank if team else 0) == job["kill"][1]:
        examples.batches = job["kill"][0]
    more = {}
    if "checkpoints" in job:
        more["checkpoints"] = Checkpoints(
            job["checkpoints"], every_steps=1, resume=job.get("resume", False)
        )
    result = train(model, masked, examples, validation, settings, **more)
    rank = team.rank if team else 0
    where = directory / f"{job['name']}-{rank}"
    save_file(model.state_dict(), where.with_suffix(".safetensors"))
    history = [
        {k: v for k, v in row.items() if k != "seconds"} for row in result.history
    ]
    found = {"history": history, "stopped": result.stopped, "taken": examples.taken}
    where.with_suffix(".json").write_text(json.dumps(found))


def threads():
    """Return the names of this process's threads."""
    found = []
    for name in Path("/proc/self/task").glob("*/comm"):
        with contextlib.suppress(OSError):  # it has just ended
            found.append(name.read_text().strip())
    return found


def main():
    """Run all jobs in one team."""
    torch.set_num_threads(1)
    directory = Path(sys.argv[1])
    with joined() as team:
        for line in sys.argv[2:]:
            run(team, directory, json.loads(line))
    # A thread that was joined may be seen for a moment still.
    until = time.monotonic() + 10
    while any("gloo" in name for name in threads()) and time.monotonic() < until:
        time.sleep(0.01)
    left = threads()
    rank = os.environ.get("RANK", "0")
    (directory / f"threads-{rank}.json").write_text(json.dumps(left))


if __name__ == "__main__":
    main()

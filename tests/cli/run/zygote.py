"""Runs commands in forked copies of a process that has imported everything.

Reads a JSON line for each: folder, arguments, and the step at which a signal comes.
Answers with a JSON line: the exit status, negative for a signal, and what was said
on standard error. A fork is quick, and safe here alone: nothing has run yet that
keeps threads.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import torch

import elman.data
import elman.report
import elman.tasks
from elman.cli import main
from elman.training import Checkpoints
from elman.training.step._step import Step


def every_second_step(checkpoints):
    object.__setattr__(checkpoints, "every_steps", 2)


def no_report(directory):
    """Draw nothing: pictures take longer than these trainings."""
    return directory / "report.html"


def few_bikes(load=elman.data.load_bikeshare):
    """Return the part of the sample around the demo's first test row."""
    return load()[6000:7500]


def work(folder, arguments, step, signal):
    os.chdir(folder)
    torch.set_num_threads(1)
    os.fsync = lambda number: None
    Checkpoints.__post_init__ = every_second_step
    elman.report.write_report = no_report
    elman.data.load_bikeshare = few_bikes
    own, count = Step.take, []

    def take(self, batch):
        count.append(0)
        if len(count) == step:
            os.kill(os.getpid(), signal)
        return own(self, batch)

    Step.take = take
    sys.argv = ["elman", *arguments]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def serve():
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.NamedTemporaryFile() as said:
            child = os.fork()
            if child == 0:
                code = 99
                try:
                    os.dup2(said.fileno(), 2)
                    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                    code = work(**job)
                    sys.stderr.flush()
                finally:
                    os._exit(code)
            status = os.waitpid(child, 0)[1]
            text = Path(said.name).read_text()
        code = (
            -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        )
        sys.stdout.write(json.dumps([code, text]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()

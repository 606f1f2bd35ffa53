"""Ctrl-C and SIGTERM end a training whole, and it goes on to the same end."""

from __future__ import annotations

import os
import signal

import pytest
import torch
from torch import nn

from elman.training import Callback, Checkpoints, train
from faults import in_a_child
from stopped import SETTINGS, At, ending, pairs, run, straight

pytestmark = pytest.mark.usefixtures("one_thread", "quick_disk")


@pytest.mark.parametrize("moment", [{"step": 9}, {"epoch": 2}])
def test_ctrl_c_ends_after_the_step_and_resumes(tmp_path, moment):
    stop = At(lambda: os.kill(os.getpid(), signal.SIGINT), **moment)
    place = Checkpoints(tmp_path, every_seconds=None)
    _, result = run(place, [stop])
    assert result.stopped == "interrupted"
    assert len(list(tmp_path.glob("*-step-*"))) == 1
    assert ending(*run(place, resume=True)) == straight()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_while_callbacks_start_ends_them_too(tmp_path):
    """Else a progress bar would stay open, and the terminal without a cursor."""

    class Opened(Callback):
        def __init__(self):
            self.open = False

        def on_start(self, state):
            self.open = True
            os.kill(os.getpid(), signal.SIGINT)

        def on_end(self, state):
            self.open = False

    place = Checkpoints(tmp_path, every_seconds=None)
    seen = Opened()
    _, result = run(place, [seen])
    assert (result.stopped, seen.open) == ("interrupted", False)
    assert ending(*run(place, resume=True)) == straight()


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

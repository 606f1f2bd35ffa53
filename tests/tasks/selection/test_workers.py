"""``workers=``: processes that search beside this one, and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import elman
from elman import InputError
from elman.tasks.selection.together import _workers
from small_search import Stop, search, timeless

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such locks")


def ordered(results):
    rows = timeless(results)["trials"]
    return sorted((row["params"]["learning_rate"], row["score"]) for row in rows)


@pytest.fixture
def started(monkeypatch):
    """The processes that are started."""
    found, begin = [], subprocess.Popen

    def remembered(*words, **more):
        found.append(begin(*words, **more))
        return found[-1]

    monkeypatch.setattr(_workers.subprocess, "Popen", remembered)
    return found


class Meets(Stop):
    """Waits in the first epoch until another process searches too, then acts."""

    def __init__(self, directory, do):
        super().__init__(1)
        self.directory, self.do = directory, do

    def on_epoch(self, state):
        self.left -= bool(state.epoch)
        if self.left == 0:
            while len(list((self.directory / "workers").glob("*"))) < 2:
                time.sleep(0.05)
            self.do()


def test_a_script_without_a_guard_searches_in_two_processes():
    """And without a directory."""
    script = textwrap.dedent(
        f"""
        import sys
        sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
        from small_search import search
        print("once")
        found = search(None, workers=2, trials=4, seeds=1)
        print(len(found.results["trials"]))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout == "once\n4\n", done.stderr


def test_a_worker_that_is_killed_is_said_and_the_search_goes_on(tmp_path, started):
    meets = Meets(tmp_path, lambda: started[0].kill())
    with pytest.warns(
        RuntimeWarning, match=r"worker 2 \(process \d+\) was ended by SIGK"
    ):
        found = search(tmp_path, meets, workers=2, seeds=1)
    assert ordered(found.results) == ordered(search(None, seeds=1).results)


def test_ctrl_c_ends_all_and_loses_nothing(tmp_path, started):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, Meets(tmp_path, interrupt), workers=2, seeds=1)
    assert started[0].returncode is not None
    assert started[0].returncode != -signal.SIGKILL
    assert not list((tmp_path / "workers").iterdir())
    found = search(tmp_path, seeds=1).results
    assert ordered(found) == ordered(search(None, seeds=1).results)


def test_what_cannot_be_handed_over_is_one_line(tmp_path):
    X, y = (lambda: 0,), [0.0]
    model = elman.SequenceRegressor()
    with pytest.raises(InputError, match=r"cannot be .*; use one worker"):
        _workers.Workers(1, {"estimator": model, "data": (X, y)}, print)
    with pytest.raises(InputError, match="workers must be at least 1, got 0"):
        search(tmp_path, workers=0)

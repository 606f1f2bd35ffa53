"""Several processes search in one directory: each has trials of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import elman
from elman import RunDirectoryError
from elman.tasks.selection import _storage
from elman.tasks.selection.together import _files
from small_search import Stop, search, timeless

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such locks")

_TESTS = str(Path(__file__).parents[2])
# A process that searches, tells of its first epoch, waits to be allowed the n-th, and
# may end there as nobody hopes.
_SCRIPT = textwrap.dedent(
    f"""
    import json, os, signal, sys, time
    from pathlib import Path
    sys.path[:0] = {[_TESTS]!r}
    import elman
    from small_search import Stop, search, timeless

    folder, at, kill, version = Path(sys.argv[1]), *sys.argv[2:5]
    elman.__version__ = version or elman.__version__

    class Waits(Stop):
        def on_epoch(self, state):
            self.left -= bool(state.epoch)
            if self.left == 0:
                (folder / f"at-{{os.getpid()}}").touch()
                while not (folder / "go").exists():
                    time.sleep(0.02)
                if kill:
                    os.kill(os.getpid(), signal.SIGKILL)

    found = search(folder / "s", Waits(int(at)))
    print(json.dumps(timeless(found.results)))
    """
)


def begun(folder, at=1, kill=False, version=""):
    """Return a process that searches in a folder, waiting at its n-th epoch."""
    words = [sys.executable, "-c", _SCRIPT, folder, str(at), "1" if kill else ""]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*words, version], **pipes)


def await_(process, folder):
    while not (folder / f"at-{process.pid}").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)


def ordered(results):
    """Return results without what depends on who was first."""
    rows = [json.dumps(row["params"]) + str(row["score"]) for row in results["trials"]]
    chosen = results["chosen"]
    return sorted(rows), chosen["params"], chosen["scores"], results["verdict"]


@pytest.fixture(scope="module")
def whole():
    return ordered(timeless(search(None).results))


def trials_in(directory):
    opened = _storage.Storage(directory, {}, None)
    opened.close()
    return opened.study.get_trials()


class Frees(Stop):
    """Lets the others go on at the n-th epoch of this process."""

    def __init__(self, at, folder):
        super().__init__(at)
        self.folder = folder

    def on_epoch(self, state):
        self.left -= bool(state.epoch)
        if self.left == 0:
            (self.folder / "go").touch()


def test_two_processes_share_the_trials_and_one_scores_the_choice(whole, tmp_path):
    other = begun(tmp_path)
    await_(other, tmp_path)
    here = Frees(5, tmp_path)
    found = search(tmp_path / "s", here).results
    said, error = other.communicate()
    assert other.returncode == 0, error
    assert ordered(found) == whole
    assert ordered(json.loads(said)) == whole
    trials = trials_in(tmp_path / "s")
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 3
    assert len({trial.user_attrs["worker"] for trial in trials}) == 2


def test_a_killed_process_frees_its_trial_at_once(whole, tmp_path):
    """At its third epoch: a fold is finished, and half of another."""
    other = begun(tmp_path, at=3, kill=True)
    await_(other, tmp_path)
    here = Frees(5, tmp_path)
    found = search(tmp_path / "s", here).results
    assert other.wait() == -signal.SIGKILL
    other.communicate()
    assert ordered(found) == whole
    left = [t for t in trials_in(tmp_path / "s") if t.state.name == "FAIL"]
    (again,) = [
        t
        for t in trials_in(tmp_path / "s")
        if t.state.name == "COMPLETE" and t.params == left[0].params
    ]
    # The fold that was finished has not been trained again.
    assert again.user_attrs["fold-0"] == left[0].user_attrs["fold-0"]
    assert not list((tmp_path / "s" / "workers").iterdir())


def test_both_killed_and_gone_on_with(whole, tmp_path):
    others = [begun(tmp_path, at=at, kill=True) for at in (2, 3)]
    for other in others:
        await_(other, tmp_path)
    (tmp_path / "go").touch()
    assert [other.wait() for other in others] == [-signal.SIGKILL] * 2
    for other in others:
        other.communicate()
    # And as each was writing a line.
    with (tmp_path / "s" / _files.JOURNAL).open("ab") as file:
        file.write(b'{"op_code": 6, "worker_id": "x')
    assert ordered(search(tmp_path / "s").results) == whole


def test_a_second_process_with_another_version_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "go").touch()

    class Joined(elman.training.Callback):
        def on_start(self, state):
            monkeypatch.setattr(elman, "__version__", "9.9")
            with pytest.raises(RunDirectoryError, match="other version of Elman"):
                search(tmp_path / "s", trials=1, seeds=1)
            monkeypatch.undo()

    search(tmp_path / "s", Joined(), trials=1, seeds=1)


def test_the_trials_that_run_count(tmp_path):
    """With two of three trials over and one at work elsewhere nothing is begun."""
    other = begun(tmp_path)
    await_(other, tmp_path)
    opened = _storage.Storage(tmp_path / "s", {}, None)
    assert len(opened.running()) == 1
    opened.free()
    assert len(opened.running()) == 1
    opened.close()
    search(tmp_path / "s", Frees(5, tmp_path), seeds=1)
    assert other.wait() == 0, other.stderr.read()
    other.communicate()
    assert len(trials_in(tmp_path / "s")) == 3


@pytest.mark.parametrize("torn", [b"", b"x", b"y" * 9000])
def test_a_torn_line_is_cut_off_before_the_next(torn, tmp_path):
    path = tmp_path / "journal"
    for whole in (b"", b"{}\n", b"{}\n" + b"z" * 5000 + b"\n"):
        path.write_bytes(whole + torn)
        lock = _files._Writing(path)
        lock.acquire()
        lock.release()
        assert path.read_bytes() == whole

"""A search that was stopped anywhere goes on, and ends as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import elman
from elman import InputError, RunDirectoryError
from elman.tasks.selection import _storage
from elman.tasks.selection._budget import OverBudget
from sequence_data import weighted_end
from small_search import Stop, search, timeless


@pytest.fixture(scope="module")
def whole():
    return timeless(search(None).results)


# Of 20 epochs in all: in the first fold, the second, another trial, and at the end.
@pytest.mark.parametrize("at", [1, 4, 14, 19])
def test_ctrl_c_anywhere_loses_nothing(at, whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, Stop(at))
    again = Stop(10**6)
    assert timeless(search(tmp_path, again).results) == whole
    trained = 10**6 - again.left
    # What was finished is not trained again; a fit is two epochs, one of them lost.
    assert trained <= 20 - at + 2 + 2
    third = Stop(10**6)
    assert timeless(search(tmp_path, third).results) == whole
    assert 10**6 - third.left <= 2, "the chosen one alone is fitted again"


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_search_goes_on(whole, tmp_path):
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
        from small_search import Stop, search

        class Kill(Stop):
            def on_epoch(self, state):
                self.left -= bool(state.epoch)
                if self.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        search({str(tmp_path)!r}, Kill(int(sys.argv[1])))
        """
    )
    for at in (9,):
        done = subprocess.run([sys.executable, "-c", script, str(at)], check=False)
        assert done.returncode == -signal.SIGKILL
    # And as the last line was being written.
    with (tmp_path / _storage.JOURNAL).open("ab") as file:
        file.write(b'{"op_code": 6, "worker_id": "x')
    assert timeless(search(tmp_path).results) == whole


def test_a_greater_budget_is_the_same_search(whole, tmp_path):
    first = search(tmp_path, trials=2).results
    assert len(first["trials"]) == 2
    assert timeless(search(tmp_path).results) == whole


def test_a_trial_that_is_not_over_in_time_does_not_count(whole, tmp_path):
    """The second fold of the second trial is cut; with more time it is gone on with."""
    late = Stop(7, OverBudget)
    first = search(tmp_path, late, trials=None, seconds=1e6).results
    assert [row["number"] for row in first["trials"]] == [0]
    assert first["ended"] == "the budget of 1e+06 seconds is over"
    counted = Stop(10**6)
    assert timeless(search(tmp_path, counted).results) == whole
    # The cut fold, a trial of two, and the two seeds of what is now chosen.
    assert 10**6 - counted.left <= 2 + 4 + 4


def test_other_data_values_or_versions_are_one_line(tmp_path, monkeypatch):
    search(tmp_path, trials=1, seeds=1)
    for changes, message in (
        ({"data": weighted_end(40, seed=1)}, "other data"),
        ({"space": {"lr": "1e-3..0.1:log"}}, r"other values to try: .*0\.0001.*0\.001"),
        ({"folds": 3}, "other folds or test part: 2 folds .* 3 folds"),
        ({"seed": 1}, "holds a search with other"),
        ({"sampler": "random"}, "other sampler: tpe there, random here"),
    ):
        with pytest.raises(RunDirectoryError, match=message) as caught:
            search(tmp_path, trials=1, seeds=1, **changes)
        assert "\n" not in str(caught.value)
    monkeypatch.setattr(elman, "__version__", "9.9")
    with pytest.raises(
        RunDirectoryError, match=r"other version of Elman: .* 9\.9 here"
    ):
        search(tmp_path, trials=1, seeds=1)


def test_one_process_at_a_time(tmp_path):
    lock = elman.training.DirectoryLock(tmp_path)
    with pytest.raises(InputError, match="is in use by process"):
        search(tmp_path, trials=1, seeds=1)
    lock.release()
    search(tmp_path, trials=1, seeds=1)


def test_a_damaged_journal_is_one_line(tmp_path):
    search(tmp_path, trials=1, seeds=1)
    path = tmp_path / _storage.JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"\x00\xff nonsense\n", *lines[3:]]))
    with pytest.raises(RunDirectoryError, match="is not a sound journal") as caught:
        search(tmp_path, trials=1, seeds=1)
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_what_was_finished(whole, tmp_path, monkeypatch):
    from optuna.storages.journal import JournalFileBackend

    append, left = JournalFileBackend.append_logs, [14]

    def full(self, logs):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    with pytest.raises(OSError, match="No space left"):
        search(tmp_path)
    left[0] = 10**6
    assert timeless(search(tmp_path).results) == whole


def test_without_optuna_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"pip install 'elman\[search\]'"):
        search(None)

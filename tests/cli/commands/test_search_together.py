"""``elman search`` in several processes: the same command joins, another is refused."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from elman.tasks.selection._trial import Watch
from sequence_data import weighted_end

pytestmark = [
    pytest.mark.skipif(not find_spec("optuna"), reason="needs optuna"),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks"),
]

WORDS = shlex.split(
    "search regress pulses.npz --hidden 6 --epochs 2 --highway none --init default"
    " --folds 2 --seeds 1 --try lr=1e-4..0.1:log --out s"
)


@pytest.fixture
def pulses(tmp_path):
    X, y = weighted_end(50)
    np.savez(tmp_path / "pulses.npz", X=X, y=y)
    return tmp_path / "pulses.npz"


@pytest.fixture
def begun(elman, pulses, monkeypatch):
    """A search that ended in its first steps."""
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_step", lambda self, state: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            elman(*WORDS, "--trials", "2", "-q")


def test_the_same_command_twice_is_one_search(pulses, tmp_path):
    command = [sys.executable, "-m", "elman", *WORDS, "--trials", "4"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, cwd=tmp_path, **pipes) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    short = "s is finished by another process; see it with: elman report s\n"
    others = [out for out, _ in said if out != short]
    assert len(others) == 1
    assert "Train with it: elman train regress" in others[0]
    assert sum("elman: joining the search in s\n" in err for _, err in said) == 1
    found = json.loads((tmp_path / "s" / "results.json").read_text())["search"]
    assert len(found["trials"]) == 4
    assert len({row["params"]["learning_rate"] for row in found["trials"]}) == 4


def test_the_same_command_goes_on_with_one_that_was_stopped(elman, begun):
    joined = elman(*WORDS, "--trials", "2")
    assert joined.status == 0
    assert joined.err.startswith("elman: joining the search in s\ntrial 1 of 2: ")
    assert "s is not empty" in elman(*WORDS, "--trials", "2").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trials", "3"], "a search with other trials: 2 there, 3 here; name"),
        (
            ["--trials", "2", "--lr", "0.1"],
            "with other learning_rate: the default there",
        ),
        (["--trials", "2", "--try", "cell=gru,rnn"], "with other space: "),
    ],
)
def test_another_command_is_one_line(elman, begun, words, message):
    refused = elman(*WORDS, *words)
    assert refused.status == 2
    assert "--out s is not empty: it holds" in refused.err
    assert message in refused.err
    assert refused.err.count("\n") == 1


def test_other_data_are_one_line(elman, begun, pulses):
    X, y = weighted_end(50, seed=1)
    np.savez(pulses, X=X, y=y)
    assert "it holds a search of other data" in elman(*WORDS, "--trials", "2").err


def test_a_folder_where_others_search_is_not_overwritten(elman, pulses, tmp_path):
    from elman.training import DirectoryLock

    (tmp_path / "s").mkdir()
    lock = DirectoryLock(tmp_path / "s", shared=True)
    refused = elman(*WORDS, "--trials", "2", "--force")
    lock.release()
    assert refused.status == 2
    assert "s is in use by process" in refused.err

"""``--cell`` with a file of one's own, and with options."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from elman.cells import cell
from elman.cli.run._job import Job, read_job

SMALL = ["--hidden", 4, "--epochs", 1, "-q"]
TEXT = """
from elman import Cell
from elman.cells import tanh
from helper import SHARE

print("the file is run")

class Mine(Cell):
    share = SHARE

    def step(self, x, h):
        return self.share * h + tanh(self.linear("u", x, h))
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "helper.py").write_text("SHARE = 0.25\n", encoding="utf-8")
    path = tmp_path / "mine.py"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_cell_of_a_file(elman, cases, mine):
    train = cases()
    answer = elman(
        *(
            "train",
            "classify",
            train,
            "--out",
            "r",
            "--cell",
            "mine.py:Mine(share=0.5)",
        ),
        *SMALL,
    )
    assert answer.status == 0, answer.err
    assert "the file is run" in answer.out
    assert "Mine(share=0.5)" in Path("r/run.toml").read_text(encoding="utf-8")
    written = tomllib.loads(Path("r/job.toml").read_text(encoding="utf-8"))
    assert written["options"]["cell"].startswith('{"version"')
    mine.unlink()  # nothing of it is needed any more, and nothing of it run
    answer = elman("predict", "r", train)
    assert answer.status == 0, answer.err
    assert "the file is run" not in answer.out


def test_options_of_a_cell_of_the_package(elman, cases):
    answer = elman(
        "train", "classify", cases(), "--out", "r", "--cell", "cornn(dt=0.1)", *SMALL
    )
    assert answer.status == 0, answer.err
    assert "CoRNN(dt=0.1)" in Path("r/run.toml").read_text(encoding="utf-8")


def test_a_run_goes_on_with_its_equations_not_with_a_file(tmp_path):
    own = cell("cornn", dt=0.1)
    Job(task="classify", options={"cell": own, "epochs": 2}).write(tmp_path)
    found = read_job(tmp_path).arguments()
    assert found["epochs"] == 2
    assert found["cell"].equations.latex == own.equations.latex


WRONG = {
    "mine.py:Mne": "mine.py has no cell 'Mne'; it has Mine; did you mean 'Mine'?",
    "none.py:Mine": "there is no file none.py",
    "helper.py:Mine": "it has no subclass of elman.Cell",
    "bad.py:Mine": "bad.py cannot be run (ZeroDivisionError: division by zero)",
    "mine.py:Mine(shar=1)": "no option 'shar'; did you mean 'share'?",
    "mine.py:Mine(1)": "options are written as in cornn(dt=0.1)",
    "mine.py:Mine(share=exit())": "options are written as in cornn(dt=0.1)",
    "mine.py:": "FILE.py:CLASS, got 'mine.py:'",
    "grru": "did you mean 'gru'?",
    "cornnn(dt=1)": "did you mean 'cornn'?",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_taken(elman, cases, mine, text):
    Path("bad.py").write_text("1 / 0\n", encoding="utf-8")
    answer = elman("train", "classify", cases(), "--cell", text)
    assert answer.status == 2
    assert answer.err.startswith("elman: error: ")
    assert answer.err.count("\n") == 1
    assert WRONG[text] in answer.err

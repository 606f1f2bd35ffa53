"""Help is there, is quick, and shows an example."""

from __future__ import annotations

import subprocess
import sys

import pytest

import elman as package

COMMANDS = [
    "demo",
    "train forecast",
    "train classify",
    "train regress",
    "predict",
    "diagnose",
    "report",
    "bench",
    "info",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(elman, command):
    answer = elman(*command.split(), "--help")
    assert answer.status == 0
    assert f"Example: elman {command}" in answer.out


def test_help_does_not_load_torch():
    script = (
        "import sys; sys.argv = ['elman', 'train', 'forecast', '--help']\n"
        "from elman.cli import main\n"
        "try: main()\n"
        "finally: print('loaded:', [m for m in ('torch', 'polars', 'sklearn',"
        " 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("loaded: []\n")


def test_version(elman):
    assert elman("--version").out == f"elman {package.__version__}\n"


@pytest.mark.parametrize(
    "words", [["trian"], ["train", "forecats"], ["info", "--jsno"]]
)
def test_a_mistyped_command_ends_with_two(elman, words):
    answer = elman(*words)
    assert answer.status == 2
    assert "--help" in answer.err


def test_info(elman):
    import json

    facts = json.loads(elman("info", "--json").out)
    assert facts["elman"] == package.__version__
    assert facts["threads"] >= 1
    assert "torch" in elman("info").out

"""The oldest torch: one number in the package, its metadata and the guide."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from elman import _torch_version
from elman._torch_version import OLDEST, check_torch

ROOT = Path(__file__).parents[2]
WANTED = ".".join(map(str, OLDEST))


def test_every_page_names_the_same_oldest_torch():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"torch>={WANTED}" in project["dependencies"]
    for page in ("README.md", "docs/guide/start.md"):
        words = " ".join((ROOT / page).read_text().split())
        named = re.findall(r"torch from (\S+) on|if it is (\S+) or newer", words)
        assert {a or b for a, b in named} == {WANTED}, page
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^OLDEST_TORCH := {re.escape(WANTED)}\.", makefile, re.MULTILINE)


@pytest.mark.parametrize("found", ["2.9.1+cpu", "1.13.0", "2.0.0a0+git12"])
@pytest.mark.parametrize("loaded", [True, False])
def test_an_older_torch_is_one_line(monkeypatch, found, loaded):
    if loaded:
        monkeypatch.setattr(sys.modules["torch"], "__version__", found)
    else:
        monkeypatch.delitem(sys.modules, "torch")
        monkeypatch.setattr(_torch_version, "version", lambda name: found)
    with pytest.raises(ImportError) as refusal:
        check_torch()
    assert str(refusal.value) == (
        f"elman needs torch {WANTED} or newer, and torch {found} is installed; "
        f'run: pip install --upgrade "torch>={WANTED}"'
    )


@pytest.mark.parametrize("found", [f"{WANTED}.0", "2.14.1+cu130", "3.0", "main"])
def test_others_are_let_in(monkeypatch, found):
    monkeypatch.setattr(sys.modules["torch"], "__version__", found)
    check_torch()


def test_a_torch_without_metadata_is_let_in(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(_torch_version, "version", version)
    check_torch()


def test_the_package_asks_when_it_is_imported(monkeypatch):
    monkeypatch.setattr(sys.modules["torch"], "__version__", "2.1.0")
    for name in [n for n in sys.modules if n == "elman" or n.startswith("elman.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match=r"elman needs torch .* torch 2\.1\.0 is"):
        import elman  # noqa: F401


COMMANDS = {
    "script": [str(Path(sys.executable).with_name("elman"))],
    "module": [sys.executable, "-m", "elman"],
    "module after options": [sys.executable, "-W", "ignore", "-um", "elman"],
}


def beside_an_old_torch(folder, *command):
    """Run a command in a process that finds the metadata of torch 2.9.1."""
    about = folder / "torch-2.9.1.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Name: torch\nVersion: 2.9.1\n")
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_says_one_line_and_shows_no_traceback(command, tmp_path):
    ended = beside_an_old_torch(tmp_path, *COMMANDS[command], "--help")
    assert ended.returncode == 2
    assert ended.stdout == ""
    line = f"elman: error: elman needs torch {WANTED} or newer, and torch 2.9.1 is "
    assert ended.stderr.startswith(line)
    assert ended.stderr.count("\n") == 1


def test_a_program_gets_an_error_that_it_can_catch(tmp_path):
    program = "try:\n    import elman\nexcept ImportError as error:\n    print(error)"
    ended = beside_an_old_torch(tmp_path, sys.executable, "-c", program)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"elman needs torch {WANTED} or newer")

"""The house as ARCHITECTURE.md draws it: folders, floors, file lengths, versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import elman

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "elman"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages() -> set[str]:
    return {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def drawn() -> list[str]:
    """The folders of the tree in ARCHITECTURE.md, as paths from the root."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tree = re.search(r"```text\n(.*?)```", text, flags=re.DOTALL)
    assert tree is not None, "ARCHITECTURE.md has no tree in a ```text block"
    folders: list[str] = []
    above: list[str] = []
    for line in tree.group(1).splitlines():
        name = line.split()[0] if line.strip() else ""
        if not name.endswith("/"):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        above[depth:] = [name.rstrip("/")]
        folders.append("/".join(above))
    return folders


def test_every_package_is_drawn():
    assert {f"src/elman/{name}" for name in packages()} <= set(drawn())


@pytest.mark.parametrize("folder", drawn())
def test_every_folder_drawn_is_there(folder):
    assert (ROOT / folder).is_dir()


def test_every_file_named_in_the_architecture_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(
        r"`((?:src/elman|tests|docs|benchmarks|examples|tools)/[\w/.-]+)`", text
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_floor_is_in_the_import_contract():
    contract = PYPROJECT["tool"]["importlinter"]["contracts"][0]
    assert contract["type"] == "layers"
    floors = {name.strip() for row in contract["layers"] for name in row.split("|")}
    # The reference stands apart, with contracts of its own.
    assert floors == packages() - {"reference"} | loose()


def loose() -> set[str]:
    """Modules beside the packages, which every floor may use."""
    return {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}


def test_modules_beside_the_packages_are_private_and_drawn():
    assert all(name.startswith("_") for name in loose())
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert [name for name in loose() if f"{name}.py" not in text] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_is_long(path):
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST, f"{lines} lines: split it by idea"


def test_versions_agree():
    assert PYPROJECT["project"]["version"] == elman.__version__
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(elman.__version__)}\b", changes, re.MULTILINE)


def test_every_test_folder_mirrors_a_package():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    mirrored = folders - {"fuzz", "laws", "structure", "__pycache__"}
    assert mirrored == packages()

"""The README's Python runs, top to bottom, as a reader would run it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_every_python_block_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = blocks((ROOT / "README.md").read_text())
    assert len(found) >= 4
    names: dict[str, object] = {"__name__": "readme"}
    for i, block in enumerate(found, 1):
        exec(compile(block, f"README.md, block {i}", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out
    assert "MAE" in said
    assert "Gradient flow" in said
    assert "torch.Size([100, 16, 32])" in said
    assert names["forecast"].columns == [
        "time",
        "prediction",
        "linear",
        "lower",
        "upper",
    ]


@pytest.mark.parametrize(
    "page",
    sorted((ROOT / "docs").rglob("*.md")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_python_in_the_documentation_parses(page):
    for block in blocks(page.read_text()):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    local = [t for t in targets if not t.startswith(("http:", "https:"))]
    assert [t for t in local if not (ROOT / t).exists()] == []


def test_commands_named_in_the_readme_are_there():
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)", text))
    shell = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", text, re.MULTILINE))
    goals = {a or b for a, b in shell} & named
    assert {"demo", "test"} <= goals
    assert [g for g in goals if not re.search(rf"^{g}:", makefile, re.MULTILINE)] == []

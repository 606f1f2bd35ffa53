"""Every promise of the documentation names a test, and that test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "promises.md"


def promises():
    """Return the rows of the page's tables: promise, names of tests."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    parts = [row.strip("| ").split(" | ") for row in rows]
    return [part for part in parts if part[0] != "promise"]


def test_every_promise_names_tests_that_exist():
    assert len(promises()) > 20
    for promise, *tests in promises():
        names = re.findall(r"`(tests/[^`]+)::(\w+)`", " ".join(tests))
        assert names, promise
        for path, name in names:
            tree = ast.parse((ROOT / path).read_text())
            functions = {node.name for node in ast.walk(tree) if hasattr(node, "name")}
            assert name in functions, f"{path} has no {name}"

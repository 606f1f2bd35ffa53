"""The guide's page of findings says what the code does."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_page_is_that_of_the_tables():
    where = ROOT / "tools" / "write_findings.py"
    spec = importlib.util.spec_from_file_location("write_findings", where)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (ROOT / "docs" / "guide" / "findings.md").read_text(encoding="utf-8")
    again = "python tools/write_findings.py docs/guide/findings.md"
    assert written == tool.page(), f"write it again: {again}"

"""The guide's own cells run as they stand; the page of every cell is complete."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import torch

from elman import ops
from elman.cells import _registry, cell, names

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "own-cell.md"


def blocks() -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_the_guide_runs(monkeypatch, capsys):
    monkeypatch.setattr(_registry, "_CELLS", dict(_registry._CELLS))
    known: dict[str, object] = {"__name__": "guide"}
    with ops.record_paths() as ran:
        for k, block in enumerate(blocks(), 1):
            code = compile(block, f"own-cell.md, block {k}", "exec")
            exec(code, known)  # noqa: S102
    assert ran == ["native"] * 4
    assert known["y"].shape == (50, 4, 64)
    shown = [line[2:] for line in blocks()[1].splitlines() if line.startswith("# ")]
    assert capsys.readouterr().out.splitlines() == shown
    assert isinstance(cell("leaky", dt=0.2).dt, float)
    layer = known["Leaky"].layer(3, 6, dt=0.2)
    layer(torch.randn(4, 2, 3))[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def test_every_cell_has_a_page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    tool = runpy.run_path(str(ROOT / "tools" / "docs_cells.py"))
    config = SimpleNamespace(nav=[{"Cells": []}])
    tool["on_config"](config)
    listed = {path for group in config.nav[0]["Cells"] for path in paths(group)}
    overview = (ROOT / "docs" / tool["OVERVIEW"]).read_text(encoding="utf-8")
    table = tool["on_page_markdown"](overview)
    assert tool["TABLE"] not in table
    for name in names():
        assert f"cells/{name}.md" in listed
        assert f"](../cells/{name}.md)" in table
        text = tool["page"](name)
        assert f'`cell="{name}"`' in text
        assert cell(name).equations.latex in text
        assert cell(name).use in text
        for part in ("Start and constraint", "What it learns", "What it costs"):
            assert f"## {part}" in text
    assert tool["on_page_markdown"]("no mark") == "no mark"


def test_what_a_cell_can_tell(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import cell_page
    import cell_results
    import cell_table

    rows = [
        {"cell": "gru", "layers": 1, "options": {}, "test": test, "language": language}
        for language in cell_results.LANGUAGES
        for test in (0.5, 0.25 if language == "S3" else 1.0)
    ]
    rows += [rows[0] | {"cell": "lstm"}, rows[0] | {"cell": "rnn", "layers": 2}]
    path = tmp_path / "formal_languages.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    monkeypatch.setattr(cell_results, "FOLDER", tmp_path)
    assert "100.0 % | 100.0 % | 100.0 % | 50.0 % |" in cell_page.page("gru")
    assert "formal language" not in cell_page.page("rnn")
    told = {row.split("]")[0]: row for row in cell_table.table().split("\n| [")[1:]}
    assert told["GRU"].endswith("| ✓ · ✓ |")
    assert told["LSTM"].endswith("| – |")


def paths(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [path for part in parts for path in paths(part)]

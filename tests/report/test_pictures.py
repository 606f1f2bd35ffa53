"""The script that draws the README's pictures from a run."""

from __future__ import annotations

import json
import runpy
import xml.dom.minidom
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tools" / "draw_pictures.py"


def test_pictures_stand_alone(forecast_results, tmp_path, capsys):
    (tmp_path / "results.json").write_text(json.dumps(forecast_results))
    runpy.run_path(str(SCRIPT))["main"](tmp_path, tmp_path / "pictures")
    drawn = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert drawn == [
        "flow-map.svg",
        "forecast.svg",
        "gradient-flow.svg",
        "learning.svg",
        "spectrum.svg",
        "time-scales.svg",
    ]
    assert len(capsys.readouterr().out.splitlines()) == 6
    for name in drawn:
        text = (tmp_path / "pictures" / name).read_text(encoding="utf-8")
        # Well-formed on its own, unlike markup that only HTML forgives.
        root = xml.dom.minidom.parseString(text).documentElement  # noqa: S318
        assert root.tagName == "svg"
        assert root.getAttribute("aria-label")
        assert "prefers-color-scheme: dark" in text

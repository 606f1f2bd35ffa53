"""The page of a forecast of many series."""

from __future__ import annotations

from elman.report import render
from elman.report._many import many_series

WORST = {"id": "<b>", "steps": 90, "MASE": 3.0, "best baseline": 2.5, "sMAPE": 40.0}
RESULTS = {
    "task": "forecast",
    "scores": {
        "metric": "MASE",
        "split": "test",
        "verdict": "",
        "rows": [{"model": "Elman", "kind": "network", "values": {"MASE": 1.0}}],
    },
    "series": {"MASE": [0.5, 1.0, None, 3.0]},
    "worst": [WORST | {"coverage": 0.5}],
}


def test_the_worst_and_how_errors_spread():
    found = many_series(RESULTS)
    assert found is not None
    assert "The worst of 3 series" in found.caption
    assert "half below 1" in found.caption
    assert found.rows[0][:3] == ["<b>", "90", "3"]
    assert found.rows[0][3].startswith("2.5")
    assert found.rows[0][5].startswith("50")


def test_the_page_has_them_and_another_does_not():
    page = render(RESULTS)
    assert "The worst of 3 series" in page
    assert "&lt;b&gt;" in page
    assert "The worst of" not in render({"task": "forecast"})

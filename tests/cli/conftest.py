"""The command line called in this process, and small data to call it with."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from elman.cli import main


@dataclass
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def elman(tmp_path, monkeypatch, capsys):
    """Return a function that runs ``elman ARGUMENTS`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["elman", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        said = capsys.readouterr()
        return Answer(int(code or 0), said.out, said.err)

    return run


def hourly(count=420):
    """Return rows of an hourly series with a daily wave and a covariate."""
    draw = np.random.default_rng(0)
    rows = []
    for i in range(count):
        warm = 10 + 5 * math.sin(i / 24)
        value = 40 + 20 * math.sin(2 * math.pi * i / 24) + warm + draw.normal()
        day, hour = divmod(i, 24)
        stamp = f"2021-{1 + day // 28:02d}-{1 + day % 28:02d} {hour:02d}:00"
        rows.append([stamp, f"{value:.3f}", f"{warm:.3f}"])
    return rows


@pytest.fixture
def series(tmp_path):
    """Return a function that writes the series, changed by the caller."""

    def write(change=None, name="load.csv", count=420):
        rows = hourly(count)
        if change is not None:
            rows = change(rows) or rows
        path = tmp_path / name
        path.write_text(
            "\n".join(map(",".join, [["time", "load", "warmth"], *rows])) + "\n"
        )
        return path

    return write


@pytest.fixture
def cases(tmp_path):
    """Return a function that writes sequences in the archive's format."""

    def write(name="toy_TRAIN.ts", classes=("a", "b"), each=8, channels=2, seed=0):
        draw = np.random.default_rng(seed)
        lines = ["@univariate false", f"@classLabel true {' '.join(classes)}", "@data"]
        for i in range(each):
            for level, label in enumerate(classes):
                steps = 5 + i % 4
                values = draw.normal(4.0 * level, 1.0, (channels, steps))
                text = ":".join(",".join(f"{v:.3f}" for v in row) for row in values)
                lines.append(f"{text}:{label}")
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write

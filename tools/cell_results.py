"""What was measured of every cell, as `benchmarks/` keeps it."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
EVERY = 25
"""Losses of adding that a point of a curve is the mean of."""


@dataclass(frozen=True)
class Learned:
    """How a cell learned adding and digits, by the runs of `learning_curves.py`."""

    behind: bool
    rate: float
    tried: list[tuple[bool, float, float | None]]
    adding: list[dict[str, Any]]
    digits: list[dict[str, Any]]

    @property
    def solved(self) -> bool:
        """Whether the run that chose the rate solved adding."""
        return self.adding[0]["solved_at"] is not None

    @property
    def step(self) -> float:
        """Steps until adding was solved, the median of the seeds; infinite if not."""
        steps = [run["solved_at"] or float("inf") for run in self.adding]
        return statistics.median_low(steps)

    @property
    def accuracy(self) -> float:
        """Accuracy on digits after the last epoch, the mean of the seeds."""
        return statistics.mean(run["curve"][-1] for run in self.digits)

    @property
    def alone(self) -> float | None:
        """The best error that the cell reached without a pointwise layer before it."""
        errors = [e for behind, _, e in self.tried if not behind and e is not None]
        return min(errors, default=None)


def learned() -> dict[str, Learned]:
    """Return what is kept of each cell's learning, by name."""
    return {name: Learned(**found) for name, found in _read("learning_curves").items()}


def with_options(name: str) -> dict[str, Learned]:
    """Return what is kept of a cell with an option set, by how it is named."""
    return {k: v for k, v in learned().items() if k.startswith(f"{name}(")}


def costs() -> dict[str, dict[str, float]]:
    """Return of each cell its training step by size, as a share of a GRU's."""
    found: dict[str, dict[str, float]] = {}
    for size, row in _read("beside_gru").items():
        if size != "machine":
            for name, taken in row.items():
                found.setdefault(name, {})[size] = taken["share"]
    return found


LANGUAGES = ("even pairs", "parity", "modulo three", "S3")
"""The formal languages, those that most cells can come first."""


def languages() -> dict[str, dict[str, float]]:
    """Return of each cell, as it is and in one layer, how well it follows languages.

    Accuracy at steps 41 to 256 after training at 40 steps, the best of the seeds.
    """
    path = FOLDER / "formal_languages.jsonl"
    found: dict[str, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        row = json.loads(line)
        if row["layers"] == 1 and not row["options"]:
            own = found.setdefault(row["cell"], {})
            own[row["language"]] = max(own.get(row["language"], 0.0), row["test"])
    return found


def _read(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

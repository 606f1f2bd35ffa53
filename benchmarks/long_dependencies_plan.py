"""Which cells run over how many steps, and in which order."""

from __future__ import annotations

from typing import Any

from elman import cells

FREE = ("rnn", "gru", "lstm")
"""Those in whose place the doctor may put another cell."""

BEHIND = " behind a pointwise layer"
OF_EACH_FAMILY = (
    "orthogonal",
    "lem",
    *("lru" + BEHIND, "lru", "mingru"),
    *("lstm", "gru"),
)
"""Gated cells, elementwise ones, dynamical systems, orthogonal: what runs first where
not all can."""

LENGTHS = {
    "adding": (600, 1000, 2000, 200, 400),
    "copy": (1000, 200, 500, 100),
}
"""In the order in which they are run; 400 is of the RNN alone."""

Key = tuple[str, str, int, int, str]
"""Task, cell, steps, seed and how it is prescribed."""


def lengths_of(task: str) -> tuple[int, ...]:
    """Return every length of a task."""
    return LENGTHS[task]


def plan() -> list[Key]:
    """Every run, what proves most first."""
    shipped = [n for n in cells.names() if cells.is_shipped(n)]
    linear = [n for n in shipped if cells.affine(cells.cell(n).traced)]
    behind = [n + BEHIND for n in linear]
    runs: list[Key] = [
        ("adding", "gru", 600, 0, "prescribed"),
        ("copy", "gru", 1000, 0, "free"),
        ("adding", "rnn" + BEHIND, 400, 0, "free"),
        ("adding", "rnn", 400, 0, "free"),
    ]
    every = {"adding": shipped + behind, "copy": shipped}
    for task, length in (
        ("adding", 200),
        ("copy", 100),
        ("adding", 600),
        ("copy", 200),
    ):
        runs += [(task, n, length, 0, "prescribed") for n in every[task]]
    for task, length in (
        ("copy", 500),
        ("adding", 1000),
        ("copy", 1000),
        ("adding", 2000),
    ):
        of = [n for n in OF_EACH_FAMILY if n in every[task]]
        runs += [(task, n, length, 0, "prescribed") for n in of]
    for seed in range(5):
        for row in range(4):
            for task, of in LENGTHS.items():
                runs += [(task, n, of[row], seed, "free") for n in FREE]
                for how in ("prescribed", "default"):
                    runs += [(task, n, of[row], seed, how) for n in every[task]]
    return list(dict.fromkeys(runs))


def key(row: dict[str, Any]) -> Key:
    """Return what tells one run from another."""
    return (row["task"], row["cell"], row["length"], row["seed"], row["how"])

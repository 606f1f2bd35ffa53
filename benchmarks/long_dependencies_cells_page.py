"""The page of the long dependencies: the tables of every cell."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import write_tables
from long_dependencies_cells import APART, SOLVED, published
from long_dependencies_plan import key, lengths_of, plan

from elman.diagnosis._thresholds import TOLD

Row = dict[str, Any]

TITLES = {"adding": "adding", "copy": "copy memory, ten symbols"}
THEIRS = {
    "adding": (600, {"LSTM": 0.164, "GRU": 5.3e-5, "RNN": 0.177, "TCN": 5.8e-5}),
    "copy": (1000, {"LSTM": 0.0204, "GRU": 0.0197, "RNN": 0.0202, "TCN": 3.5e-5}),
}
SAID = ("reach", "reach, order and product", "these, and practice")
"""What is known before training, more and more of it."""

SIZE = {"adding": 70_000, "copy": 16_000}


def solved(row: Row) -> bool:
    """Return whether a run ended below a tenth of the error without memory."""
    return row["share"] is not None and row["share"] < SOLVED


def number(value: float | None) -> str:
    """Write an error in two digits."""
    if value is None:
        return "diverged"
    return f"{value:.1e}".replace("e-0", "e-") if value < 1e-3 else f"{value:.3g}"


def words(settings: Row) -> str:
    """Say a prescription in a few words."""
    said = [str(settings[k]) for k in ("cell", "nonlinearity", "init") if k in settings]
    for name, value in settings.get("cell_options", {}).items():
        said.append(f"{name} {value:.4g}" if isinstance(value, float) else str(value))
    if "learning_rate" in settings:
        said.append(f"rate {settings['learning_rate']:.2g}")
    return " + ".join(said) or "as it is"


def beside(rows: list[Row]) -> list[str]:
    """Return the published errors, and every prescribed run of that length."""
    lines = [
        "| task | network | prescription | parameters | error | steps |",
        "|---|---|---|--:|--:|--:|",
    ]
    for task, (length, theirs) in THEIRS.items():
        title = f"{TITLES[task]}, T = {length:,}"
        for name, error in theirs.items():
            lines.append(
                f"| {title} | {name}, Bai et al. | by hand | {SIZE[task]:,} "
                f"| {number(error)} | |"
            )
        groups = grouped(r for r in rows if (r["task"], r["length"]) == (task, length))
        ours = [(k, of) for k, of in groups.items() if k[3] != "default"]
        for (_, cell, _, how), of in sorted(ours, key=lambda pair: worst(pair[1])):
            start = ", free choice of cell" if how == "free" else ""
            errors = sorted({number(r["test"]) for r in of})
            shown = errors[0] if len(errors) == 1 else f"{errors[0]} to {errors[-1]}"
            reached = all(r["test"] and r["test"] < published(task, length) for r in of)
            steps = f"{np.median([r['steps'] for r in of]):,.0f}"
            lines.append(
                f"| {title} | {cell}{start} | {words(of[0]['settings'])} "
                f"| {of[0]['parameters']:,} | {'**' * reached}{shown}{'**' * reached} "
                f"| {steps} |"
            )
    return lines


def worst(rows: list[Row]) -> float:
    """Return the largest error of some runs."""
    return max(float("inf") if r["test"] is None else r["test"] for r in rows)


def grouped(rows: Any) -> dict[tuple[str, str, int, str], list[Row]]:
    """Group the runs that differ by their seed alone."""
    groups: dict[tuple[str, str, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["task"], row["cell"], row["length"], row["how"]].append(row)
    return groups


def lengths_table(rows: list[Row], task: str) -> list[str]:
    """Return a row for each cell: errors of both ways at every length that was run."""
    groups = grouped(rows)
    has = {k[2] for k in groups if k[0] == task}
    lengths = [length for length in sorted(lengths_of(task)) if length in has]
    heads = [f"T = {n:,}: default | prescribed" for n in lengths]
    lines = [f"| cell | apart | {' | '.join(heads)} |"]
    lines.append("|---|" + "--:|" * (1 + 2 * len(lengths)))
    for cell in dict.fromkeys(r["cell"] for r in rows if r["task"] == task):
        own = [r for r in rows if (r["task"], r["cell"]) == (task, cell)]
        kept = [r["apart"] for r in own if r["how"] == "prescribed"]
        cells = [f"{np.median(kept):.0f}" if kept else "–"]
        for length in lengths:
            for how in ("default", "prescribed"):
                cells.append(errors_of(groups.get((task, cell, length, how), [])))
        if any(c != "–" for c in cells[1:]):
            lines.append(f"| {cell} | {' | '.join(cells)} |")
        free = [r for r in own if r["how"] == "free"]
        if free:
            cells = [f"{np.median([r['apart'] for r in free]):.0f}"]
            for length in lengths:
                cells += ["", errors_of(groups.get((task, cell, length, "free"), []))]
            lines.append(f"| {cell}, free choice of cell | {' | '.join(cells)} |")
    return lines


def errors_of(runs: list[Row]) -> str:
    """Return the median error, bold where most seeds solved it."""
    if not runs:
        return "–"
    error = float(np.median([np.inf if r["test"] is None else r["test"] for r in runs]))
    most = 2 * sum(map(solved, runs)) > len(runs)
    seeds = f" ({len(runs)})" if len(runs) > 1 else ""
    bold, shown = "**" * most, number(error if np.isfinite(error) else None)
    return f"{bold}{shown}{bold}{seeds}"


def says(row: Row, known: int) -> bool:
    """Return what was expected before training, by so many of the things `SAID`."""
    order = row["apart"] >= TOLD * APART[row["task"]]
    product = row["task"] != "adding" or not row["linear"]
    reaches = row["reaches"] or (known > 2 and row["grows"])
    return bool(reaches and (known < 2 or (order and product)))


def agreement(rows: list[Row]) -> list[str]:
    """Return what was expected against what came, by reach and by all that is known."""
    lines = [
        "| said before training | task | yes, solved | yes, not | no, solved "
        "| no, not | agree |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for known, name in enumerate(SAID, 1):
        for task in (*TITLES, ""):
            some = [r for r in rows if not task or r["task"] == task]
            counts = [
                sum(says(r, known) == yes and solved(r) == well for r in some)
                for yes in (True, False)
                for well in (True, False)
            ]
            agree = (counts[0] + counts[3]) / max(len(some), 1)
            lines.append(
                f"| {name} | {TITLES.get(task, 'both')} | "
                f"{' | '.join(map(str, counts))} | {agree:.0%} |"
            )
    return lines


def misses(rows: list[Row]) -> list[str]:
    """Return the runs that came otherwise than all that was known said."""
    lines = ["| task | cell | T | how | reaches | apart | error | |"]
    lines.append("|---|---|--:|---|--:|--:|--:|---|")
    for r in rows:
        if says(r, len(SAID)) != solved(r):
            lines.append(
                f"| {r['task']} | {r['cell']} | {r['length']} | {r['how']} "
                f"| {r['horizon']:.0f} | {r['apart']:.0f} | {number(r['test'])} "
                f"| {'solved' if solved(r) else 'not solved'} |"
            )
    return lines


def left(rows: list[Row]) -> list[str]:
    """Say which of the planned runs are not stored."""
    done = {key(row) for row in rows}
    planned = plan()
    seeds = sorted({k[3] for k in done})
    lines = [
        f"Stored are {len(done & set(planned))} of {len(planned):,} planned runs, "
        f"seeds {', '.join(map(str, seeds)) or 'none'}.",
        "",
        "| task | T | runs of 5 seeds | stored |",
        "|---|--:|--:|--:|",
    ]
    for task in TITLES:
        for length in sorted(lengths_of(task)):
            of = [k for k in planned if (k[0], k[2]) == (task, length)]
            there = sum(k in done for k in of)
            lines.append(f"| {TITLES[task]} | {length:,} | {len(of)} | {there} |")
    return lines


def write(rows: list[Row], docs: Path) -> None:
    """Write the tables between the marks of the page."""
    tables = {
        "published": beside(rows),
        "cells-adding": lengths_table(rows, "adding"),
        "cells-copy": lengths_table(rows, "copy"),
        "cells-agreement": agreement(rows),
        "cells-misses": misses(rows),
        "cells-left": left(rows),
    }
    write_tables(docs / "guide/long-dependencies.md", tables)

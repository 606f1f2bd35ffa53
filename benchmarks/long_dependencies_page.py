"""The page of the long dependencies: tables, correlation, scatter."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from kept_runs import write_tables

Row = dict[str, Any]

COLOURS = {"RNN": "#b8470f", "GRU": "#2563eb", "LSTM": "#067647"}
WIDTH, HEIGHT, LEFT, TOP = 380, 300, 56, 40
X_RANGE, Y_RANGE = (0.02, 20.0), (0.08, 2.5)


def ranks(values: list[float]) -> np.ndarray:
    """Return ranks from 0, ties at their mean."""
    given = np.asarray(values)
    less = (given[None, :] < given[:, None]).sum(1)
    return np.asarray(less + ((given[None, :] == given[:, None]).sum(1) - 1) / 2)


def spearman(x: list[float], y: list[float]) -> float:
    """Return the rank correlation, NaN where one side is constant."""
    a, b = ranks(x), ranks(y)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def share(row: Row) -> float:
    """Return the final loss over that of remembering nothing; ∞ if it diverged."""
    return math.inf if row["share"] is None else float(row["share"])


def outcome(row: Row) -> tuple[float, float]:
    """Return what sorts runs: solved, the earlier the better; the others by loss."""
    return (1.0, -row["solved"]) if row["solved"] else (0.0, -share(row))


def correlation(rows: list[Row]) -> float:
    """Return the rank correlation of reach over need with the outcome."""
    outcomes = [outcome(row) for row in rows]
    order = sorted(set(outcomes))
    return spearman(
        [row["horizon"] / row["needed"] for row in rows],
        [float(order.index(one)) for one in outcomes],
    )


def by_loss(rows: list[Row]) -> float:
    """Return that correlation with the final loss alone."""
    return spearman(
        [row["horizon"] / row["needed"] for row in rows], [-share(row) for row in rows]
    )


def pairs(rows: list[Row]) -> tuple[int, int]:
    """Return in how many pairs the prescribed run went better, and of how many."""
    runs: dict[tuple[str, str, int, int], Row] = defaultdict(dict)
    for row in rows:
        runs[row["task"], row["cell"], row["length"], row["seed"]][row["how"]] = row
    whole = [pair for pair in runs.values() if len(pair) == 2]
    better = [outcome(p["prescribed"]) > outcome(p["default"]) for p in whole]
    return sum(better), len(whole)


def grouped(rows: list[Row]) -> dict[tuple[str, str, int, str], list[Row]]:
    """Group the runs that differ by their seed alone."""
    groups: dict[tuple[str, str, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["task"], row["cell"], row["length"], row["how"]].append(row)
    return groups


def solved_table(rows: list[Row]) -> list[str]:
    """Return a row for each task and cell: seeds solved of each length."""
    groups = grouped(rows)
    lines = [
        "| task | cell | T | default: solved | median steps | prescribed: solved "
        "| median steps | prescription |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for task, cell, length in sorted(
        {key[:3] for key in groups}, key=lambda k: (k[0], list(COLOURS).index(k[1]), k)
    ):
        cells = []
        for how in ("default", "prescribed"):
            runs = groups.get((task, cell, length, how), [])
            steps = [r["solved"] for r in runs if r["solved"]]
            cells += [
                f"{len(steps)} of {len(runs)}",
                f"{np.median(steps):.0f}" if steps else "–",
            ]
        said = {words(r["settings"]) for r in groups[task, cell, length, "prescribed"]}
        lines.append(
            f"| {task} | {cell} | {length} | {' | '.join(cells)} | "
            f"{'; '.join(sorted(said))} |"
        )
    return lines


def longest_table(rows: list[Row]) -> list[str]:
    """Return the longest length that most of the seeds solve."""
    groups = grouped(rows)
    lines = ["| task | cell | default | prescribed |", "|---|---|--:|--:|"]
    for task in ("adding", "copy"):
        for cell in COLOURS:
            best = {"default": 0, "prescribed": 0}
            for (t, c, length, how), runs in groups.items():
                count = sum(bool(r["solved"]) for r in runs)
                if (t, c) == (task, cell) and 2 * count > len(runs):
                    best[how] = max(best[how], length)
            said = [str(best[how] or "none") for how in ("default", "prescribed")]
            lines.append(f"| {task} | {cell} | {said[0]} | {said[1]} |")
    return lines


def words(settings: Row) -> str:
    """Say a prescription in a few words."""
    said = [
        str(settings[k])
        for k in ("nonlinearity", "init")
        if settings.get(k) is not None
    ]
    if "learning_rate" in settings:
        said.append(f"rate {settings['learning_rate']:.2g}")
    return " + ".join(said) or "as it is"


def correlation_table(rows: list[Row]) -> list[str]:
    """Return rank correlations of everything, and of each part."""
    parts = {"all runs": rows}
    for task in ("adding", "copy"):
        parts[task] = [r for r in rows if r["task"] == task]
    for cell in COLOURS:
        parts[cell] = [r for r in rows if r["cell"] == cell]
    parts["GRU and LSTM"] = parts["GRU"] + parts["LSTM"]
    for how in ("default", "prescribed"):
        parts[f"{how} only"] = [r for r in rows if r["how"] == how]
    lines = ["| runs | number | with the outcome | with the loss |"]
    lines += ["|---|--:|--:|--:|"]
    for name, some in parts.items():
        lines.append(
            f"| {name} | {len(some)} | {correlation(some):.2f} | {by_loss(some):.2f} |"
        )
    better, whole = pairs(rows)
    lines += ["", f"Of {whole} pairs with the same task, cell, length and seed the"]
    lines += [f"prescribed run, the one with more reach, went better in {better}."]
    return lines


def agreement(rows: list[Row]) -> dict[str, int]:
    """Count what the verdict said against what training did."""
    kinds = ("reach, solved", "reach, not", "short, solved", "short, not")
    counts = dict.fromkeys(kinds, 0)
    for row in rows:
        said = "reach" if row["horizon"] >= row["needed"] else "short"
        counts[f"{said}, {'solved' if row['solved'] else 'not'}"] += 1
    return counts


def scatter(rows: list[Row]) -> str:
    """Return both tasks side by side: reach over need, and the loss reached."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH + 24} '
        f'{HEIGHT + 84}" role="img" aria-label="Loss reached against predicted reach">',
        "<style>text{font:13px system-ui,sans-serif;fill:#667085}"
        ".b{font-weight:600;fill:#344054}.g{stroke:#d0d5dd}.l{stroke:#98a2b3;"
        "stroke-dasharray:5 4}@media(prefers-color-scheme:dark){text{fill:#98a2b3}"
        ".b{fill:#e8ebf0}.g{stroke:#2a313c}}</style>",
    ]
    for at, task in enumerate(("adding", "copy")):
        parts += panel([r for r in rows if r["task"] == task], task, at * (WIDTH + 24))
    parts += legend()
    return "".join(parts) + "</svg>\n"


def panel(rows: list[Row], task: str, shift: int) -> list[str]:
    """Draw the runs of one task."""
    right, bottom = shift + WIDTH - 8, TOP + HEIGHT - 60
    left = shift + LEFT

    def x(value: float) -> float:
        return left + (right - left) * place(value, X_RANGE)

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * place(value, Y_RANGE)

    title = "Adding" if task == "adding" else "Copy memory"
    drawn = [f'<text class="b" x="{left}" y="{TOP - 14}">{title}</text>']
    for tick in (0.1, 0.2, 0.5, 1, 2):
        drawn += [
            f'<line class="g" x1="{left}" x2="{right}" y1="{y(tick):.1f}" '
            f'y2="{y(tick):.1f}"/>',
            f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}'
            "</text>",
        ]
    for tick in (0.03, 0.1, 0.3, 1, 3, 10):
        drawn.append(
            f'<text x="{x(tick):.1f}" y="{bottom + 20}" text-anchor="middle">{tick:g}'
            "</text>"
        )
    drawn.append(
        f'<line class="l" x1="{x(1):.1f}" x2="{x(1):.1f}" y1="{TOP}" y2="{bottom}"/>'
    )
    for row in rows:
        colour = COLOURS[row["cell"]]
        fill = colour if row["how"] == "prescribed" else "none"
        drawn.append(
            f'<circle cx="{x(row["horizon"] / row["needed"]):.1f}" '
            f'cy="{y(min(share(row), 2.2)):.1f}" r="4" fill="{fill}" '
            f'fill-opacity=".45" stroke="{colour}"/>'
        )
    drawn.append(
        f'<text x="{(left + right) / 2:.0f}" y="{bottom + 42}" text-anchor="middle">'
        "predicted reach / steps needed</text>"
    )
    if not shift:
        drawn.append(
            f'<text transform="translate(14 {(TOP + bottom) / 2:.0f}) rotate(-90)" '
            'text-anchor="middle">loss reached / loss without memory</text>'
        )
    return drawn


def legend() -> list[str]:
    """Say which colour is which cell, and what is filled."""
    height = TOP + HEIGHT + 14
    drawn = []
    for at, (cell, colour) in enumerate(COLOURS.items()):
        x = LEFT + 80 * at
        drawn.append(
            f'<circle cx="{x}" cy="{height - 4}" r="5" fill="{colour}"/>'
            f'<text x="{x + 12}" y="{height}">{cell}</text>'
        )
    for at, name in enumerate(("prescribed", "default")):
        fill = "none" if at else "#667085"
        x = LEFT + 280 + 130 * at
        drawn.append(
            f'<circle cx="{x}" cy="{height - 4}" r="5" fill="{fill}" stroke="#667085"/>'
            f'<text x="{x + 12}" y="{height}">{name}</text>'
        )
    drawn.append(f'<text x="{LEFT + 550}" y="{height}">at 2.2: that or worse</text>')
    return drawn


def place(value: float, span: tuple[float, float]) -> float:
    """Return where a value lies in a logarithmic range, from 0 to 1."""
    low, high = span
    inside = min(max(value, low), high)
    return math.log(inside / low) / math.log(high / low)


def write(rows: list[Row], docs: Path) -> None:
    """Write the picture, and the tables between the marks of the page."""
    (docs / "pictures").mkdir(parents=True, exist_ok=True)
    (docs / "pictures/long-dependencies.svg").write_text(scatter(rows), "utf-8")
    said = agreement(rows)
    tables = {
        "longest": longest_table(rows),
        "solved": solved_table(rows),
        "correlation": correlation_table(rows),
        "agreement": [
            "| the horizon | solved | not solved |",
            "|---|--:|--:|",
            f"| reaches the need | {said['reach, solved']} | {said['reach, not']} |",
            f"| falls short of it | {said['short, solved']} | {said['short, not']} |",
        ],
    }
    write_tables(docs / "guide/long-dependencies.md", tables)

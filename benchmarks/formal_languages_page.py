"""The page of formal languages: tables, and accuracy against length."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from formal_languages import BINS, ENOUGH, FORMS, FURTHER, LONGEST, SIZES, label
from kept_runs import write_tables

Row = dict[str, Any]

DRAWN = {
    "parity": ("gru", "mingru", "mingru(signed=True)", "hgrn(signed=True)"),
    "modulo three": ("gru", "mingru(signed=True)", "hgrn(angle='input')"),
}
COLOURS = ("#2563eb", "#b8470f", "#067647", "#7c3aed")
WIDTH, HEIGHT, LEFT, TOP = 380, 250, 48, 34


def reach(row: Row) -> int:
    """Return the longest words up to which nearly all answers are right, or 0."""
    good = 0
    for k, share in enumerate(row["by_length"]):
        if share < ENOUGH:
            break
        good = (k + 1) * BINS
    return good


def said(row: Row) -> str:
    """Return the accuracy, and how far a rule that was learned holds."""
    shown = f"{min(row['test'], 0.999 if row['test'] < 1 else 1.0):.3f}"
    if row["test"] >= ENOUGH:
        return f"**{shown}**"
    learned = row["held_out"] >= ENOUGH and reach(row) >= LONGEST - LONGEST % BINS
    return f"{shown}, to {reach(row)}" if learned else shown


def grouped(rows: list[Row]) -> dict[tuple[str, str, int], list[Row]]:
    """Group the runs that differ by their seed alone."""
    groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["seed"])):
        groups[label(row), row["language"], row["layers"]].append(row)
    return groups


def table(rows: list[Row], layers: int) -> list[str]:
    """Return a row a form of a cell; the seeds of a run side by side."""
    groups = grouped(rows)
    lines = [f"| cell | {' | '.join(SIZES)} |", "|---|" + "--:|" * len(SIZES)]
    for name, options in FORMS:
        form = label({"cell": name, "options": options})
        shown = [
            " · ".join(said(row) for row in groups[form, language, layers]) or "–"
            for language in SIZES
        ]
        if set(shown) != {"–"}:
            lines.append(f"| `{form}` | {' | '.join(shown)} |")
    return lines


def cost(rows: list[Row]) -> list[str]:
    """Say how many runs there are, and what they took."""
    total = sum(row["seconds"] for row in rows)
    return [f"{len(rows)} runs, {total / 60:.0f} minutes of CPU time in all."]


def picture(rows: list[Row]) -> str:
    """Return two languages side by side: accuracy against the length of words."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH + 24} '
        f'{HEIGHT + 92}" role="img" aria-label="Accuracy against the length of words">',
        "<style>text{font:13px system-ui,sans-serif;fill:#667085}"
        ".b{font-weight:600;fill:#344054}.g{stroke:#d0d5dd}.l{stroke:#98a2b3;"
        "stroke-dasharray:5 4}@media(prefers-color-scheme:dark){text{fill:#98a2b3}"
        ".b{fill:#e8ebf0}.g{stroke:#2a313c}}</style>",
    ]
    for at, language in enumerate(DRAWN):
        parts += panel(rows, language, at * (WIDTH + 24))
    return "".join(parts) + "</svg>\n"


def panel(rows: list[Row], language: str, shift: int) -> list[str]:
    """Draw one language: a line a cell, of its first seed."""
    left, right, bottom = shift + LEFT, shift + WIDTH - 8, TOP + HEIGHT - 50

    def x(length: float) -> float:
        return left + (right - left) * length / FURTHER

    def y(share: float) -> float:
        return bottom - (bottom - TOP) * share

    title = language[0].upper() + language[1:]
    drawn = [f'<text class="b" x="{left}" y="{TOP - 12}">{title}</text>']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawn.append(
            f'<line class="g" x1="{left}" x2="{right}" y1="{y(tick):.1f}" '
            f'y2="{y(tick):.1f}"/><text x="{left - 8}" y="{y(tick) + 4:.1f}" '
            f'text-anchor="end">{tick:g}</text>'
        )
    for tick in (0, 64, 128, 192, 256):
        drawn.append(
            f'<text x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{tick}'
            "</text>"
        )
    drawn.append(
        f'<line class="l" x1="{x(LONGEST):.1f}" x2="{x(LONGEST):.1f}" y1="{TOP}" '
        f'y2="{bottom}"/><text x="{x(LONGEST) + 4:.1f}" y="{bottom - 6}">trained to '
        f"{LONGEST}</text>"
    )
    drawn.append(
        f'<text x="{(left + right) / 2:.0f}" y="{bottom + 36}" text-anchor="middle">'
        "symbols read</text>"
    )
    groups = grouped(rows)
    for at, form in enumerate(DRAWN[language]):
        found = groups.get((form, language, 1))
        if not found:
            continue
        points = " ".join(
            f"{x((k + 0.5) * BINS):.1f},{y(share):.1f}"
            for k, share in enumerate(found[0]["by_length"])
        )
        down = bottom + 58 + 18 * (at // 2)
        across = left + 175 * (at % 2)
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[at]}" '
            f'stroke-width="2"/><circle cx="{across}" cy="{down - 4}" r="5" '
            f'fill="{COLOURS[at]}"/><text x="{across + 10}" y="{down}">{form}</text>'
        )
    return drawn


def write(rows: list[Row], docs: Path) -> None:
    """Write the picture, and the tables between the marks of the page."""
    (docs / "pictures").mkdir(parents=True, exist_ok=True)
    (docs / "pictures/formal-languages.svg").write_text(picture(rows), "utf-8")
    parts = {"one layer": table(rows, 1), "two layers": table(rows, 2)}
    parts["cost"] = cost(rows)
    write_tables(docs / "guide/formal-languages.md", parts)

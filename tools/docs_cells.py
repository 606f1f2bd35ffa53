"""A hook of MkDocs: the page of all cells, written from their equations.

Where a page says ``<!-- every cell -->``, each registered cell is described: what its
class says, its equations as they run, its start, its options, and the curve that
`benchmarks/learning_curves.py` kept of it. A cell more is a section more.
"""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path
from typing import Any

from elman import cells

MARK, TABLE = "<!-- every cell -->", "<!-- learned -->"
CURVES = Path(__file__).resolve().parent.parent / "benchmarks" / "learning_curves.json"
_WIDE, _HIGH, _LEFT, _BELOW = 360, 110, 44, 18
_TOP, _BOTTOM = 0.0, -4.0
"""Powers of ten at the top and at the bottom of a curve."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Write the sections and the table in the place of their marks."""
    if TABLE in markdown:
        markdown = markdown.replace(TABLE, table())
    if MARK not in markdown:
        return markdown
    return markdown.replace(MARK, "\n".join(section(name) for name in cells.names()))


def section(name: str) -> str:
    """Return the section of one cell."""
    cell = cells.cell(name)
    first, prose = _texts(type(cell))
    rows = [
        f"| `{option}` | `{value!r}` |"
        for option, value in cell.options().items()
        if option != "heads" or value != 1
    ]
    options = ["", "| option | default |", "|---|---|", *rows] if rows else []
    states = ", ".join(f"`{state}`" for state in cell.states)
    gates = ", ".join(f"`{gate}`" for gate in cell.traced.values) or "none"
    lines = [
        f"## {type(cell).__name__}",
        "",
        f'`cell="{name}"` · {first}',
        "",
        "$$",
        cell.equations.latex,
        "$$",
        "",
        *prose,
        f"**When.** {cell.use}",
        "",
        f"States {states}; gates in a trace: {gates}.{_start(cell)} Source: "
        f"{cell.source}.",
        *options,
        "",
        *_learned(name),
    ]
    return "\n".join(lines)


def _texts(cell: type[cells.Cell]) -> tuple[str, list[str]]:
    """Return the first line of a class's docstring, and its prose below."""
    first, *parts = (inspect.getdoc(cell) or "").split("\n\n")
    prose: list[str] = []
    for part in parts:
        if part.startswith("Parameters\n"):
            break
        if part != "::" and not part.startswith(" "):
            prose += [part.replace("``", "`"), ""]
    return first, prose


def _start(cell: cells.Cell) -> str:
    """Return how parameters start, and what keeps them, as the cell declares it."""
    starts = [f"`{name}` {_said(draw)}" for name, draw in cell.init.items()]
    units = [
        f"`{name}` {_said(draw)}"
        for name, draw in cell.traced.units.items()
        if name not in cell.init
    ]
    found = f" Start: {', '.join(starts + units)}." if starts or units else ""
    if cell.limits:
        limits = [f"`{k}` within {a:g} and {b:g}" for k, (a, b) in cell.limits.items()]
        found += f" Kept: {', '.join(limits)}."
    if cell.transforms:
        kept = [f"`{k}` by `{t!r}`" for k, t in cell.transforms.items()]
        found += f" Computed from what is stored: {', '.join(kept)}."
    return found


def _said(draw: cells.Draw | float) -> str:
    if isinstance(draw, cells.Constant):
        draw = draw.value
    return f"at {draw:g}" if isinstance(draw, int | float) else f"by `{draw!r}`"


def _kept() -> dict[str, Any]:
    return json.loads(CURVES.read_text()) if CURVES.exists() else {}


def _learned(name: str) -> list[str]:
    """Return the paragraph and the picture of a cell's learning curve."""
    found = _kept().get(name)
    if found is None:
        return []
    behind = ", behind a pointwise layer" if found["behind"] else ""
    solved = "solved" if found["solved"] else "not solved"
    text = (
        f"**Learned.** Adding 100 is {solved} at a rate of {found['rate']:g}{behind}: "
        f"error {_error(found)}. Digits pixel by pixel: {100 * found['digits']:.1f} %."
    )
    return [text, "", curve(found["curve"], f"{name}: error of adding"), ""]


def _error(found: dict[str, Any]) -> str:
    return "not finite" if found["test"] is None else f"{found['test']:.2g}"


def table() -> str:
    """Return what all cells learned, as a table."""
    rows = [
        "| cell | form | rate | error of adding | digits |",
        "|---|---|--:|--:|--:|",
    ]
    for name, found in _kept().items():
        title = type(cells.cell(name)).__name__
        form = "behind a pointwise layer" if found["behind"] else "alone"
        error = _error(found) if found["solved"] else f"{_error(found)}, not solved"
        digits = f"{100 * found['digits']:.1f} %"
        row = f"[{title}](#{title.lower()}) | {form} | {found['rate']:g}"
        rows.append(f"| {row} | {error} | {digits} |")
    return "\n".join(rows)


def curve(losses: list[float], title: str) -> str:
    """Return a curve of losses as SVG, on a logarithmic axis from 1 to 0.0001.

    Parameters
    ----------
    losses : list of float
    title : str
        What it shows, for who cannot see it.
    """

    def height(power: float) -> float:
        return (_TOP - min(max(power, _BOTTOM), _TOP)) / (_TOP - _BOTTOM) * _HIGH

    marks = []
    for power in range(int(_BOTTOM), int(_TOP) + 1):
        y = height(power) + 6
        marks.append(
            f'<path d="M{_LEFT} {y:.1f}H{_LEFT + _WIDE}" stroke="currentColor" '
            f'opacity="0.2"/><text x="{_LEFT - 6}" y="{y + 4:.1f}" '
            f'text-anchor="end" fill="currentColor">{10.0**power:g}</text>'
        )
    points = [
        f"{_LEFT + (k + 1) / len(losses) * _WIDE:.1f},"
        f"{6 + height(math.log10(max(loss, 1e-9))):.1f}"
        for k, loss in enumerate(losses)
        if math.isfinite(loss)
    ]
    wide, high = _LEFT + _WIDE + 4, _HIGH + _BELOW + 6
    return (
        f'<svg role="img" aria-label="{title}" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" font-size="10">{"".join(marks)}'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#3366cc" '
        f'stroke-width="1.5"/><text x="{_LEFT}" y="{high - 4}" fill="currentColor">'
        f'first step</text><text x="{_LEFT + _WIDE}" y="{high - 4}" '
        f'text-anchor="end" fill="currentColor">last step</text></svg>'
    )

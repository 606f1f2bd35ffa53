"""The table of all cells: who learns what, at which price."""

from __future__ import annotations

import math
from functools import cache

from cell_curves import spark
from cell_page import GROUPS, group, title
from cell_results import Learned, costs, languages, learned

from elman import cells
from elman.layers import layer_of

SIZE = "64 × 100, 128 → 256"
"""The size at which costs are compared in the table."""
TOLD = "parity", "modulo three"
"""The formal languages of the table."""


def table() -> str:
    """Return all cells, those first that solve adding in fewest steps."""
    found, taken = learned(), costs()
    rows = [
        "| cell | kind | states | weights, × GRU | step, × GRU "
        "| adding 100 solved after | error by step, to 3,000 | digits "
        "| parity · modulo 3 |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|",
    ]
    for name in sorted(cells.names(), key=lambda name: _order(found.get(name))):
        own, cost = found.get(name), taken.get(name, {}).get(SIZE)
        cell = cells.cell(name)
        link = f"[{title(name)}](../cells/{name}.md)"
        price = "" if cost is None else f"{cost:.2f}"
        rows.append(
            f"| {link} | {GROUPS[group(name)].lower()} | {len(cell.states)} "
            f"| {_weights(name) / _weights('gru'):.2f} | {price} | {_learned(own)} "
            f"| {_told(name)} |"
        )
    return "\n".join(rows)


def _order(own: Learned | None) -> tuple[bool, float, float]:
    if own is None:
        return True, math.inf, math.inf
    errors = [run["held_out"] or math.inf for run in own.adding]
    return own.behind, own.step, min(errors)


def _learned(own: Learned | None) -> str:
    if own is None:
        return " | | "
    digits = f"{100 * own.accuracy:.1f} %" if own.digits else ""
    times = [run["solved_at"] for run in own.adding if run["solved_at"]]
    if not times:
        errors = [run["test"] for run in own.adding if run["test"] is not None]
        solved = f"not solved: {min(errors, default=math.inf):.2g}"
    elif len(times) < len(own.adding):
        solved = f"{max(times):,} ({len(times)} of {len(own.adding)})"
    else:
        solved = f"{own.step:,}"
    return f"{solved}{' °' if own.behind else ''} | {spark(own)} | {digits}"


def _told(name: str) -> str:
    own = languages().get(name, {})
    if any(language not in own for language in TOLD):
        return "–"
    return " · ".join("✓" if own[language] > 0.99 else "✗" for language in TOLD)


@cache
def _weights(name: str) -> int:
    layer = layer_of(cells.cell(name), 64, 64, device="meta")
    return sum(p.numel() for p in layer.parameters())

"""Adding in another library of cells, as its own logs have it, beside ours.

torchrecurrent keeps its learning curves in ``benchmarks/adding_problem/runs`` (commit
a57e767): 128 units, Adam at 0.001 without clipping, 5,000 sequences that come again
every epoch, one seed. What is kept here of each: the epochs it ran for, the first one
with a test error below a tenth of 1/6, and the least test error of all.
"""

from __future__ import annotations

from cell_page import title
from cell_results import learned

EPOCH, ROWS = 5000, 50
"""Sequences in one of their epochs, and in one of our steps."""

THEIRS: dict[str, tuple[int, int | None, float]] = {
    "gru": (50, 15, 4.7e-4),
    "lstm": (500, 146, 1.1e-4),
    "peephole_lstm": (50, None, 0.163),
    "janet": (50, None, 0.165),
    "mgu": (50, 12, 3.2e-4),
    "ligru": (50, 7, 3.3e-4),
    "indrnn": (50, None, 0.156),
    "lem": (50, 21, 1.2e-3),
    "cornn": (50, None, 20.5),
    "antisymmetric": (50, None, 1.14),
}


def table() -> str:
    """Return how many sequences each library's cell had seen when it solved adding."""
    rows = [
        "| cell | torchrecurrent: solved after | least error | Elman: solved after |",
        "|---|--:|--:|--:|",
    ]
    found = learned()
    for name, (epochs, first, least) in THEIRS.items():
        seen = f"not in {epochs * EPOCH:,}" if first is None else f"{first * EPOCH:,}"
        steps = [run["solved_at"] for run in found[name].adding]
        said = ", ".join("not" if s is None else f"{ROWS * s:,}" for s in steps)
        mark = " °" if found[name].behind else ""
        link = f"[{title(name)}](../cells/{name}.md)"
        rows.append(f"| {link} | {seen} | {least:.2g} | {said}{mark} |")
    return "\n".join(rows)

"""A hook of MkDocs: the page of all cells, written from their equations.

Where a page says ``<!-- every cell -->``, each registered cell is described: what its
class says, its equations as they run, its options. A cell more is a section more.
"""

from __future__ import annotations

import inspect
from typing import Any

from elman import cells

MARK = "<!-- every cell -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Write the sections in the place of the mark."""
    if MARK not in markdown:
        return markdown
    return markdown.replace(MARK, "\n".join(section(name) for name in cells.names()))


def section(name: str) -> str:
    """Return the section of one cell."""
    cell = cells.cell(name)
    first = (inspect.getdoc(type(cell)) or "").split("\n\n")[0]
    rows = [
        f"| `{option}` | `{value!r}` |"
        for option, value in cell.options().items()
        if option != "heads" or value != 1
    ]
    table = ["", "| option | default |", "|---|---|", *rows] if rows else []
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
        f"States {states}; gates in a trace: {gates}. Source: {cell.source}.",
        *table,
        "",
    ]
    return "\n".join(lines)

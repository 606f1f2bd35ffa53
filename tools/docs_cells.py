"""A hook of MkDocs: a page for every registered cell, and the table of all of them.

Pages are written from the cells' classes (`cell_page.py`) and from what
`benchmarks/learning_curves.py` and `benchmarks/beside_gru.py` kept of them; a cell more
is a page more. Where a page says ``<!-- all cells -->`` the table stands.
"""

from __future__ import annotations

from typing import Any

import cell_neighbour
from cell_page import GROUPS, group, page, title
from cell_table import table

from elman import cells

TABLE, BESIDE = "<!-- all cells -->", "<!-- beside another library -->"
OVERVIEW = "mathematics/cells.md"
SECTION = "Cells"


def on_config(config: Any) -> Any:
    """List the pages under the overview, group by group."""
    parts: list[Any] = [{"All cells": OVERVIEW}]
    for key, name in GROUPS.items():
        own = [n for n in cells.names() if group(n) == key]
        if own:
            parts.append({name: [{title(n): f"cells/{n}.md"} for n in own]})
    for entry in config.nav:
        if isinstance(entry, dict) and SECTION in entry:
            entry[SECTION] = parts
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages."""
    from mkdocs.structure.files import File

    for name in cells.names():
        text = page(name)
        files.append(File.generated(config, f"cells/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Write each table in the place of its mark."""
    for mark, made in ((TABLE, table), (BESIDE, cell_neighbour.table)):
        if mark in markdown:
            markdown = markdown.replace(mark, made())
    return markdown

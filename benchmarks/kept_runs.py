"""Runs that are kept, a line of JSON each, and the pages that are written from them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def asking(about: str | None, kept: str | Path) -> argparse.ArgumentParser:
    """Return what a benchmark that resumes is asked.

    Parameters
    ----------
    about : str
        What it does: the first line is shown.
    kept : str or Path
        Where its runs are; a script's own name means beside the script.
    """
    parser = argparse.ArgumentParser(description=(about or "").split("\n")[0])
    out = Path(kept)
    out = out.with_suffix(".jsonl") if out.suffix == ".py" else out
    parser.add_argument("--out", type=Path, default=out, help="where runs are kept")
    parser.add_argument("--page", type=Path, help="folder of the documentation")
    parser.add_argument("--draw-only", action="store_true", help="run nothing")
    return parser


def read(path: Path) -> list[Row]:
    """Return the runs so far."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def keep(row: Row, rows: list[Row], path: Path) -> None:
    """Add a run to the others, and to the file at once."""
    rows.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def replaced(page: str, place: str, text: str) -> str:
    """Return a page with what stands between two marks replaced.

    Parameters
    ----------
    page, place, text : str
    """
    start, end = f"<!-- {place}: -->", f"<!-- :{place} -->"
    if page.count(start) != 1 or page.count(end) != 1:
        raise SystemExit(f"the page has no single {start} … {end}")
    before, _, rest = page.partition(start)
    return f"{before}{start}\n\n{text.strip()}\n\n{end}{rest.partition(end)[2]}"


def write_tables(page: Path, tables: Mapping[str, Iterable[str]]) -> None:
    """Write the lines of tables between their marks on a page."""
    text = page.read_text("utf-8")
    for place, lines in tables.items():
        text = replaced(text, place, "\n".join(lines))
    page.write_text(text, "utf-8")

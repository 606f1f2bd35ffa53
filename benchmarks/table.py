"""The JSON documents of `elman bench` as the tables of docs/guide/benchmarks.md.

    python benchmarks/table.py build/peers.json
    python benchmarks/table.py build/equations.json --page docs/guide/benchmarks.md

With a page, the tables replace what stands there between ``<!-- cells: -->`` and
``<!-- :cells -->``, or the name given by ``--place``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kept_runs import replaced

from elman.bench import GROUPS, Case, Sizes, title

Document = dict[str, Any]


def case(row: dict[str, Any]) -> Case:
    sizes = Sizes(*(row[k] for k in ("batch", "steps", "inputs", "hidden")))
    return Case(row["group"], row["cell"], sizes, row["variant"])


def value(row: dict[str, Any], name: str) -> str:
    number = row["values"].get(name)
    if number is None:
        return ""
    if row["unit"] == "ms" and number < 1:
        return f"{number * 1e3:.1f} µs"
    return f"{number:.1f} {row['unit']}"


def ratio(number: float) -> str:
    """Return it in bold where the peer is better."""
    return f"{number:.2f}" if number >= 1 else f"**{number:.2f}**"


def table(rows: list[dict[str, Any]]) -> list[str]:
    peers = list(dict.fromkeys(p for row in rows for p in row["ratios"]))
    counted = rows[0]["gflops"] is not None
    header = ["", "elman", *(h for p in peers for h in (p, f"× {p}"))]
    header += ["GFLOP/s", "of peak"] if counted else []
    lines = _head(header)
    for row in rows:
        cells = [case(row).label, value(row, "elman")]
        for peer in peers:
            cells += [value(row, peer), ratio(row["ratios"][peer])]
        if counted:
            cells += [f"{row['gflops']:.0f}", f"{row['share_of_peak']:.0%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def by_cell(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a table for each peer: a row a cell, a column a size."""
    peers = list(dict.fromkeys(p for row in rows for p in row["ratios"]))
    sizes = list(dict.fromkeys(str(case(row).sizes) for row in rows))
    cells = list(dict.fromkeys(row["cell"] for row in rows))
    found = {(row["cell"], str(case(row).sizes)): row for row in rows}
    for peer in peers:
        yield from ("", *_head([f"× {peer}", *sizes, "mean"]))
        for cell in cells:
            ratios = [found[cell, s]["ratios"][peer] for s in sizes]
            mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
            words = [title(cell), *map(ratio, ratios), ratio(mean)]
            yield "| " + " | ".join(words) + " |"
    yield from ("", *_head(["ms", *sizes]))
    for cell in cells:
        taken = [f"{found[cell, s]['values']['elman']:.2f}" for s in sizes]
        yield "| " + " | ".join([title(cell), *taken]) + " |"


def _head(words: list[str]) -> list[str]:
    return ["| " + " | ".join(words) + " |", "|---" + "|--:" * (len(words) - 1) + "|"]


def taken_on(document: Document) -> str:
    """Return a sentence about the machine, and who was there."""
    m, versions = document["machine"], document["versions"]
    peers = ", ".join(f"{k} {v}" for k, v in versions.items() if k != "elman")
    return (
        f"{m['processor']}, {m['threads']} thread{'s' * (m['threads'] > 1)}, "
        f"{m['instruction_set']} (torch: {m['torch_instruction_set']}), measured peak "
        f"{m['peak_gflops']['float32']:.0f} GFLOP/s; {peers}; {document['rounds']} "
        "rounds."
    )


def lines(documents: list[Document], under: str) -> Iterator[str]:
    """Yield every group's table under a heading, then the means.

    Parameters
    ----------
    documents : list of dict
    under : str
        What a heading begins with; without any, no headings.
    """
    rows = [row for document in documents for row in document["rows"]]
    for group, name in GROUPS.items():
        found = [row for row in rows if row["group"] == group]
        if found:
            yield from ("", f"{under} {name}", "") if under else ()
            yield from by_cell(found) if group == "cells" else table(found)
    plain = {row["cell"] for row in rows if row["group"] == "grid"}
    means = [
        f"- {cell}: " + ", ".join(f"{x:.2f} × {p}" for p, x in found.items())
        for document in documents
        for cell, found in document["geometric_means"].items()
        if cell in plain
    ]
    if means:
        name = "Geometric means of the training steps"
        yield from ("", f"{under} {name}" if under else f"{name}:", "", *means)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--place", default="cells")
    options = parser.parse_args()
    documents = [json.loads(name.read_text()) for name in options.documents]
    if options.page is None:
        for document in documents:
            print(f"<!-- {json.dumps(document['machine'])} {document['versions']} -->")
        print(*lines(documents, "###"), sep="\n")
        return
    text = "\n".join([taken_on(documents[0]), "", *lines(documents, "")])
    page = replaced(options.page.read_text("utf-8"), options.place, text)
    options.page.write_text(page, "utf-8")
    print(f"wrote {options.page}")


if __name__ == "__main__":
    main()

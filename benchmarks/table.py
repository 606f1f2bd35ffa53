"""The JSON documents of `elman bench` as the tables of docs/guide/benchmarks.md.

python benchmarks/table.py build/peers.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from elman.bench import GROUPS, Case, Sizes


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
    lines = [
        "| " + " | ".join(header) + " |",
        "|---" + "|--:" * (len(header) - 1) + "|",
    ]
    for row in rows:
        cells = [case(row).label, value(row, "elman")]
        for peer in peers:
            cells += [value(row, peer), ratio(row["ratios"][peer])]
        if counted:
            cells += [f"{row['gflops']:.0f}", f"{row['share_of_peak']:.0%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    documents = [json.loads(Path(name).read_text()) for name in sys.argv[1:]]
    for document in documents:
        print(f"<!-- {json.dumps(document['machine'])} {document['versions']} -->")
    rows = [row for document in documents for row in document["rows"]]
    for group, title in GROUPS.items():
        found = [row for row in rows if row["group"] == group]
        if found:
            print(f"\n### {title}\n", *table(found), sep="\n")
    print("\n### Geometric means of the training steps\n")
    for document in documents:
        for cell, means in document["geometric_means"].items():
            print(f"- {cell}: " + ", ".join(f"{x:.2f} × {p}" for p, x in means.items()))


if __name__ == "__main__":
    main()

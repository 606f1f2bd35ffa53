"""How much faster than torch the machine would let anything be, beside what Elman is.

Every size at its least time: products and gates, or memory where that is longer, at the
share of the peak that there is to be had under load, and what torch itself needs for a
training step of a small layer.

    make bench-core > core.txt
    elman bench --full --only grid --rounds 7 --json grid.json    # once or more
    python benchmarks/least_times.py core.txt grid.json
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from statistics import geometric_mean, median

TO_BE_HAD = 0.86  # of the peak; the column "now" of make bench-core
AROUND = 0.2  # ms; an eager nn.Linear at 4 x 20 in benchmarks/compiled.py
Size = tuple[str, int, int, int, int]


def least_times(text: str) -> dict[Size, float]:
    """Return each row's least time, in milliseconds, from what bench-core printed."""
    found = {}
    for line in text.splitlines():
        if re.match(r"(RNN|GRU|LSTM) +\d+ x", line):
            batch, steps, inputs, hidden = map(int, re.findall(r"\d+", line[:26]))
            products, gates, memory = map(float, line.split("|")[2].split()[:3])
            size = (line[:4].strip(), batch, steps, inputs, hidden)
            found[size] = max(products + gates, memory)
    return found


def main(core: str, *grids: str) -> None:
    """Print a row a cell: the mean that the least times allow, and the measured one."""
    least = least_times(Path(core).read_text())
    torch, ratio = defaultdict(list), defaultdict(list)
    for grid in grids:
        for r in json.loads(Path(grid).read_text())["rows"]:
            size = (r["cell"], r["batch"], r["steps"], r["inputs"], r["hidden"])
            torch[size].append(r["values"]["torch"])
            ratio[size].append(r["ratios"]["torch"])
    for cell in dict.fromkeys(size[0] for size in torch):
        sizes = [size for size in torch if size[0] == cell]
        most = [median(torch[s]) / (least[s] / TO_BE_HAD + AROUND) for s in sizes]
        print(
            f"{cell:5}{geometric_mean(most):6.2f} x torch at most,"
            f"{geometric_mean([median(ratio[s]) for s in sizes]):6.2f} measured"
        )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

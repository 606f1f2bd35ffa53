"""Which stored runs over long dependencies a rule would have left out of a search.

python benchmarks/hopeless_stored.py

Each problem is taken as a search and its runs as the trials; the winner has the least
error. Nothing is trained: the runs are those of long_dependencies_cells.jsonl and
long_dependencies.jsonl beside this script.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from kept_runs import Row, read

HERE = Path(__file__).parent
LEARNED = 0.1
"""A run has learned that has less than this share of the error of guessing."""


def too_little(row: Row) -> bool:
    """Return whether gradients reach less than is needed before training."""
    return bool(row["horizon"] < row["needed"])


def less_than_half(row: Row) -> bool:
    """Return whether they reach less than half of it."""
    return bool(2 * row["horizon"] < row["needed"])


RULES: dict[str, Callable[[Row], bool]] = {
    "reaches too little": too_little,
    "reaches less than half": less_than_half,
    "too little, and practice does not lengthen it": lambda row: (
        too_little(row) and not row["grows"]
    ),
    "less than half, and practice does not lengthen it": lambda row: (
        less_than_half(row) and not row["grows"]
    ),
}


def line(
    name: str,
    rows: list[Row],
    rule: Callable[[Row], bool],
    error: str,
    learned: Callable[[Row], bool],
) -> str:
    """Return the line of a rule in a table."""
    problems = defaultdict(list)
    for row in rows:
        problems[row["task"], row["length"]].append(row)
    lost = 0
    for own in problems.values():
        ended = [row for row in own if row[error] is not None]
        lost += rule(min(ended, key=lambda row: row[error]))
    out = [row for row in rows if rule(row)]
    seconds = sum(row["seconds"] for row in out) / sum(row["seconds"] for row in rows)
    return (
        f"| {name} | {len(rows)} | {len(out)} | {sum(map(learned, out))} |"
        f" {lost} of {len(problems)} | {100 * seconds:.1f} % |"
    )


def main() -> None:
    """Print the table."""
    print(
        "| left out is what | runs | left out | learned | winners lost | of seconds |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    first = read(HERE / "long_dependencies.jsonl")
    print(
        line("too little", first, too_little, "loss", lambda row: bool(row["solved"]))
    )
    rows = read(HERE / "long_dependencies_cells.jsonl")
    for name, rule in RULES.items():
        print(line(name, rows, rule, "test", lambda row: row["share"] < LEARNED))


if __name__ == "__main__":
    main()

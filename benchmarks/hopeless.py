"""What a search saves by not training what is hopeless, and whether it loses by that.

    ELMAN_DATA=folder OMP_NUM_THREADS=1 nice python benchmarks/hopeless.py --page docs

Every set is searched through the same grid, of cells, initialisations and learning
rates, without the trials whose gradients cannot reach what the data need, and, where
there are any, once more with them. A line a search goes to the file beside this one;
what is there is not run again. Seconds are those of the processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from kept_runs import Row, asking, keep, read, write_tables
from search import count_processor_seconds, vowels

import elman
from elman.data import load_bikeshare

SPACE: dict[str, Any] = {
    "cell": ["rnn", "lstm", "gru"],
    "init": ["default", "auto"],
    "learning_rate": [0.0003, 0.01],
}
ALONE: dict[str, Any] = {
    "hidden_size": 32,
    "bidirectional": False,
    "highway": "none",
    "refit": False,
    "max_seconds": None,
}
Given = tuple[Any, tuple[Any, ...], dict[str, Any]]


def adding(length: int) -> Given:
    """Return two marked numbers in the first half, their sum, and who learns it."""
    rng = np.random.default_rng(0)
    rows = np.arange(600)
    numbers, marks = rng.random((len(rows), length)), np.zeros((len(rows), length))
    first = rng.integers(0, length // 6, len(rows))
    second = rng.integers(length // 6, length // 2, len(rows))
    marks[rows, first] = marks[rows, second] = 1
    X = np.stack([numbers, marks], -1)
    y = numbers[rows, first] + numbers[rows, second]
    return elman.SequenceRegressor(epochs=40, **ALONE), (X, y), {}


def speakers() -> Given:
    """Return the speakers of JapaneseVowels."""
    return elman.SequenceClassifier(epochs=20, **ALONE), *vowels()


def bikes() -> Given:
    """Return a year of bike rentals, forecast a day ahead without weather."""
    forecaster = elman.Forecaster(
        horizon=24, hidden_size=16, epochs=2, max_seconds=None
    )
    return forecaster, (load_bikeshare(),), {"target": "count", "time": "time"}


SETS: dict[str, Callable[[], Given]] = {
    "adding, 100 steps": lambda: adding(100),
    "adding, 200 steps": lambda: adding(200),
    "JapaneseVowels": speakers,
    "bike rentals": bikes,
}


def measure(name: str, *, skip: bool) -> Row:
    """Return what a search through the grid did."""
    estimator, data, names = SETS[name]()
    found = elman.search(
        estimator,
        *data,
        **names,
        space=SPACE,
        sampler="grid",
        trials=100,
        folds=2,
        seeds=1,
        prune=False,
        skip_hopeless=skip,
        say=lambda text: print(f"  {text}", flush=True),
    ).results
    kept = ("params", "score", "ended", "reach", "seconds")
    return {
        "metric": found["metric"],
        "chosen": found["chosen"]["params"],
        "trials": [{key: row[key] for key in kept} for row in found["trials"]],
    }


def table(rows: list[Row]) -> list[str]:
    """Return a line a set: what was left out, and what it reached where it was not."""
    lines = [
        "| data, score | trials | reach too little | hopeless | their share of the"
        " seconds | best of them | best of all | chosen alike |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name in SETS:
        by = {row["skip"]: row for row in rows if row["set"] == name}
        if len(by) < 2:
            continue
        whole = by[False]["trials"]
        left = [_key(row) for row in _left_out(by[True])]
        short = sum(
            row["reach"] is not None and row["reach"]["steps"] < row["reach"]["needed"]
            for row in whole
        )
        out = [row for row in whole if _key(row) in left]
        share = sum(row["seconds"] for row in out) / sum(r["seconds"] for r in whole)
        scores = [row["score"] for row in out if row["score"] is not None]
        best = max(row["score"] for row in whole if row["score"] is not None)
        same = by[True]["chosen"] == by[False]["chosen"]
        lines.append(
            f"| {name}, {by[True]['metric']} | {len(whole)} | {short} | {len(out)} |"
            f" {share:.0%} | {f'{max(scores):.3f}' if scores else '–'} | {best:.3f} |"
            f" {'yes' if same else 'no'} |"
        )
    return lines


def _left_out(row: Row) -> list[Row]:
    return [one for one in row["trials"] if one["ended"].startswith("hopeless")]


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(sorted(row["params"].items()))


def main() -> None:
    """Run what is missing, then write the table."""
    parser = asking(__doc__, __file__)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    given = parser.parse_args()
    count_processor_seconds()
    rows = read(given.out)
    for name in () if given.draw_only else given.sets:
        for skip in (True, False):
            known = {row["skip"]: row for row in rows if row["set"] == name}
            if skip in known:
                continue
            print(name, "without what is hopeless" if skip else "all", flush=True)
            # Without a trial that is left out the two are the same search.
            same = not skip and not _left_out(known[True])
            row = known[True] if same else measure(name, skip=skip)
            keep(row | {"set": name, "skip": skip}, rows, given.out)
    if given.page:
        write_tables(given.page / "guide/search.md", {"hopeless": table(rows)})
    print("\n".join(table(rows)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

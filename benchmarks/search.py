"""Searches of equal seconds: TPE that prunes, random draws, the default beside them.

    ELMAN_DATA=folder OMP_NUM_THREADS=1 nice python benchmarks/search.py --page docs

Each search starts from an estimator with the settings of `SETS`, tries what the table
of parameters says (learning rate, units, cell, layers, dropout; fewer units, so that
more trials go into the time), and may spend so many seconds of the processor on the
fits of all its trials: other programs on the machine take none of them. A seed is that
of the estimator, the folds and the draws; the test part is scored once, by what was
chosen and by the default, both with that seed. Two folds, and the epochs of every fit,
are the same for all.

A line a search goes to the file beside this one; what is there is not run again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import torch
from kept_runs import Row, asking, keep, read, write_tables
from scipy.special import stdtrit

import elman
from elman.data import load_bikeshare, read_sequences
from elman.tasks.parameters import rows as rows_of
from elman.tasks.selection import _budget, _trial

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))
SECONDS = 120.0
WAYS: dict[str, dict[str, Any]] = {
    "random": {"sampler": "random", "prune": False},
    "random, pruned": {"sampler": "random", "prune": True},
    "TPE": {"sampler": "tpe", "prune": True},
}


@dataclass(frozen=True)
class Set:
    """Data, and what a search on them starts from.

    Parameters
    ----------
    kind : type
        The estimator.
    options : dict
        Its parameters that are not the default.
    given : callable
        Returns what `elman.search` takes after it: positions and names.
    hidden : str
        The units to try.
    """

    kind: Any
    options: dict[str, Any]
    given: Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]
    hidden: str = "16..128:log"


@cache
def vowels() -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the speakers of JapaneseVowels; the test part is the files' own."""
    train, test = (
        read_sequences(DATA / f"JapaneseVowels_{part}.ts") for part in ("TRAIN", "TEST")
    )
    return (train.X, train.y), {"test": (test.X, test.y)}


@cache
def bikes() -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a year of bike rentals an hour, the weather known."""
    frame = load_bikeshare()
    known = frame.columns[2:]
    return (frame,), {"target": "count", "time": "time", "known": known}


@cache
def particles() -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return PM2.5 of Beijing an hour in 2014, the weather not known ahead."""
    frame = pl.read_csv(
        DATA / "beijing_pm25.csv", null_values="NA", infer_schema_length=None
    ).filter(pl.col("year") == 2014)
    parts = ["year", "month", "day", "hour"]
    frame = frame.with_columns(time=pl.datetime(*parts)).drop("No", *parts)
    return (frame,), {"target": "pm2.5", "time": "time"}


@cache
def shakespeare() -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the first 200,000 characters of tiny Shakespeare."""
    return ((DATA / "tinyshakespeare.txt").read_text("utf-8")[:200_000],), {}


SETS = {
    "JapaneseVowels": Set(
        # The network alone: beside linear models there is little left to find.
        elman.SequenceClassifier,
        {"epochs": 10, "highway": "none", "max_seconds": None},
        vowels,
    ),
    "bike rentals": Set(
        elman.Forecaster,
        {"horizon": 24, "epochs": 6, "max_seconds": None},
        bikes,
    ),
    "PM2.5": Set(
        elman.Forecaster,
        {"horizon": 24, "epochs": 6, "max_seconds": None},
        particles,
    ),
    "tiny Shakespeare": Set(
        # 192 units are what ``auto`` takes for a text of this length.
        elman.LanguageModel,
        {"epochs": 3, "hidden_size": 192, "max_seconds": None},
        shakespeare,
        "64..256:log",
    ),
}


def count_processor_seconds() -> None:
    """Let searches count the seconds of this process in place of the clock's."""
    clock = SimpleNamespace(monotonic=time.process_time)
    for module in (_budget, _trial):
        module.time = clock  # type: ignore[attr-defined]


def space_of(one: Set) -> dict[str, Any]:
    """Return what is tried: the table's, but for the units."""
    tried = {row.name: row.tried for row in rows_of(one.kind.task) if row.tried}
    return tried | {"hidden_size": one.hidden}


def measure(one: Set, way: str, seed: int, seconds: float) -> Row:
    """Return what a search chose, and what that and the default reach."""
    data, names = one.given()
    begun = time.process_time()
    found = elman.search(
        one.kind(random_state=seed, **one.options),
        *data,
        **names,
        **WAYS[way],
        folds=2,
        space=space_of(one),
        seconds=seconds,
        seeds=1,
        seed=seed,
        say=lambda text: print(f"  {text}", flush=True),
    ).results
    chosen, default = found["chosen"], found["default"]
    trials = found["trials"]
    return {
        "metric": found["metric"],
        "score": chosen["mean"],
        "default": chosen["mean"] if default is None else default["mean"],
        "in folds": chosen["score"],
        "params": chosen["params"],
        "trials": len(trials),
        "dropped": sum(row["ended"] == "dropped" for row in trials),
        "spent": round(sum(row["seconds"] for row in trials), 1),
        "all": round(time.process_time() - begun, 1),
    }


def mean_and_half(differences: list[float]) -> tuple[float, float]:
    """Return a mean and half of its 95 % interval; NaN of a single one."""
    count = len(differences)
    if count < 2:
        return float(np.mean(differences)), float("nan")
    error = np.std(differences, ddof=1) / np.sqrt(count)
    return float(np.mean(differences)), float(stdtrit(count - 1, 0.975) * error)


def table(rows: list[Row]) -> list[str]:
    """Return a line a set: mean scores, paired differences, trials."""
    lines = [
        "| data, score | default | random | random, pruned | TPE, pruned |"
        " TPE − default | TPE − random | TPE − random, pruned | trials |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in SETS:
        scores = {
            way: {r["seed"]: r for r in rows if (r["set"], r["way"]) == (name, way)}
            for way in WAYS
        }
        seeds = sorted(set.intersection(*(set(of) for of in scores.values())))
        if not seeds:
            continue
        of = {w: [scores[w][s]["score"] for s in seeds] for w in WAYS}
        of["default"] = [scores["TPE"][s]["default"] for s in seeds]
        means = [f"{np.mean(of[w]):.4f}" for w in ("default", *WAYS)]
        gains = [
            _plus_minus(np.subtract(of["TPE"], of[w]).tolist())
            for w in ("default", "random", "random, pruned")
        ]
        trials = [
            f"{np.mean([scores[w][s]['trials'] for s in seeds]):.0f}" for w in WAYS
        ]
        what = f"{name}, {scores['TPE'][seeds[0]]['metric']}"
        if len(seeds) < max(map(len, scores.values())):
            what += f" ({len(seeds)} seeds)"
        cells = [what, *means, *gains, " / ".join(trials)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _plus_minus(differences: list[float]) -> str:
    mean, half = mean_and_half(differences)
    return f"{mean:+.4f} ± {half:.4f}".replace("-", "−")


def main() -> None:
    """Run what is missing, then write the table."""
    parser = asking(__doc__, __file__)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    count_processor_seconds()
    rows = read(given.out)
    for name in () if given.draw_only else given.sets:
        for seed in given.seeds:
            for way in given.ways:
                what = {
                    "set": name,
                    "way": way,
                    "seed": seed,
                    "asked": given.seconds,
                    "threads": torch.get_num_threads(),
                }
                if any(what.items() <= row.items() for row in rows):
                    continue
                print(what, flush=True)
                row = measure(SETS[name], way, seed, given.seconds)
                keep(what | row, rows, given.out)
                print(rows[-1], flush=True)
    shown = table([row for row in rows if row["asked"] == given.seconds])
    if given.page:
        write_tables(given.page / "guide/search.md", {"searches": shown})
    print("\n".join(shown))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
